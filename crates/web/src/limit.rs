//! How often one address may ask the API: a bucket each, refilled steadily, said in the headers of every answer
//! (`RateLimit` and `RateLimit-Policy` of the IETF's draft).

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock as _, Reference as _},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use kernel::{Clock, Phrase, Problem};
use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

/// Addresses whose buckets are remembered; beyond, full ones are forgotten.
const MOST: usize = 20_000;

/// The site's clock as the limiter reads it.
#[derive(Clone)]
struct SiteClock(Arc<dyn Clock>);

impl governor::clock::Clock for SiteClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_micros(u64::try_from(self.0.now().0).unwrap_or(0)))
    }
}

type Buckets = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, SiteClock, StateInformationMiddleware>;

/// The buckets of a site.
pub(crate) struct Limit {
    buckets: Buckets,
    clock: SiteClock,
    per_minute: u32,
}

/// What is left in a bucket, and in how many seconds it is full again.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    per_minute: u32,
    requests: u32,
    seconds: u64,
}

impl Limit {
    pub fn new(per_minute: NonZeroU32, clock: Arc<dyn Clock>) -> Limit {
        let clock = SiteClock(clock);
        let buckets = RateLimiter::hashmap_with_clock(Quota::per_minute(per_minute), clock.clone());
        Limit { buckets: buckets.with_middleware(), clock, per_minute: per_minute.get() }
    }

    /// Takes one from the bucket of whoever asks; nothing for this machine itself, which no proxy asks for. Refused with how
    /// long to wait where it is empty.
    pub fn take(&self, asks: Option<IpAddr>) -> Result<Option<Left>, (Problem, Left, u64)> {
        let Some(asks) = asks else { return Ok(None) };
        if self.buckets.len() > MOST {
            self.buckets.retain_recent();
        }
        let left = |requests: u32| {
            let taken = u64::from(self.per_minute.saturating_sub(requests));
            Left { per_minute: self.per_minute, requests, seconds: (taken * 60).div_ceil(u64::from(self.per_minute)) }
        };
        match self.buckets.check_key(&asks) {
            Ok(state) => Ok(Some(left(state.remaining_burst_capacity()))),
            Err(until) => {
                let wait = self.wait(&until);
                let phrase = Phrase::new("problem-too-many").with("seconds", wait as i64);
                Err((Problem { phrase, place: None, status: 429 }, left(0), wait))
            }
        }
    }

    fn wait(&self, until: &NotUntil<Nanos>) -> u64 {
        let wait = until.earliest_possible().duration_since(self.clock.now());
        Duration::from(wait).as_millis().div_ceil(1000).max(1) as u64
    }
}

impl Left {
    /// Says it in an answer.
    pub fn say(self, answer: &mut Response) {
        let Left { per_minute, requests, seconds } = self;
        let headers = answer.headers_mut();
        for (name, value) in [
            ("ratelimit-policy", format!("\"minute\";q={per_minute};w=60")),
            ("ratelimit", format!("\"minute\";r={requests};t={seconds}")),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }

    /// Says how long to wait, too.
    pub fn say_wait(self, answer: &mut Response, seconds: u64) {
        self.say(answer);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
