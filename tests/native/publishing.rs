//! What only the hosted workflow can do, with programs in the place of the registry's, the signer's and the host's that only note what they
//! were called with.

use std::fs;

use crate::stage::{Stage, words};

/// A release of two images, and a registry that has what was pushed.
fn release(name: &str) -> Stage {
    let stage = Stage::new(&format!("publish-{name}"));
    stage.script(".ci/publish");
    let note = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>calls\n";
    for program in ["cosign", "gh"] {
        stage.program(&format!("bin/{program}"), note);
    }
    let registry = "case \"$*\" in \"inspect --raw \"*) cat registry;; esac\n";
    stage.program("bin/skopeo", &format!("{note}{registry}"));
    stage.file("registry", "manifest");
    stage
        .file("release/image-digests.txt", &format!("{MANIFEST}  0.2.0-rc\n{MANIFEST}  0.2.0-rc-artifact\n"));
    stage.file("release/notes.md", "notes");
    stage.file("release/SHA256SUMS", &format!("{NOTES}  notes.md\n"));
    stage
}

fn publish(stage: &Stage) -> Result<Vec<String>, String> {
    let mut command = stage.bash(".ci/publish");
    let output = command.args(["0.2.0-rc", "release", "ghcr.io/me/it"]).output().expect("bash");
    let calls = fs::read_to_string(stage.folder().join("calls")).unwrap_or_default();
    if output.status.success() { Ok(calls.lines().map(str::to_owned).collect()) } else { Err(words(&output)) }
}

#[test]
fn every_image_is_pushed_as_it_is_and_signed_by_its_digest_and_the_release_comes_last() {
    let stage = release("all");
    let calls = publish(&stage).unwrap();
    let image = |tag: &str| {
        let pushed = format!("ghcr.io/me/it@sha256:{MANIFEST}");
        [
            format!(
                "skopeo copy --preserve-digests oci-archive:release/validate-jwt-0.2.0-rc.oci.tar:{tag} docker://ghcr.io/me/it:{tag}"
            ),
            format!("skopeo inspect --raw docker://ghcr.io/me/it:{tag}"),
            format!("cosign sign --yes {pushed}"),
            format!(
                "cosign attest --yes --type cyclonedx --predicate release/validate-jwt-0.2.0-rc.cdx.json {pushed}"
            ),
        ]
    };
    let (last, others) = calls.split_last().unwrap();
    let (sums, images) = others.split_last().unwrap();
    assert_eq!(images, [image("0.2.0-rc"), image("0.2.0-rc-artifact")].concat());
    assert_eq!(sums, "cosign sign-blob --yes --bundle release/SHA256SUMS.sigstore.json release/SHA256SUMS");
    assert!(last.starts_with("gh release create v0.2.0-rc --verify-tag --prerelease --title "), "{last}");
}

#[test]
fn nothing_is_published_of_a_folder_that_is_not_what_its_checksums_say() {
    let stage = release("changed");
    stage.file("release/notes.md", "other notes");
    let told = publish(&stage).unwrap_err();
    assert!(told.contains("notes.md: FAILED"), "{told}");
    assert!(!stage.folder().join("calls").exists());
}

#[test]
fn an_image_that_the_registry_has_under_another_digest_is_not_signed() {
    let stage = release("digest");
    stage.file("registry", "another manifest");
    let told = publish(&stage).unwrap_err();
    assert!(told.contains(&format!(", expected {MANIFEST}")), "{told}");
    let calls = fs::read_to_string(stage.folder().join("calls")).unwrap();
    assert!(!calls.contains("cosign") && !calls.contains("gh "), "{calls}");
}

/// SHA-256 of "manifest".
const MANIFEST: &str = "05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f";

/// SHA-256 of "notes".
const NOTES: &str = "ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309";
