//! `.github/workflows`, read as the hosted runner reads it: nothing in it floats, nothing has rights that it does not need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Map, Value, json};
use validate_jwt_testbed::{kustomize, workspace};

/// Every workflow, by its file's name: the text, and what it says.
fn workflows() -> BTreeMap<String, (String, Value)> {
    let folder = workspace::root().join(".github/workflows");
    let files = fs::read_dir(folder).expect("workflows").map(|entry| entry.expect("an entry").path());
    let read = files.map(|file| {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("text");
        let mut documents = kustomize::documents(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(documents.len(), 1, "{name}");
        (name, (text, documents.remove(0)))
    });
    read.collect()
}

fn jobs(workflow: &Value) -> &Map<String, Value> {
    workflow["jobs"].as_object().expect("jobs")
}

/// The steps of all jobs but those that are a workflow of this repository.
fn steps(workflow: &Value) -> Vec<&Value> {
    let own = jobs(workflow).values().filter(|job| job["uses"].is_null());
    own.flat_map(|job| job["steps"].as_array().expect("steps")).collect()
}

fn release() -> (String, Value) {
    workflows().remove("release.yml").expect("a workflow")
}

#[test]
fn every_action_is_pinned_by_a_commit_and_says_which_version_that_is() {
    for (name, (text, workflow)) in workflows() {
        for action in steps(&workflow).iter().filter_map(|step| step["uses"].as_str()) {
            let (_, commit) = action.split_once('@').unwrap_or_else(|| panic!("{name}: {action}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{name}: {action}"
            );
            let lines = text.lines().filter(|line| line.contains(action));
            for line in lines {
                assert!(line.contains(&format!("{action} # v")), "{name}: {line}");
            }
        }
    }
}

#[test]
fn an_action_has_one_version_in_all_workflows() {
    let mut commits = BTreeMap::new();
    for (name, (_, workflow)) in workflows() {
        for action in steps(&workflow).iter().filter_map(|step| step["uses"].as_str()) {
            let (action, commit) = action.split_once('@').expect("pinned");
            let known = commits.entry(action.to_owned()).or_insert_with(|| commit.to_owned());
            assert_eq!(known, commit, "{name}: {action}");
        }
    }
}

#[test]
fn only_the_job_that_publishes_may_write_and_it_builds_nothing() {
    for (name, (_, workflow)) in workflows() {
        assert_eq!(workflow["permissions"], json!({"contents": "read"}), "{name}");
        for (job, of) in jobs(&workflow) {
            // A job that is a workflow has the limits of that one's jobs, and may have no other.
            assert_ne!(
                of["timeout-minutes"].is_number(),
                of["uses"].is_string(),
                "{name}: {job} may run for ever"
            );
            let Some(permissions) = of["permissions"].as_object() else { continue };
            assert_eq!((name.as_str(), job.as_str()), ("release.yml", "publish"));
            let mut rights: Vec<&str> = permissions.keys().map(String::as_str).collect();
            rights.sort_unstable();
            assert_eq!(rights, ["attestations", "contents", "id-token", "packages"]);
            let commands =
                of["steps"].as_array().into_iter().flatten().filter_map(|step| step["run"].as_str());
            for command in commands {
                assert!(
                    !["cargo", "rustup", ".ci/release"].iter().any(|tool| command.contains(tool)),
                    "{command}"
                );
            }
        }
    }
}

#[test]
fn no_workflow_runs_a_strangers_change_with_rights_or_leaves_its_token_in_the_clone() {
    for (name, (text, workflow)) in workflows() {
        assert!(!text.contains("pull_request_target") && !text.contains("workflow_run"), "{name}");
        for step in steps(&workflow) {
            if step["uses"].as_str().is_some_and(|action| action.starts_with("actions/checkout@")) {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}: {step}");
            }
        }
    }
}

#[test]
fn every_script_that_a_workflow_runs_is_in_the_repository_and_is_given_no_text_to_interpret() {
    let mut scripts = Vec::new();
    for (name, (_, workflow)) in workflows() {
        for command in steps(&workflow).iter().filter_map(|step| step["run"].as_str()) {
            // What the host fills in becomes part of the script; what is in the environment does not.
            assert!(!command.contains("${{"), "{name}: {command}");
            assert_eq!(command.lines().count(), 1, "{name}: a script of its own is in a file: {command}");
            let first = command.split(' ').next().unwrap_or_default();
            if first.contains('/') {
                let file = workspace::root().join(first);
                let mode = fs::metadata(&file).unwrap_or_else(|error| panic!("{name}: {first}: {error}"));
                assert!(mode.permissions().mode() & 0o111 != 0, "{name}: {first} is no program");
                scripts.push(first.to_owned());
            } else {
                assert!(["docker", "git", "rustup", "sudo"].contains(&first), "{name}: {command}");
            }
        }
    }
    for script in
        [".ci/run", ".ci/compose", ".ci/release", ".ci/release-program", ".ci/same-module", ".ci/publish"]
    {
        assert!(scripts.iter().any(|run| run == script), "no workflow runs {script}");
    }
}

/// Every job that has to be done before this one is.
fn before<'a>(workflow: &'a Value, job: &str) -> BTreeSet<&'a str> {
    let needs = match &jobs(workflow)[job]["needs"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => Vec::from_iter(one.as_str()),
    };
    needs.into_iter().flat_map(|needed| before(workflow, needed).into_iter().chain([needed])).collect()
}

#[test]
fn nothing_is_published_that_is_not_on_main_or_not_green_and_a_person_may_have_to_agree() {
    let (_, workflow) = release();
    let before = before(&workflow, "publish");
    assert_eq!(before, jobs(&workflow).keys().map(String::as_str).filter(|job| *job != "publish").collect());
    assert_eq!(jobs(&workflow)["publish"]["environment"], "release");
    assert_eq!(jobs(&workflow)["tests"]["uses"], "./.github/workflows/ci.yml");
    let (_, tests) = workflows().remove("ci.yml").expect("a workflow");
    assert!(tests["on"].as_object().expect("events").contains_key("workflow_call"));
    assert!(steps(&tests).iter().any(|step| step["run"] == ".ci/run"));
    let commit = jobs(&workflow)["commit"]["steps"].as_array().expect("steps");
    // Without the whole history nobody knows what is on it.
    assert_eq!(commit[0]["with"]["fetch-depth"], 0);
    assert_eq!(commit[1]["run"], r#"git merge-base --is-ancestor "$GITHUB_SHA" origin/main"#);
    for (name, job) in jobs(&workflow) {
        assert!(job["uses"].is_null() || name == "tests", "{name}");
        assert!(name == "commit" || self::before(&workflow, name).contains("commit"), "{name}");
        assert!(job["if"].is_null() && job["continue-on-error"].is_null(), "{name}");
    }
}

#[test]
fn what_is_published_already_is_seen_before_anything_is_signed() {
    let (_, workflow) = release();
    let publish = jobs(&workflow)["publish"]["steps"].as_array().expect("steps");
    let at = |wanted: &dyn Fn(&Value) -> bool| publish.iter().position(wanted).expect("a step");
    let look = at(&|step| step["run"].as_str().is_some_and(|run| run.starts_with(".ci/publish --look ")));
    let signed =
        at(&|step| step["uses"].as_str().is_some_and(|action| action.starts_with("actions/attest-")));
    assert!(look < signed);
}

/// Of several that wait in a group the host keeps the last one alone, so runs of `main` are in a group each.
#[test]
fn only_runs_of_pull_requests_are_ended_by_later_ones() {
    for (name, (_, workflow)) in workflows() {
        let concurrency = &workflow["concurrency"];
        let group = concurrency["group"].as_str().expect("a group");
        match concurrency["cancel-in-progress"].as_str() {
            Some(condition) => {
                assert_eq!(condition, "${{ github.event_name == 'pull_request' }}", "{name}");
                let own = "github.event_name == 'pull_request' && github.ref || github.run_id";
                assert!(group.contains(own), "{name}: {group}");
            }
            None => assert!(concurrency["cancel-in-progress"].is_null(), "{name}"),
        }
    }
}

/// A clone has a folder `release`, whose files are none of a release's.
#[test]
fn what_the_jobs_of_a_release_hand_on_is_in_the_target_folder_alone() {
    let (text, workflow) = release();
    let paths: Vec<_> =
        steps(&workflow).into_iter().filter_map(|step| step["with"]["path"].as_str()).collect();
    assert_eq!(paths, [FOLDER; 4]);
    let scripts = steps(&workflow).into_iter().filter_map(|step| step["run"].as_str());
    for script in scripts.filter(|script| script.contains("GITHUB_REF_NAME")) {
        assert!(script.contains(FOLDER), "{script}");
    }
    for line in text.lines().filter(|line| line.contains("subject-checksums:")) {
        assert!(line.contains(FOLDER), "{line}");
    }
}

/// What a person cannot try on a machine of their own is said where they look for it.
#[test]
fn the_page_about_releases_lists_what_only_the_hosted_workflow_does() {
    let read = |path: &str| fs::read_to_string(workspace::root().join(path)).expect("text");
    let page = read("docs/releasing.md");
    let (_, chapter) = page.split_once("## What only the hosted workflow does").expect("a chapter");
    let script = read(".ci/publish");
    let tools = ["skopeo", "cosign", "gh"];
    for tool in tools {
        assert!(script.lines().any(|line| line.trim_start().starts_with(&format!("{tool} "))), "{tool}");
    }
    let (_, workflow) = release();
    let actions = steps(&workflow).into_iter().filter_map(|step| step["uses"].as_str()?.split('@').next());
    let actions = actions.filter(|action| action.contains("attest")).map(str::to_owned);
    let runners =
        jobs(&workflow)["programs"]["strategy"]["matrix"]["runner"].as_array().cloned().expect("a matrix");
    let runners = runners.iter().map(|runner| runner.as_str().expect("a name").to_owned());
    for named in tools.map(str::to_owned).into_iter().chain(actions).chain(runners) {
        assert!(chapter.contains(&format!("`{named}`")), "{named}");
    }
}

/// The scripts that the page shows are those that there are.
#[test]
fn every_command_of_the_page_about_releases_is_a_script_of_the_repository() {
    let shown = crate::documents::blocks("docs/releasing.md");
    let shown: Vec<_> =
        shown.iter().filter(|block| block.language == "sh" && block.mark == "release").collect();
    assert!(!shown.is_empty());
    for command in shown.iter().flat_map(|block| block.text.lines()).map(str::trim) {
        let script = command.split(' ').next().unwrap_or_default();
        assert!(workspace::root().join(script).is_file(), "{command}");
    }
}

/// Where the jobs of a release put its files.
const FOLDER: &str = "target/release-files";
