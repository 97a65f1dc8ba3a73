//! The command line program: unpacked for every kind of machine, and run, where it is for this one.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Scratch, fault, names, read};
use crate::error::{Error, FileFault};
use crate::layer::{files, uncompressed};
use crate::version::{Version, workspace};

pub(super) fn check(folder: &Path, version: &Version, scratch: &Scratch) -> Result<Vec<String>, Error> {
    let prefix = format!("validate-jwt-{version}-");
    let (mut lines, mut own) = (Vec::new(), None);
    for name in names(folder)? {
        let Some(target) = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(SUFFIX)) else {
            continue;
        };
        let file = folder.join(&name);
        let program = unpacked(&file, &format!("{prefix}{target}/validate-jwt"))?;
        machine(&file, target, &program)?;
        lines.push(format!("{name}: unpacked, it is for that machine"));
        if target.starts_with(&format!("{ARCH}-")) && target.contains(OS) {
            own = Some((file, program));
        }
    }
    let missing = || fault(&folder.join(format!("{prefix}{ARCH}-…{SUFFIX}")), FileFault::Missing);
    let (file, program) = own.ok_or_else(missing)?;
    run(&file, &scratch.put("validate-jwt", &program)?)?;
    lines.push("validate-jwt, for this machine: it runs".to_owned());
    Ok(lines)
}

/// The program out of an archive.
fn unpacked(file: &Path, name: &str) -> Result<Vec<u8>, Error> {
    let files = uncompressed(&read(file)?).and_then(|archive| files(&archive));
    let files = files.map_err(Error::io(format!("unpacking {}", file.display())))?;
    let program = files.into_iter().find(|(found, _)| found == name);
    program.map(|(_, program)| program).ok_or_else(|| fault(&file.join(name), FileFault::Missing))
}

/// A program has to be for the machine that its archive is named after.
fn machine(file: &Path, target: &str, program: &[u8]) -> Result<(), Error> {
    let wanted = MACHINES.iter().find(|(machine, _)| target.starts_with(machine)).map(|(_, number)| *number);
    let wanted = wanted.ok_or_else(|| fault(file, FileFault::UnknownMachine))?;
    match elf_machine(program) {
        Some(found) if found == wanted => Ok(()),
        found => Err(fault(file, FileFault::OtherMachine { wanted, found })),
    }
}

/// `e_machine` of an ELF file of 64 bits, little-endian.
fn elf_machine(program: &[u8]) -> Option<u16> {
    let rest = program.strip_prefix(b"\x7fELF\x02\x01")?;
    let number = rest.get(E_MACHINE - 6..)?.first_chunk()?;
    Some(u16::from_le_bytes(*number))
}

fn run(file: &Path, program: &Path) -> Result<(), Error> {
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
        .map_err(Error::io(format!("making {} executable", program.display())))?;
    let said = Command::new(program).arg("--version").output();
    let said = said.map_err(Error::io(format!("running validate-jwt out of {}", file.display())))?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if said == format!("validate-jwt {}", workspace()?) {
        Ok(())
    } else {
        Err(fault(file, FileFault::NoProgram { said }))
    }
}

const SUFFIX: &str = ".tar.gz";

/// How a target's name begins, and its number in an ELF file.
const MACHINES: [(&str, u16); 2] = [("aarch64-unknown-linux-", 183), ("x86_64-unknown-linux-", 62)];

/// Where an ELF file has it.
const E_MACHINE: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Use, archive, compressed};

    /// As much of a program as says what it is for.
    fn program(machine: u16) -> Vec<u8> {
        let mut program = b"\x7fELF\x02\x01\x01".to_vec();
        program.resize(E_MACHINE, 0);
        program.extend(machine.to_le_bytes());
        program
    }

    #[test]
    fn a_program_of_any_machine_has_to_be_for_the_one_that_its_archive_is_named_after() {
        let packed = |target: &str, program: &[u8]| {
            let name = format!("validate-jwt-0.2.0-{target}/validate-jwt");
            compressed(&archive([(name.as_str(), Use::Run, program)]).unwrap()).unwrap()
        };
        let (arm, intel) = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu");
        for (at, (target, content, told)) in [
            (arm, b"junk".to_vec(), "unpacking FILE failed: "),
            (
                arm,
                packed(arm, b"junk"),
                "FILE: the program in it is no ELF file of 64 bits, expected one for machine 183",
            ),
            (arm, packed(arm, b"\x7fELF\x02\x01"), "FILE: the program in it is no ELF file of 64 bits, "),
            (arm, packed(arm, &program(62)), "FILE: the program in it is for ELF machine 62, expected 183"),
            (
                intel,
                packed(intel, &program(183)),
                "FILE: the program in it is for ELF machine 183, expected 62",
            ),
            (
                arm,
                packed(intel, &program(183)),
                "FILE/validate-jwt-0.2.0-aarch64-unknown-linux-gnu/validate-jwt: it is not there",
            ),
            (
                "pdp11-unknown-linux-gnu",
                packed("pdp11-unknown-linux-gnu", &program(65)),
                "FILE: it is for a machine that is not known",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let folder = Scratch::new(&format!("programs-{at}")).unwrap();
            let file = folder.put(&format!("validate-jwt-0.2.0-{target}.tar.gz"), &content).unwrap();
            let said = check(&folder.0, &"0.2.0".parse().unwrap(), &folder).unwrap_err().to_string();
            let said = said.replace(&file.display().to_string(), "FILE");
            assert!(said.starts_with(told), "{said}");
        }
    }

    #[test]
    fn a_release_without_a_program_for_this_machine_is_not_whole() {
        let folder = Scratch::new("programs").unwrap();
        let said = check(&folder.0, &"0.2.0".parse().unwrap(), &folder).unwrap_err().to_string();
        assert!(said.ends_with(&format!("/validate-jwt-0.2.0-{ARCH}-….tar.gz: it is not there")), "{said}");
    }
}
