//! Time spans: `5s`, `1h30m`, `500ms`, or protobuf's members `seconds` and `nanos`.

use serde_json::{Number, Value};

/// The seconds that a value stands for.
pub(super) fn seconds(value: &Value) -> Option<Value> {
    let seconds = match value {
        Value::String(text) => of_text(text)?,
        Value::Object(members) => {
            let member = |name: &str| members.get(name).map_or(Some(0.0), number);
            member("seconds")? + member("nanos")? / 1e9
        }
        _ => return None,
    };
    Some(Value::Number(tidy(seconds)?))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number: &f64| *number >= 0.0)
}

fn of_text(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    loop {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (amount, behind) = rest.split_at(digits);
        let end = behind.find(|char: char| char.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += amount.parse::<f64>().ok()? * unit;
        if behind.is_empty() {
            return Some(sum);
        }
        rest = behind;
    }
}

/// A whole number where it is one.
fn tidy(seconds: f64) -> Option<Number> {
    let text = format!("{seconds}");
    text.parse::<u64>().ok().map(Number::from).or_else(|| Number::from_f64(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn time_spans_are_read_as_seconds() {
        for (written, expected) in [
            (json!("5s"), json!(5)),
            (json!("0.5s"), json!(0.5)),
            (json!("1h30m"), json!(5400)),
            (json!("500ms"), json!(0.5)),
            (json!({"seconds": 86400}), json!(86400)),
            (json!({"seconds": "3", "nanos": 500_000_000}), json!(3.5)),
        ] {
            assert_eq!(seconds(&written), Some(expected), "{written}");
        }
        for wrong in
            [json!("5"), json!("s"), json!(5), json!("5x"), json!("-5s"), json!(""), json!({"seconds": -1})]
        {
            assert_eq!(seconds(&wrong), None, "{wrong}");
        }
    }
}
