//! `rules`: which policy a request gets. Compiled at load; a request's cost does not grow with the position of its
//! rule, and with its path's length no faster than linearly.

use super::path::{RequestPath, Unreadable};
use super::path_index::PathIndex;
use super::path_match::PathMatch;
use super::path_traits::Traits;
use super::reading::{Reading, ServerPaths, Words};
use super::rule::{Rule, RuleFacts, RuleOutcome};

/// The compiled list of rules.
#[derive(Debug)]
pub(super) struct RuleTable {
    rules: Vec<Rule>,
    /// The first one is the one that a plain path has. Each with what a path, or a rule, must hold for it to differ from
    /// that one, and its view.
    readings: Vec<(Reading, Traits, usize)>,
    views: Vec<View>,
    /// What any reading but the first looks for.
    needed: Traits,
    /// What the rules' own paths hold.
    traits: Traits,
    /// So much of a path decides, in bytes, and one more.
    enough: usize,
    looks_at: LooksAt,
}

/// What of the path the rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LooksAt {
    Nothing,
    /// Its start, or a whole that is no longer.
    Start,
    /// All of it: there are patterns.
    Whole,
}

/// The rules' paths as one reading has them.
#[derive(Debug)]
struct View {
    words: Words,
    /// Of each rule.
    paths: Vec<Vec<PathMatch>>,
    index: PathIndex,
    /// Rules that can only be found by trying them.
    others: Vec<usize>,
}

/// What the rules say of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// However its path is read.
    One(RuleOutcome),
    /// Servers read the path differently: each outcome that is in question, in order.
    Ambiguous(Vec<RuleOutcome>),
    /// No rule matches: only for a list whose last rule does not match everything, which `config` refuses.
    None,
}

impl Choice {
    /// The choice for a path that is read in two ways.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let outcomes = |choice| match choice {
            Self::One(outcome) => vec![outcome],
            Self::Ambiguous(outcomes) => outcomes,
            Self::None => Vec::new(),
        };
        if self == Self::None || other == Self::None {
            return Self::None;
        }
        let mut all = outcomes(self);
        for outcome in outcomes(other) {
            if !all.contains(&outcome) {
                all.push(outcome);
            }
        }
        Self::Ambiguous(all)
    }
}

impl RuleTable {
    /// Compiles an ordered list for servers that read paths so.
    pub(super) fn new(rules: Vec<Rule>, paths: ServerPaths) -> Self {
        let parts = || rules.iter().flat_map(|rule| &rule.paths);
        let looks_at = if parts().any(|part| matches!(part, PathMatch::Pattern(_))) {
            LooksAt::Whole
        } else if parts().next().is_some() {
            LooksAt::Start
        } else {
            LooksAt::Nothing
        };
        let mut views: Vec<View> = Vec::new();
        let mut readings = Vec::new();
        for (reading, needs) in Reading::all(paths) {
            let known = views.iter().position(|view| view.words == reading.words);
            let view = known.unwrap_or_else(|| {
                views.push(View::new(&rules, reading.words));
                views.len().saturating_sub(1)
            });
            readings.push((reading, needs, view));
        }
        let length = |part: &PathMatch| match part {
            PathMatch::Exact(path) | PathMatch::Prefix(path) => path.len(),
            PathMatch::Pattern(_) => usize::MAX,
        };
        Self {
            needed: readings.iter().fold(Traits::default(), |all, (_, needs, _)| all.and(*needs)),
            traits: parts().map(PathMatch::traits).fold(Traits::default(), Traits::and),
            enough: views.iter().flat_map(|view| view.paths.iter().flatten()).map(length).max().unwrap_or(0),
            rules,
            readings,
            views,
            looks_at,
        }
    }

    /// What the rules say of a request with this target.
    pub(super) fn choose(&self, target: &[u8], facts: &RuleFacts<'_>) -> Choice {
        if self.looks_at == LooksAt::Nothing {
            return self.first_match("", 0, facts).cloned().map_or(Choice::None, Choice::One);
        }
        let Ok(path) = RequestPath::of(target) else { return self.any(facts) };
        self.read(&path, facts).unwrap_or_else(|Unreadable| self.any(facts))
    }

    /// What the rules say of a request whose target is not known.
    pub(super) fn choose_without_path(&self, facts: &RuleFacts<'_>) -> Choice {
        if self.looks_at == LooksAt::Nothing { self.choose(b"", facts) } else { self.any(facts) }
    }

    /// What the rules say of each reading.
    fn read(&self, path: &RequestPath<'_>, facts: &RuleFacts<'_>) -> Result<Choice, Unreadable> {
        let held = path.traits().and(self.traits);
        let plain = held.among(self.needed).is_empty();
        let readings = self.readings.iter().take(if plain { 1 } else { usize::MAX });
        let mut outcomes = Vec::new();
        let mut first = None;
        let mut matched_against = 0_usize;
        for (reading, _, view) in readings.filter(|(_, needs, _)| held.among(*needs) == *needs) {
            let text = reading.of(path, self.enough);
            if first.is_some() && self.looks_at == LooksAt::Whole {
                matched_against = matched_against.saturating_add(text.len());
                if matched_against > MOST_MATCHED {
                    return Err(Unreadable);
                }
            }
            let Some(outcome) = self.first_match(&text, *view, facts) else { return Ok(Choice::None) };
            match first {
                None => first = Some(outcome),
                Some(first) if first == outcome || outcomes.contains(&outcome) => {}
                Some(_) => outcomes.push(outcome),
            }
        }
        Ok(match first {
            None => Choice::None,
            Some(first) if outcomes.is_empty() => Choice::One(first.clone()),
            Some(first) => {
                outcomes.insert(0, first);
                Choice::Ambiguous(outcomes.into_iter().cloned().collect())
            }
        })
    }

    /// What the rules could say of a request if its path were another.
    fn any(&self, facts: &RuleFacts<'_>) -> Choice {
        let mut outcomes = Vec::new();
        let matching = self.rules.iter().enumerate().filter(|(at, rule)| rule.matches(*at, facts));
        for (_, rule) in matching {
            if !outcomes.contains(&rule.outcome) {
                outcomes.push(rule.outcome.clone());
            }
            if rule.paths.is_empty() {
                break;
            }
        }
        Choice::Ambiguous(outcomes)
    }

    /// The outcome of the first rule that matches a path as a view has it.
    fn first_match(&self, path: &str, view: usize, facts: &RuleFacts<'_>) -> Option<&RuleOutcome> {
        let view = self.views.get(view)?;
        let mut best: Option<usize> = None;
        let mut consider = |candidates: &[usize]| {
            for &at in candidates {
                if best.is_some_and(|best| best <= at) {
                    break;
                }
                // A pattern is the dearest part.
                if self.rules.get(at).is_some_and(|rule| rule.matches(at, facts)) && view.matches(at, path) {
                    best = Some(at);
                    break;
                }
            }
        };
        view.index.visit(path, &mut consider);
        consider(&view.others);
        best.and_then(|at| self.rules.get(at)).map(|rule| &rule.outcome)
    }
}

impl View {
    fn new(rules: &[Rule], words: Words) -> Self {
        let paths: Vec<Vec<_>> =
            rules.iter().map(|rule| rule.paths.iter().map(|part| part.read_as(words)).collect()).collect();
        let mut index = PathIndex::new();
        let mut others = Vec::new();
        for (at, parts) in paths.iter().enumerate() {
            // One part of a rule is enough to find it by; `matches` looks at all of them.
            match parts.first() {
                Some(PathMatch::Exact(path)) => index.add_exact(path, at),
                Some(PathMatch::Prefix(path)) => index.add_below(path, at),
                Some(PathMatch::Pattern(_)) | None => others.push(at),
            }
        }
        Self { words, paths, index, others }
    }

    fn matches(&self, rule: usize, path: &str) -> bool {
        let parts = self.paths.get(rule);
        parts.is_some_and(|parts| parts.iter().all(|part| part.matches(path, self.words.case)))
    }
}

/// The most bytes of readings but the first that patterns are tried on. They cost much more than anything else does
/// with a path, and no honest one of several readings is so long.
const MOST_MATCHED: usize = 1 << 15;
