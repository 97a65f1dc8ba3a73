//! What happens in a history, and when, as far as it does not follow from something else.

use std::time::Duration;

use validate_jwt::filter::{CalloutId, RequestId};
use validate_jwt::keys::{FetchStep, Response};

use super::World;
use crate::chance::Chance;
use crate::oracle::SLACK;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Tick {
        vm: usize,
        timer: u64,
    },
    Delivery {
        vm: usize,
        life: u64,
        callout: CalloutId,
        provider: usize,
        step: FetchStep,
        response: Response,
    },
    Ask,
    Leave {
        vm: usize,
        id: RequestId,
    },
    Rotate,
    ProviderFault,
    Die,
    Restart {
        vm: usize,
    },
    Reconfigure,
    Jump,
    Calm,
    Warm,
    Prove,
    Quiet,
    End,
}

impl World {
    /// Plans what does not follow from anything else.
    pub(super) fn schedule(&mut self) {
        let (end, may) = (self.plan.faults_end, self.plan.may);
        let somewhere = |chance: &mut Chance| chance.between(Duration::ZERO, end);
        let asks = 20 + self.chance.below(60);
        for _ in 0..asks {
            let when = somewhere(&mut self.chance);
            self.at(when, Event::Ask);
        }
        // Many ask at once, and many at the beginning.
        let rush = if self.chance.percent(30) { somewhere(&mut self.chance) } else { Duration::ZERO };
        for _ in 0..self.chance.below(30) {
            let when = rush + self.chance.between(Duration::ZERO, Duration::from_secs(3));
            self.at(when, Event::Ask);
        }
        for (percent, most, event) in [
            (may.rotations, 4, Event::Rotate),
            (may.illnesses, 4, Event::ProviderFault),
            (may.deaths, 3, Event::Die),
            (may.reconfigurations, 3, Event::Reconfigure),
            (may.jumps, 2, Event::Jump),
        ] {
            if percent > 0 {
                for _ in 0..=self.chance.below(most) {
                    let when = somewhere(&mut self.chance);
                    self.at(when, event.clone());
                }
            }
        }
        self.at(end, Event::Calm);
        let times = self.plan.times;
        let settled =
            end + times.retry_max * 12 / 10 + times.lease() * 2 + times.unknown_kid_interval + SLACK;
        self.at(settled, Event::Warm);
        let warm = settled + SLACK;
        self.at(warm, Event::Prove);
        let answered = warm + times.max_wait + SLACK;
        self.at(answered, Event::Quiet);
        self.at(answered + QUIET, Event::End);
    }
}

/// How long nothing happens at the end.
const QUIET: Duration = Duration::from_secs(5);
