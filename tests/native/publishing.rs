//! What only the hosted workflow can do, with programs in the place of the registry's, the signer's and the host's that only note what they
//! were called with.

use std::fs;

use crate::stage::{Stage, words};

/// A release of two images; a registry that has what was pushed, and a host without a release.
fn release(name: &str) -> Stage {
    let stage = Stage::new(&format!("publish-{name}"));
    stage.script(".ci/publish");
    let note = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>calls\n";
    stage.program("bin/cosign", note);
    stage.program("bin/gh", &format!("{note}{HOST}"));
    stage.program("bin/skopeo", &format!("{note}{REGISTRY}"));
    stage.file("image", "manifest");
    for (file, text) in [
        ("image-digests.txt", digests(&["0.2.0-rc", "0.2.0-rc-artifact"])),
        ("notes.md", "notes".to_owned()),
        ("validate-jwt-0.2.0-rc.cdx.json", "{}".to_owned()),
        ("validate-jwt-0.2.0-rc.oci.tar", "images".to_owned()),
    ] {
        stage.file(&format!("release/{file}"), &text);
    }
    sums(&stage);
    stage
}

/// The list of the images under these tags, all of which are the same.
fn digests(tags: &[&str]) -> String {
    tags.iter().map(|tag| [MANIFEST, "  ", tag, "\n"].concat()).collect()
}

/// The checksums of what is in the folder.
fn sums(stage: &Stage) {
    stage.program(
        "sums",
        "cd release && rm -f SHA256SUMS && sums=$(sha256sum *) && echo \"$sums\" >SHA256SUMS",
    );
    assert!(stage.bash("sums").status().expect("bash").success());
}

fn publish(stage: &Stage) -> Result<Vec<String>, String> {
    run(stage, &[])
}

fn run(stage: &Stage, options: &[&str]) -> Result<Vec<String>, String> {
    let mut command = stage.bash(".ci/publish");
    let output = command.args(options).args(["0.2.0-rc", "release", "ghcr.io/me/it"]).output().expect("bash");
    if output.status.success() { Ok(calls(stage)) } else { Err(words(&output)) }
}

fn calls(stage: &Stage) -> Vec<String> {
    let calls = fs::read_to_string(stage.folder().join("calls")).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
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
    assert_eq!(calls[..3], LOOKS);
    let (last, others) = calls[3..].split_last().unwrap();
    let (signed, images) = others.split_last().unwrap();
    assert_eq!(images, [image("0.2.0-rc"), image("0.2.0-rc-artifact")].concat());
    assert_eq!(signed, "cosign sign-blob --yes --bundle release/SHA256SUMS.sigstore.json release/SHA256SUMS");
    assert!(last.starts_with("gh release create v0.2.0-rc --verify-tag --prerelease --title "), "{last}");
}

#[test]
fn what_the_checksums_name_is_uploaded_and_nothing_else_that_lies_in_the_folder() {
    let stage = release("stranger");
    stage.file("release/stranger.txt", "not looked at by anybody");
    let calls = publish(&stage).unwrap();
    let (_, files) = calls.last().unwrap().split_once("--notes-file release/notes.md ").unwrap();
    let named =
        ["image-digests.txt", "notes.md", "validate-jwt-0.2.0-rc.cdx.json", "validate-jwt-0.2.0-rc.oci.tar"];
    let expected = named.iter().chain(&["SHA256SUMS", "SHA256SUMS.sigstore.json"]);
    assert_eq!(
        files.split(' ').collect::<Vec<_>>(),
        expected.map(|name| format!("release/{name}")).collect::<Vec<_>>()
    );
}

#[test]
fn nothing_is_published_of_a_folder_that_is_not_what_its_checksums_say() {
    let stage = release("changed");
    stage.file("release/notes.md", "other notes");
    let told = publish(&stage).unwrap_err();
    assert!(told.contains("notes.md: FAILED"), "{told}");
    assert_eq!(calls(&stage), [""; 0]);
}

#[test]
fn checksums_that_name_a_file_elsewhere_or_leave_one_out_are_refused() {
    let stage = release("checksums");
    let text = fs::read_to_string(stage.folder().join("release/SHA256SUMS")).unwrap();
    stage.file("elsewhere", "manifest");
    let left_out = |name: &str| -> String {
        text.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(name)).collect()
    };
    for (sums, told) in [
        (String::new(), "SHA256SUMS: no properly formatted"),
        (format!("{text}no checksum\n"), "improperly formatted"),
        (
            format!("{text}{MANIFEST}  ../elsewhere"),
            "SHA256SUMS names ../elsewhere, which is no file of this folder",
        ),
        (left_out("image-digests.txt"), "SHA256SUMS does not name image-digests.txt"),
        (left_out("oci.tar"), "SHA256SUMS does not name validate-jwt-0.2.0-rc.oci.tar"),
        (left_out("notes.md"), "SHA256SUMS does not name notes.md"),
    ] {
        stage.file("release/SHA256SUMS", &sums);
        let said = publish(&stage).unwrap_err();
        assert!(said.contains(told), "{told}: {said}");
        assert_eq!(calls(&stage), [""; 0], "{told}");
    }
}

#[test]
fn exactly_both_images_of_the_version_are_published() {
    let stage = release("list");
    let both = digests(&["0.2.0-rc", "0.2.0-rc-artifact"]);
    for (name, list) in [
        ("empty", String::new()),
        ("one, without an end of line", digests(&["0.2.0-rc"]).trim_end().to_owned()),
        ("one", digests(&["0.2.0-rc"])),
        ("another tag", digests(&["0.2.0-rc", "latest"])),
        ("one more", digests(&["0.2.0-rc", "0.2.0-rc-artifact", "latest"])),
        ("twice the same", digests(&["0.2.0-rc", "0.2.0-rc"])),
        ("no digest", both.replacen(MANIFEST, "05b3", 1)),
    ] {
        stage.file("release/image-digests.txt", &list);
        sums(&stage);
        let told = publish(&stage).unwrap_err();
        let expected = "image-digests.txt has other lines than the digests of 0.2.0-rc and 0.2.0-rc-artifact";
        assert!(told.contains(expected), "{name}: {told}");
        assert_eq!(calls(&stage), [""; 0], "{name}");
    }
}

#[test]
fn an_image_that_the_registry_has_under_another_digest_is_not_signed() {
    let stage = release("digest");
    stage.file("image", "another manifest");
    let told = publish(&stage).unwrap_err();
    assert!(told.contains(&format!(", expected {MANIFEST}")), "{told}");
    let calls = calls(&stage);
    assert!(
        !calls.iter().any(|call| call.starts_with("cosign") || call.starts_with("gh release create")),
        "{calls:?}"
    );
}

#[test]
fn what_is_published_already_or_cannot_be_looked_at_is_refused_before_anything_is_moved() {
    for (at, (there, content, told)) in [
        ("host/v0.2.0-rc", "", "there is a release v0.2.0-rc already"),
        ("host/fault", "HTTP 502", "whether there is a release v0.2.0-rc is not known: HTTP 502"),
        (
            "registry/0.2.0-rc",
            "another manifest",
            "ghcr.io/me/it:0.2.0-rc is there already, with the digest ",
        ),
        (
            "registry/0.2.0-rc-artifact",
            "another",
            "ghcr.io/me/it:0.2.0-rc-artifact is there already, with the digest ",
        ),
        (
            "registry/fault",
            "unauthorized",
            "whether there is an image ghcr.io/me/it:0.2.0-rc is not known: unauthorized",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for options in [&[][..], &["--look"]] {
            let stage = release(&format!("there-{at}-{}", options.len()));
            stage.file(there, content);
            let said = run(&stage, options).unwrap_err();
            assert!(said.contains(told), "{there}: {said}");
            let calls = calls(&stage);
            assert!(
                LOOKS.starts_with(&calls.iter().map(String::as_str).collect::<Vec<_>>()),
                "{there}: {calls:?}"
            );
        }
    }
}

#[test]
fn a_run_that_broke_off_is_gone_on_with_where_the_registry_has_the_same_images() {
    let stage = release("again");
    stage.file("registry/0.2.0-rc", "manifest");
    let calls = publish(&stage).unwrap();
    assert!(calls.last().unwrap().starts_with("gh release create v0.2.0-rc "), "{calls:?}");
}

#[test]
fn a_look_publishes_nothing() {
    assert_eq!(run(&release("look"), &["--look"]).unwrap(), LOOKS);
}

/// What is looked at before anything is published.
const LOOKS: [&str; 3] = [
    "gh release view v0.2.0-rc",
    "skopeo inspect --raw docker://ghcr.io/me/it:0.2.0-rc",
    "skopeo inspect --raw docker://ghcr.io/me/it:0.2.0-rc-artifact",
];

/// The host: its releases are files of a folder.
const HOST: &str = r#"[ "$1 $2" = "release view" ] || exit 0
[ ! -e host/fault ] || { cat host/fault >&2; exit 1; }
[ -e "host/$3" ] || { echo "release not found" >&2; exit 1; }
"#;

/// The registry: its tags are files of a folder. Every image of an archive is the same.
const REGISTRY: &str = r#"for last; do :; done
tag=${last##*:}
mkdir -p registry
case $1 in
  copy) cp image "registry/$tag" ;;
  inspect)
    [ ! -e registry/fault ] || { cat registry/fault >&2; exit 1; }
    [ -e "registry/$tag" ] || { echo "reading manifest $tag: manifest unknown" >&2; exit 1; }
    cat "registry/$tag" ;;
esac
"#;

/// SHA-256 of "manifest".
const MANIFEST: &str = "05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f";
