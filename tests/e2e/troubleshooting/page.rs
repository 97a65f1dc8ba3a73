//! `docs/troubleshooting.md`, read.

use std::fs;

use serde_json::{Value, json};
use validate_jwt_testbed::workspace;

/// What the page holds.
pub(super) struct Page {
    /// The rows of its table, in order.
    pub(super) rows: Vec<Row>,
    /// The rules for Prometheus, and those of `deploy/monitoring` that the table names.
    pub(super) alarms: Value,
}

/// One way in which things go wrong.
#[derive(Debug)]
pub(super) struct Row {
    /// What is wrong.
    pub(super) title: String,
    /// What callers get: the status, and the reason where there is one.
    pub(super) answer: (u16, String),
    /// The level of the line in the log, as Envoy writes it.
    pub(super) level: String,
    /// What the line says, in pieces: between them stands what differs from case to case.
    pub(super) log: Vec<String>,
    /// What Envoy counts.
    pub(super) counts: Vec<Count>,
    /// The alarms that it raises.
    pub(super) alarms: Vec<String>,
}

/// What a counter or gauge shows.
#[derive(Debug)]
pub(super) enum Count {
    /// It has counted.
    Some(String),
    /// It is at zero.
    Zero(String),
}

impl Page {
    pub(super) fn read() -> Self {
        let text = text_of("docs/troubleshooting.md");
        let (_, block) = text.split_once("```yaml alarms\n").expect("the block of alarms");
        let (block, _) = block.split_once("```").expect("its end");
        let yaml = |text: &str| yaml_serde::from_str::<Value>(text).expect("YAML");
        let rows: Vec<Row> = text.lines().filter_map(Row::of).collect();
        let mut alarms = yaml(block);
        let groups = yaml(&text_of("deploy/monitoring/alerts.yaml"));
        let is_named =
            |rule: &&Value| rows.iter().any(|row| row.alarms.iter().any(|name| rule["alert"] == **name));
        let shipped =
            groups["groups"].as_array().into_iter().flatten().filter_map(|group| group["rules"].as_array());
        let shipped: Vec<Value> = shipped.flatten().filter(is_named).cloned().collect();
        let groups = alarms["groups"].as_array_mut().expect("groups");
        groups.push(json!({"rules": shipped}));
        Self { rows, alarms }
    }
}

impl Row {
    /// The row in which this is wrong.
    #[track_caller]
    pub(super) fn titled(title: &str) -> Self {
        let found = Page::read().rows.into_iter().find(|row| row.title == title);
        found.unwrap_or_else(|| panic!("docs/troubleshooting.md has no row {title:?}"))
    }

    /// A line of the table of six columns, if it is one of its rows.
    fn of(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [answer, log, counts, title, cure, alarms] = cells.as_slice() else { return None };
        let (status, reason) = answer.split_once(' ').unwrap_or((answer, ""));
        // The head of the table.
        let status = status.parse().ok()?;
        assert!(!cure.is_empty(), "{title}: no cure");
        let (level, said) = log.split_once(": ").expect("a level and what is said");
        let pieces =
            code(said).into_iter().flat_map(|text| text.split('…').map(str::to_owned).collect::<Vec<_>>());
        Some(Self {
            title: (*title).to_owned(),
            answer: (status, reason.trim_matches('`').to_owned()),
            level: level.to_owned(),
            log: pieces.map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect(),
            counts: counts.split(", ").map(Count::of).collect(),
            alarms: code(alarms),
        })
    }

    /// Whether a line of Envoy's log is the row's.
    pub(super) fn is_told_by(&self, line: &str) -> bool {
        let mut rest = line;
        line.contains(&format!("[{}]", self.level))
            && self.log.iter().all(|piece| match rest.split_once(piece.as_str()) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    }
}

impl Count {
    fn of(text: &str) -> Self {
        let name = code(text).pop().unwrap_or_else(|| panic!("no counter: {text:?}"));
        let name = name.replace("<provider>", "login_example").replace("<policy>", "validate_jwt");
        let name = if name.starts_with("validate_jwt.") { format!("wasmcustom.{name}") } else { name };
        if text.ends_with(" 0") { Self::Zero(name) } else { Self::Some(name) }
    }
}

/// What stands in backquotes.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

pub(super) fn text_of(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
