//! The outcomes as a table.

use super::cases::Outcome;
use crate::echo::Seen;

/// One line per request; a wrong answer is marked, with the right one beside it.
pub fn table(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        let reason = outcome.reason.clone().unwrap_or_else(|| "-".to_owned());
        [outcome.case.name.to_owned(), outcome.status.to_string(), reason, seen(outcome), judgement(outcome)]
    });
    let heads = ["request", "status", "reason", "what the API saw", ""].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.chain([row[4].clone()]).collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    };
    let rule = widths.map(|width| "-".repeat(width)).join("  ") + "\n";
    let (head, body) = (line(&rows[0]), rows[1..].iter().map(line));
    [head, rule].into_iter().chain(body).collect()
}

fn judgement(outcome: &Outcome) -> String {
    if outcome.is_right() {
        return "right".to_owned();
    }
    let reach = if outcome.case.status == 200 { "the API called" } else { "the API not called" };
    format!("WRONG: expected {} {} and {reach}", outcome.case.status, outcome.case.reason.unwrap_or("-"))
}

fn seen(outcome: &Outcome) -> String {
    outcome.seen.as_ref().map_or_else(|| "nothing".to_owned(), summary)
}

/// Enough of the request to recognise it; never the whole token.
fn summary(seen: &Seen) -> String {
    let token = match seen.header_values("authorization").first() {
        Some(value) => format!(", with {}…", value.chars().take(16).collect::<String>()),
        None => ", without token".to_owned(),
    };
    format!("{} {}{token}", seen.method, seen.path)
}
