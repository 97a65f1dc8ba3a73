//! The loop between a state machine and the shared record.

use std::collections::VecDeque;

use super::event::{Command, Event, Snapshot, Step, Version};
use super::lifecycle::Lifecycle;
use super::record::Record;
use super::seen_key::share;
use crate::time::UnixTime;

/// Where one provider's record is kept.
pub trait Shelf {
    /// The record, unless it is still of the version known.
    fn read_unless(&self, known: Version) -> Option<Snapshot>;

    /// Replaces the record, if it is still of the version expected.
    fn replace(&mut self, record: &Record, expected: Version) -> Replaced;
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is there.
    Yes,
    /// Another VM was faster.
    Refused,
}

impl Lifecycle {
    /// Takes an event in and carries every change of the record out; gives what else is to be done.
    pub fn run(&mut self, now: UnixTime, event: Event, at: &mut dyn Shelf) -> Vec<Command> {
        let mut events = VecDeque::from([event]);
        let mut commands = Vec::new();
        // Every round of a lost race means that another VM won one: a bound that is never met.
        for _ in 0..MOST_ROUNDS {
            let Some(event) = events.pop_front() else { break };
            for step in self.handle(now, event) {
                match step {
                    Step::Command(command) => commands.push(command),
                    Step::Publish { record, expected } => {
                        let replaced = at.replace(&record, expected);
                        if let Some(mut snapshot) = at.read_unless(self.version()) {
                            share(&mut snapshot.record.keys, &record.keys);
                            events.push_back(match replaced {
                                Replaced::Yes => Event::Published(snapshot),
                                Replaced::Refused => Event::Refused(snapshot),
                            });
                        }
                    }
                }
            }
        }
        commands
    }
}

/// Most rounds of commands and events that one event may cause.
const MOST_ROUNDS: usize = 32;
