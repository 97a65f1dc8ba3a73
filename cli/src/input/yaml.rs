//! YAML, each value with its line. Words are taken as the hosts take them, whose readers know YAML 1.1: `yes` is `true`.

mod scalar;

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::broken::{self, Broken, Count, Why};
use super::lines::{Lines, Starts};
use super::tree::{Kind, Text, Tree};

/// Reads all documents of a text whose lines stand there; empty ones are none.
pub(crate) fn read(text: &str, lines: &Lines) -> Result<Vec<Tree>, Broken> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        starts: Starts::of(text),
        lines,
        anchors: HashMap::new(),
        count: Count::default(),
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            Event::StreamEnd => break,
            first => documents.push(reader.tree(first, span, 0)?),
        }
    }
    documents.retain(|document| !matches!(document.kind, Kind::Null));
    Ok(documents)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    starts: Starts<'t>,
    lines: &'t Lines,
    /// What each anchor stands for, and what it weighs.
    anchors: HashMap<usize, (Tree, usize)>,
    count: Count,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Broken> {
        self.parser.next_event().transpose().map_err(|error| self.told(&error))
    }

    /// An event inside of a value: there is one, as the parser has not ended it.
    fn inner(&mut self, line: usize) -> Result<(Event<'t>, Span), Broken> {
        let end = || Broken { line, why: Why::Yaml("an end within a value".to_owned()) };
        self.next()?.ok_or_else(end)
    }

    fn told(&self, error: &ScanError) -> Broken {
        let line = self.lines.at(error.marker().line().max(1));
        Broken { line, why: Why::Yaml(error.info().to_owned()) }
    }

    fn tree(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Tree, Broken> {
        let line = self.lines.at(span.start.line());
        broken::check_depth(depth, line)?;
        let before = self.count.so_far();
        let (kind, anchor) = match event {
            Event::Alias(anchor) => {
                let (tree, weight) = self.anchors.get(&anchor).ok_or(Broken { line, why: Why::Alias })?;
                self.count.add(*weight, line)?;
                return Ok(Tree { line, kind: tree.kind.clone() });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count.add(broken::weight(&text), line)?;
                (self.scalar(text, style, tag.as_deref(), span), anchor)
            }
            Event::SequenceStart(anchor, _) => {
                self.count.add(1, line)?;
                (self.list(line, depth)?, anchor)
            }
            Event::MappingStart(anchor, _) => {
                self.count.add(1, line)?;
                (self.object(line, depth)?, anchor)
            }
            _ => return Err(Broken { line, why: Why::Yaml("no value where one begins".to_owned()) }),
        };
        let tree = Tree { line, kind };
        if anchor > 0 {
            let weight = self.count.so_far().saturating_sub(before);
            // What the anchor remembers is a copy.
            self.count.add(weight, line)?;
            self.anchors.insert(anchor, (tree.clone(), weight));
        }
        Ok(tree)
    }

    fn list(&mut self, line: usize, depth: usize) -> Result<Kind, Broken> {
        let mut items = Vec::new();
        loop {
            match self.inner(line)? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                (event, span) => items.push(self.tree(event, span, depth + 1)?),
            }
        }
    }

    fn object(&mut self, line: usize, depth: usize) -> Result<Kind, Broken> {
        let mut members = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.inner(line)?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let line = self.lines.at(span.start.line());
            let (name, style) = self.name(event, line)?;
            let (event, span) = self.inner(line)?;
            let value = self.tree(event, span, depth + 1)?;
            if name == "<<" && style == ScalarStyle::Plain {
                merged.push(value);
            } else {
                members.push((name.into_owned(), Tree { line, ..value }));
            }
        }
        for value in merged {
            merge(&mut members, value);
        }
        Ok(Kind::Object(members))
    }

    /// A member's name: as it is written, whatever it would be as a value.
    fn name(&mut self, event: Event<'t>, line: usize) -> Result<(Cow<'t, str>, ScalarStyle), Broken> {
        self.count.add(1, line)?;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                if anchor > 0 {
                    let tree = Tree {
                        line,
                        kind: Kind::Text(Text { text: text.clone().into_owned(), lines: Lines::One(line) }),
                    };
                    self.anchors.insert(anchor, (tree, broken::weight(&text)));
                }
                Ok((text, style))
            }
            Event::Alias(anchor) => {
                let known =
                    self.anchors.get(&anchor).and_then(|(tree, weight)| Some((tree.text()?, *weight)));
                let (text, weight) = known.ok_or(Broken { line, why: Why::Name })?;
                let text = text.text.clone();
                self.count.add(weight, line)?;
                Ok((text.into(), ScalarStyle::DoubleQuoted))
            }
            _ => Err(Broken { line, why: Why::Name }),
        }
    }

    fn scalar(&self, text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Kind {
        let kind = match tag {
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, &text),
            None if style == ScalarStyle::Plain => scalar::plain(&text),
            _ => None,
        };
        kind.unwrap_or_else(|| {
            let lines = self.lines_of(&text, style, span);
            Kind::Text(Text { text: text.into_owned(), lines })
        })
    }

    /// Where the lines of a text stand: its characters that are no blanks stand in the file in the same order.
    fn lines_of(&self, text: &str, style: ScalarStyle, span: Span) -> Lines {
        let (first, last) = (span.start.line(), span.end.line());
        if first == last || !text.contains('\n') {
            return Lines::One(self.lines.at(first));
        }
        let mut visible = scalar::visible(style, self.starts.characters(first, span.start.col(), last));
        let starts: Vec<Option<usize>> = text
            .split('\n')
            .map(|part| {
                let count = part.chars().filter(|char| !char.is_whitespace()).count();
                visible.by_ref().take(count).fold(None, |first, line| first.or(Some(line)))
            })
            .collect();
        // Blank lines stand before or behind others.
        let blank = starts.iter().take_while(|start| start.is_none()).count();
        let mut line = starts.iter().flatten().next().map_or(first, |line| line.saturating_sub(blank).max(1));
        let lines = starts.into_iter().map(|start| {
            let own = start.unwrap_or(line);
            line = own + 1;
            self.lines.at(own)
        });
        Lines::Each(lines.collect())
    }
}

/// `<<`: members of other objects, where there is none of that name.
fn merge(members: &mut Vec<(String, Tree)>, value: Tree) {
    match value.kind {
        Kind::Object(others) => {
            for (name, tree) in others {
                if !members.iter().any(|(known, _)| *known == name) {
                    members.push((name, tree));
                }
            }
        }
        Kind::List(items) => items.into_iter().for_each(|item| merge(members, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Tree {
        read(text, &Lines::Own).unwrap().remove(0)
    }

    #[test]
    fn values_have_the_line_of_their_names() {
        let tree =
            one("# a comment\na:\n  b:\n    - c: 1\n      d: x\n    - [1,\n       2]\ne: {f: 1,\n  g: 2}\n");
        for (path, line) in [
            ("a", 2),
            ("a.b", 3),
            ("a.b[0].c", 4),
            ("a.b[0].d", 5),
            ("a.b[0].missing", 4),
            ("a.b[1]", 6),
            ("a.b[1][1]", 7),
            ("e.f", 8),
            ("e.g", 9),
        ] {
            assert_eq!(tree.line_of(path), line, "{path}");
        }
    }

    #[test]
    fn a_line_of_a_text_stands_where_it_is_written() {
        for (text, lines) in [
            ("t: |\n  a\n  b\n\n  c\n", &[2, 3, 4, 5][..]),
            ("t: |2-\n\n   a\n  b\n", &[2, 3, 4]),
            ("t: >\n  a\n  b\n\n  c\n   d\n  e\n", &[2, 5, 6, 7]),
            ("t: >-\n  a\n  b\n\n  c\n", &[2, 5]),
            ("t: 'a\n\n  it''s\n\n\n  c'\n", &[1, 3, 4, 6]),
            ("t: \"a\\n\n  \\\"b\\\\\\\n  c\\u0041\\n\n  d\"\n", &[1, 2, 4]),
            ("t: a\n\n  b\n", &[1, 3]),
            ("t: \"a\\nb\"\n", &[1, 1]),
            ("t: a\n", &[1]),
        ] {
            let tree = one(text);
            let found = tree.member("t").unwrap().text().unwrap();
            let told: Vec<usize> = (1..=lines.len()).map(|line| found.lines.at(line)).collect();
            assert_eq!(told, lines, "{text:?} {:?}", found.text);
        }
    }

    #[test]
    fn texts_in_texts_keep_their_lines() {
        let outer = one("\ndata:\n  envoy.yaml: |\n    a: 1\n    b: |\n      c\n      d\n");
        let inner =
            outer.member("data").and_then(|data| data.member("envoy.yaml")).and_then(Tree::text).unwrap();
        let inner = read(&inner.text, &inner.lines).unwrap().remove(0);
        assert_eq!(inner.line_of("b"), 5);
        assert_eq!(inner.member("b").and_then(Tree::text).unwrap().lines.at(2), 7);
    }

    #[test]
    fn aliases_and_merged_members_stand_for_what_they_name() {
        let tree = one("base: &b {x: 1, y: [&k z]}\nuse:\n  <<: *b\n  x: 2\n  *k : 3\nagain: *b\n");
        let text = r#"{"base":{"x":1,"y":["z"]},"use":{"x":2,"z":3,"y":["z"]},"again":{"x":1,"y":["z"]}}"#;
        assert_eq!(tree.to_json(), text);
        assert_eq!(tree.line_of("again"), 6);
    }

    #[test]
    fn what_nobody_writes_is_refused() {
        let bomb = (0..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
            format!("{text}a{0}: &a{0} [*a{level}, *a{level}]\n", level + 1)
        });
        let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1_000_000), "*a,".repeat(10_000));
        let deep = "[".repeat(100_000);
        let nested = (0..2_000).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>();
        for (text, why) in [
            (&*bomb, "Many"),
            (&long, "Many"),
            (&deep, "Yaml"),
            (&nested, "Deep"),
            ("? [a]\n: b\n", "Name"),
            ("a: &a [*a]\n", "Alias"),
            ("a: *b\n", "Yaml"),
            ("a: [1\nb: 2\n", "Yaml"),
            ("a: b: c\n", "Yaml"),
            ("a\n\tb: c\n", "Yaml"),
        ] {
            let broken = read(text, &Lines::Own).unwrap_err();
            let start = text.get(..30).unwrap_or(text);
            assert!(format!("{:?}", broken.why).starts_with(why), "{start:?} {broken:?}");
        }
    }

    #[test]
    fn documents_are_read_one_by_one() {
        let documents = read("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n", &Lines::Own).unwrap();
        let told: Vec<_> = documents.iter().map(|document| (document.line, document.to_json())).collect();
        assert_eq!(told, [(2, r#"{"a":1}"#.to_owned()), (6, r#"{"b":2}"#.to_owned())]);
    }
}
