//! A document from its first element to its last: the statements that validate tokens, and everything else.

use validate_jwt::config::apim::Element;

use super::policies;
use super::sources::{Source, Sources};
use crate::convert::Left;

/// What stands in a document, in its order.
pub(super) struct Found<'d> {
    pub(super) statements: Vec<Placed<'d>>,
    pub(super) others: Vec<Other<'d>>,
}

/// A statement and where it stands.
pub(super) struct Placed<'d> {
    pub(super) element: Element<'d>,
    pub(super) file: &'d str,
    pub(super) section: &'d str,
    /// The branches that lead to it, outermost first.
    pub(super) branches: Vec<Branch<'d>>,
}

/// A branch of a `<choose>`.
#[derive(Clone)]
pub(super) struct Branch<'d> {
    /// Which choice.
    choice: usize,
    /// Which of its branches.
    position: usize,
    /// None for `<otherwise>`.
    pub(super) condition: Option<&'d str>,
}

/// What is not taken over.
pub(super) enum Other<'d> {
    Left(Left),
    /// A branch, with the statements in it and in the whole choice, as a range each.
    Branch {
        file: &'d str,
        line: usize,
        branch: Branch<'d>,
        statements: std::ops::Range<usize>,
        of_choice: std::ops::Range<usize>,
    },
    /// A statement's own: it is told where the statement is made.
    Statement(usize),
}

impl Placed<'_> {
    /// Whether no request gets both: they stand in different branches of one choice.
    pub(super) fn excludes(&self, other: &Placed<'_>) -> bool {
        self.branches.iter().any(|one| {
            other.branches.iter().any(|two| one.choice == two.choice && one.position != two.position)
        })
    }
}

/// Goes through a document.
pub(super) fn walk(sources: &Sources) -> Found<'_> {
    let mut walk = Walk {
        sources,
        found: Found { statements: Vec::new(), others: Vec::new() },
        branches: Vec::new(),
        including: Vec::new(),
        included: Vec::new(),
        choices: 0,
        section: "inbound",
        base: Base::NotSeen,
    };
    walk.document();
    for fragment in &sources.fragments {
        if !walk.included.iter().any(|file| *file == fragment.file) {
            walk.left(
                &fragment.file,
                1,
                "a fragment",
                "the document does not include it: nothing of it is converted",
            );
        }
    }
    walk.found
}

struct Walk<'d> {
    sources: &'d Sources,
    found: Found<'d>,
    branches: Vec<Branch<'d>>,
    /// Files of the fragments that the walk is in.
    including: Vec<&'d str>,
    included: Vec<&'d str>,
    choices: usize,
    section: &'d str,
    base: Base,
}

/// Whether `<base />` has been told of.
#[derive(PartialEq, Eq)]
enum Base {
    NotSeen,
    Told,
}

impl<'d> Walk<'d> {
    fn document(&mut self) {
        let Source { file, .. } = &self.sources.document;
        let root = self.sources.document.root();
        match root.name() {
            "policies" => {
                self.text(file, root);
                for section in root.children() {
                    self.section = section.name();
                    if SECTIONS.contains(&section.name()) {
                        self.block(file, section);
                    } else {
                        self.policy(file, section);
                    }
                }
            }
            "fragment" | "inbound" => self.block(file, root),
            name if SECTIONS.contains(&name) => {
                self.section = name;
                self.block(file, root);
            }
            _ => self.policy(file, root),
        }
    }

    /// The policies in an element.
    fn block(&mut self, file: &'d str, parent: Element<'d>) {
        for element in parent.children() {
            self.policy(file, element);
        }
        self.text(file, parent);
    }

    fn policy(&mut self, file: &'d str, element: Element<'d>) {
        if element.validates_tokens() {
            return self.statement(file, element);
        }
        match element.name() {
            "base" => {
                if self.base == Base::NotSeen {
                    let instead = "policies of the outer scope: convert them as well, or check that none of them \
                                   validates tokens";
                    self.left(file, element.line(), "<base>", instead);
                    self.base = Base::Told;
                }
                self.block(file, element);
            }
            "choose" => self.choice(file, element),
            "include-fragment" => self.fragment(file, element),
            "forward-request" if !element.has_attributes() && element.children().next().is_none() => {}
            name => {
                self.left(file, element.line(), &format!("<{name}>"), policies::instead_of(name));
                if CONTAINERS.contains(&name) {
                    self.block(file, element);
                }
            }
        }
    }

    fn statement(&mut self, file: &'d str, element: Element<'d>) {
        if self.section != "inbound" {
            let what = format!("<{}> in <{}>", element.name(), self.section);
            self.left(
                file,
                element.line(),
                &what,
                "a policy of inbound: no rule names the one that it became",
            );
        }
        self.found.others.push(Other::Statement(self.found.statements.len()));
        self.found.statements.push(Placed {
            element,
            file,
            section: self.section,
            branches: self.branches.clone(),
        });
    }

    fn choice(&mut self, file: &'d str, choose: Element<'d>) {
        self.text(file, choose);
        self.choices += 1;
        let choice = self.choices;
        let first = self.found.statements.len();
        let mut told = Vec::new();
        for (position, element) in choose.children().enumerate() {
            let condition = match element.name() {
                "when" => Some(element.attribute("condition").unwrap_or("")),
                "otherwise" => None,
                _ => {
                    self.policy(file, element);
                    continue;
                }
            };
            let branch = Branch { choice, position, condition };
            let start = self.found.statements.len();
            told.push(self.found.others.len());
            self.found.others.push(Other::Branch {
                file,
                line: element.line(),
                branch: branch.clone(),
                statements: start..start,
                of_choice: first..first,
            });
            self.branches.push(branch);
            self.block(file, element);
            self.branches.pop();
            let end = self.found.statements.len();
            if let Some(Other::Branch { statements, .. }) =
                told.last().and_then(|at| self.found.others.get_mut(*at))
            {
                *statements = start..end;
            }
        }
        let end = self.found.statements.len();
        for at in told {
            if let Some(Other::Branch { of_choice, .. }) = self.found.others.get_mut(at) {
                *of_choice = first..end;
            }
        }
    }

    fn fragment(&mut self, file: &'d str, include: Element<'d>) {
        let id = include.attribute("fragment-id").unwrap_or_default();
        let what = format!("<include-fragment> {id:?}");
        let Some(fragment) = self.sources.fragment(id) else {
            let instead =
                format!("give its file as well ({id}.xml): it may hold policies that validate tokens");
            return self.left(file, include.line(), &what, &instead);
        };
        if self.including.contains(&fragment.file.as_str()) {
            return self.left(
                file,
                include.line(),
                &what,
                "it includes itself: nothing, the rest is converted",
            );
        }
        self.including.push(&fragment.file);
        self.included.push(&fragment.file);
        self.block(&fragment.file, fragment.root());
        self.including.pop();
    }

    fn text(&mut self, file: &'d str, parent: Element<'d>) {
        let (text, line) = parent.text();
        if !text.is_empty() {
            self.left(file, line, &format!("text in <{}>", parent.name()), "nothing: no policy is text");
        }
    }

    fn left(&mut self, file: &str, line: usize, what: &str, instead: &str) {
        self.found.others.push(Other::Left(Left {
            file: file.to_owned(),
            line: Some(line),
            what: what.to_owned(),
            instead: instead.to_owned(),
        }));
    }
}

const SECTIONS: [&str; 4] = ["inbound", "backend", "outbound", "on-error"];
/// Policies that carry out those in them.
const CONTAINERS: [&str; 3] = ["retry", "wait", "limit-concurrency"];
