//! The programs that `.ci/release` calls, run as it runs them, and what becomes of an archive that is not as they left it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use validate_jwt_release::archive::{self, Archive};
use validate_jwt_release::digest::Digest;
use validate_jwt_release::image::{About, Image, artifact, image};
use validate_jwt_release::layer::{Use, compressed};
use validate_jwt_release::plugin::plugin;
use validate_jwt_release::{Error, layer};
use validate_jwt_testbed::workspace;

/// A folder that is gone with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = workspace::target().join(format!("release-test-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MODULE: &[u8] = b"\0asm\x01\0\0\0";

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

fn release_image(folder: &Folder) -> Output {
    fs::write(folder.file("validate_jwt.wasm"), MODULE).unwrap();
    let given = ["--version", "0.2.0-rc", "--revision", "0123", "--created", "2027-01-31T12:00:00Z"];
    let place = ["--folder", folder.0.to_str().unwrap(), "--source", "https://git.example/a"];
    run(env!("CARGO_BIN_EXE_release-image"), &[&given[..], &place].concat())
}

fn about() -> About {
    About {
        version: "0.2.0-rc".parse().unwrap(),
        revision: "0123".to_owned(),
        created: "2027-01-31T12:00:00Z".to_owned(),
        source: Some("https://git.example/a".to_owned()),
    }
}

/// The archive of these images, read.
fn archived(folder: &Folder, images: &[Image]) -> Archive {
    archive::write(&folder.file("images.tar"), images).unwrap();
    Archive::read(&folder.file("images.tar")).unwrap()
}

/// A manifest that names a layer in the place of another one.
fn with_other_layer(manifest: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let [from, to] =
        [from, to].map(|layer| (Digest::of(layer).to_string(), format!("\"size\":{}", layer.len())));
    let text = String::from_utf8(manifest.to_vec()).unwrap();
    text.replace(&from.0, &to.0).replace(&from.1, &to.1).into_bytes()
}

#[test]
fn the_same_module_is_the_same_archive_every_time_and_both_images_in_it_hold_it() {
    let (one, other) = (Folder::new("one"), Folder::new("other"));
    let (first, second) = (release_image(&one), release_image(&other));
    assert!(first.status.success(), "{first:?}");
    assert_eq!(first.stdout, second.stdout);
    let file = "validate-jwt-0.2.0-rc.oci.tar";
    assert_eq!(fs::read(one.file(file)).unwrap(), fs::read(other.file(file)).unwrap());

    let archive = Archive::read(&one.file(file)).unwrap();
    let tags = ["0.2.0-rc", "0.2.0-rc-artifact"];
    assert_eq!(archive.tags().unwrap(), tags);
    let printed = String::from_utf8(first.stdout).unwrap();
    for (tag, line) in tags.iter().zip(printed.lines()) {
        assert_eq!(plugin(&archive, tag).unwrap(), MODULE, "{tag}");
        let manifest = archive.manifest(tag).unwrap();
        assert_eq!(manifest.annotations["org.opencontainers.image.source"], "https://git.example/a");
        let (digest, named) = line.split_once("  ").unwrap();
        assert_eq!((digest.len(), named), (64, *tag));
    }
}

#[test]
fn an_image_proper_has_one_gzip_layer_and_an_artifact_two_layers() {
    let folder = Folder::new("layers");
    let archive = archived(&folder, &[image(&about(), MODULE).unwrap(), artifact(&about(), MODULE).unwrap()]);
    let layers = |tag: &str| -> Vec<String> {
        archive.manifest(tag).unwrap().layers.into_iter().map(|layer| layer.media_type).collect()
    };
    assert_eq!(layers("0.2.0-rc"), ["application/vnd.oci.image.layer.v1.tar+gzip"]);
    assert_eq!(
        layers("0.2.0-rc-artifact"),
        ["application/vnd.module.wasm.config.v1+json", "application/vnd.module.wasm.content.layer.v1+wasm"]
    );
}

#[test]
fn what_a_control_plane_would_not_load_is_told() {
    let folder = Folder::new("bad");
    let told = |images: &[Image]| {
        let archive = archived(&folder, images);
        let told = plugin(&archive, "0.2.0-rc").unwrap_err().to_string();
        told.replace(&folder.0.display().to_string(), "")
    };
    // A layer without plugin.wasm, under a manifest that is otherwise right.
    let mut other = image(&about(), MODULE).unwrap();
    let named = compressed(&layer::archive([("other.wasm", Use::Read, MODULE)]).unwrap()).unwrap();
    other.manifest = with_other_layer(&other.manifest, &other.blobs[1], &named);
    other.blobs[1] = named;
    let no_module = "the image 0.2.0-rc has no module: expected plugin.wasm in its last layer, or two layers with a module among them";
    assert_eq!(told(&[other]), format!("/images.tar: {no_module}"));

    assert_eq!(told(&[]), "/images.tar: it has no image 0.2.0-rc");

    let mut missing = image(&about(), MODULE).unwrap();
    let layer = Digest::of(&missing.blobs.pop().unwrap());
    assert_eq!(told(&[missing]), format!("/images.tar: it has no {}", layer.path()));
}

#[test]
fn a_byte_that_was_changed_in_an_archive_is_seen() {
    let folder = Folder::new("changed");
    archived(&folder, &[artifact(&about(), MODULE).unwrap()]);
    let mut whole = fs::read(folder.file("images.tar")).unwrap();
    let at = whole.windows(MODULE.len()).position(|window| window == MODULE).unwrap();
    whole[at + 4] ^= 1;
    fs::write(folder.file("images.tar"), whole).unwrap();
    let archive = Archive::read(&folder.file("images.tar")).unwrap();
    let told = plugin(&archive, "0.2.0-rc-artifact").unwrap_err();
    assert!(
        matches!(told, Error::Archive { .. }) && told.to_string().contains("has another digest or size"),
        "{told}"
    );
}

#[test]
fn what_is_missing_or_does_not_fit_the_tree_is_told_in_a_line() {
    let notes = env!("CARGO_BIN_EXE_release-notes");
    let check = env!("CARGO_BIN_EXE_release-check");
    let program = env!("CARGO_BIN_EXE_release-program");
    for (program, arguments, told) in [
        (notes, &[][..], "--version is missing; --help lists the arguments"),
        (
            notes,
            &["--version", "99.0.0"],
            "the version is 99.0.0, which is not to be released from this tree",
        ),
        (check, &["--folder", "nowhere", "--version", "0.2.0"], "nowhere/SHA256SUMS: it is not there"),
        (
            program,
            &["--version", "99.0.0-rc", "--program", "nowhere", "--target", "x", "--folder", "."],
            "reading nowhere failed: ",
        ),
    ] {
        let output = run(program, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(told) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn the_notes_are_a_chapter_of_the_changelog() {
    let output = run(env!("CARGO_BIN_EXE_release-notes"), &["--version", "99.0.0-rc"]);
    let notes = String::from_utf8(output.stdout).unwrap();
    let changelog = fs::read_to_string(Path::new(&workspace::root()).join("CHANGELOG.md")).unwrap();
    let (_, unreleased) = changelog.split_once("## Unreleased\n").unwrap();
    assert!(!notes.trim().is_empty() && unreleased.trim_start().starts_with(notes.trim()), "{notes}");
}
