//! Rules by their paths: a tree of segments, so that finding them costs one walk along the path, as far as any rule
//! goes, and nothing grows with the number of rules.

use super::segments::Segments;

/// Which rules a path may belong to.
#[derive(Debug)]
pub(super) struct PathIndex {
    /// The first one is the root. Children are numbers, not boxes: a rule's path may be long.
    nodes: Vec<Node>,
}

/// A path of whole segments that some rule names, or the start of one.
#[derive(Debug, Default)]
struct Node {
    /// By the next segment, in order.
    children: Vec<(Box<str>, usize)>,
    /// Rules for this very path, in order.
    exact: Vec<usize>,
    /// Rules for this path and everything below, in order.
    below: Vec<usize>,
}

impl PathIndex {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()] }
    }

    /// Adds a rule for this very path.
    pub(super) fn add_exact(&mut self, path: &str, rule: usize) {
        if let Some(node) = self.reach(path) {
            node.exact.push(rule);
        }
    }

    /// Adds a rule for this path, which has no slash at its end, and everything below.
    pub(super) fn add_below(&mut self, path: &str, rule: usize) {
        if let Some(node) = self.reach(path) {
            node.below.push(rule);
        }
    }

    /// The node of a path, made if it is not there.
    fn reach(&mut self, path: &str) -> Option<&mut Node> {
        let mut at = 0;
        for segment in Segments::of(path) {
            let next = self.nodes.len();
            let node = self.nodes.get_mut(at)?;
            at = match node.find(segment) {
                Ok(place) => node.children.get(place)?.1,
                Err(place) => {
                    node.children.insert(place, (segment.into(), next));
                    self.nodes.push(Node::default());
                    next
                }
            };
        }
        self.nodes.get_mut(at)
    }

    /// Shows the rules for a path and for what it is below, each list in order.
    pub(super) fn visit(&self, path: &str, mut show: impl FnMut(&[usize])) {
        let mut node = self.nodes.first();
        if !path.starts_with('/') {
            return;
        }
        for segment in Segments::of(path) {
            let Some(here) = node else { return };
            show(&here.below);
            node = here
                .find(segment)
                .ok()
                .and_then(|place| here.children.get(place))
                .and_then(|(_, child)| self.nodes.get(*child));
        }
        if let Some(end) = node {
            show(&end.below);
            show(&end.exact);
        }
    }
}

impl Node {
    fn find(&self, segment: &str) -> Result<usize, usize> {
        self.children.binary_search_by(|(name, _)| (**name).cmp(segment))
    }
}
