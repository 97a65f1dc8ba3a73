//! What may be answered, from what the world knows: nothing here asks the filter.

use std::time::Duration;

use validate_jwt::filter::Holding;

use crate::caller::Kind;
use crate::plan::Plan;
use crate::provider::{Answers, Moment, Provider};
use crate::vm::Open;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Continued,
    Answered(u16),
}

/// What the oracle knows of the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) now: Moment,
    /// What clocks show, in seconds since the epoch.
    pub(crate) wall: i64,
    /// The last fault that was not a provider's: a VM that died, an answer that was lost, a clock that jumped, and so on.
    pub(crate) disturbed: Option<Moment>,
    /// The last jump of the clock.
    pub(crate) jumped: Option<Moment>,
    /// The last change of the configuration.
    pub(crate) reconfigured: Option<Moment>,
    /// When this VM was started.
    pub(crate) started: Moment,
    /// How many requests it holds.
    pub(crate) held: usize,
}

/// Why an end was not allowed.
pub(crate) fn judge(
    plan: &Plan,
    providers: &[Provider],
    open: &Open,
    end: End,
    at: Moments,
) -> Result<(), String> {
    waited(plan, open, at)?;
    match end {
        End::Continued => continued(plan, providers, open, at),
        End::Answered(status @ (401 | 503)) => answered(plan, providers, open, status, at),
        End::Answered(status) => Err(format!("status {status}")),
    }
    .map_err(|fault| format!("{fault}: {end:?} {:?} asked at {:?}, {at:?}", open.token, open.asked))
}

/// Nobody waits for longer than `max_wait`.
fn waited(plan: &Plan, open: &Open, at: Moments) -> Result<(), String> {
    let waited = at.now.saturating_sub(open.asked);
    let most = match plan.profile.holding {
        Holding::Possible => plan.times.max_wait + TICK,
        Holding::Refused => Duration::ZERO,
    };
    let clock_is_right = at.jumped.is_none_or(|jump| jump < open.asked);
    if waited > most && clock_is_right { Err(format!("waited for {waited:?}")) } else { Ok(()) }
}

fn continued(plan: &Plan, providers: &[Provider], open: &Open, at: Moments) -> Result<(), String> {
    let token = &open.token;
    if token.kind != Kind::Good {
        return Err("let in".to_owned());
    }
    if token.expires <= at.wall {
        return Err("let in after its time".to_owned());
    }
    let keys = &providers[token.provider].keys;
    let key = keys.iter().find(|key| key.id == token.key_id && key.pair == token.pair);
    let carried = key.and_then(|key| key.carried).ok_or("let in with a key that no answer carried")?;
    // A key is not used for longer than it is kept, and then not without a fetch.
    let longest = plan.times.key_ttl + plan.times.max_stale + Duration::from_secs(10) + SLACK;
    if at.now > carried + longest && at.jumped.is_none() {
        return Err("let in with a key that was dropped long ago".to_owned());
    }
    Ok(())
}

fn answered(
    plan: &Plan,
    providers: &[Provider],
    open: &Open,
    status: u16,
    at: Moments,
) -> Result<(), String> {
    let token = &open.token;
    let times = &plan.times;
    let all_pinned = plan.providers.iter().all(|provider| provider.pinned == crate::plan::Pinned::Yes);
    let cheap = match token.kind {
        Kind::OtherAudience | Kind::Expired | Kind::Unsigned | Kind::Junk => true,
        Kind::OtherIssuer => all_pinned,
        _ => false,
    };
    if cheap && (status != 401 || open.asked != at.now) {
        return Err("junk waits for nothing and is refused".to_owned());
    }
    if token.kind != Kind::Good || token.expires <= at.wall {
        return Ok(());
    }
    let provider = &providers[token.provider];
    let quiet_since = |window: Duration| {
        at.disturbed.is_none_or(|disturbed| disturbed + window < open.asked)
            && at.started + window < open.asked
    };
    let healthy_for =
        |window: Duration| provider.healthy_since.is_some_and(|since| since + window < open.asked);
    let attempt = times.lease() * 2 + times.retry_max * 12 / 10 + SLACK;
    // What the configuration before held was settled.
    if at.reconfigured.is_some_and(|when| when >= open.asked) {
        return Ok(());
    }
    let window = times.unknown_kid_interval + attempt;
    let key = provider.keys.iter().find(|key| key.id == token.key_id);
    let published = key.is_some_and(|key| key.until.is_none() && key.from + window < open.asked);
    if status == 401 {
        // What an answer carried is known for `key_ttl`, whatever later answers carry.
        let carried = key.and_then(|key| key.carried).is_some_and(|carried| {
            let known = carried + times.timeout + SLACK;
            let quiet = at.disturbed.is_none_or(|disturbed| disturbed + times.lease() < carried)
                && at.started < carried
                && at.reconfigured.is_none_or(|when| when < carried);
            quiet && known < open.asked && at.now + SLACK < carried + times.key_ttl
        });
        if carried {
            return Err("a key that was fetched is not known any more".to_owned());
        }
        let whole = matches!(provider.answers, Answers::Whole { since } if since + window < open.asked);
        if whole && published && healthy_for(window) && quiet_since(window) {
            return Err("a good token was called bad".to_owned());
        }
        return Ok(());
    }
    let full = at.held >= HELD_REQUESTS;
    // A host that holds nobody tells the first one that brings a new key to come again.
    let holds = plan.profile.holding == Holding::Possible;
    if holds && healthy_for(attempt) && quiet_since(attempt) && published && !full {
        return Err("keys were there to be had".to_owned());
    }
    // A provider that comes up in time after the proxy costs nobody a 503.
    let margin = times.retry_initial * 12 / 10 + times.timeout * 2 + SLACK;
    let from_the_start = holds && at.disturbed.is_none() && at.started == Moment::ZERO;
    let in_time = provider
        .healthy_since
        .is_some_and(|since| since + margin < times.max_wait && since + margin < open.asked + times.max_wait);
    if from_the_start && in_time && provider.faults == 0 && !full {
        return Err("the provider was there in time".to_owned());
    }
    Ok(())
}

/// `limits.held_requests` of every configuration.
pub(crate) const HELD_REQUESTS: usize = 20;

/// How late a tick may be.
const TICK: Duration = Duration::from_millis(100);

/// What answers, ticks and looks at shared data take together, generously.
pub(crate) const SLACK: Duration = Duration::from_millis(2500);
