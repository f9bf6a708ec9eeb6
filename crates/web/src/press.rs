//! Papers take a processor's while: one is made at a time, beside the threads that answer; a few wait their turn, the rest
//! are asked to come again. What was made is kept as long as the store holds what it was made from.

use crate::{Ctx, Failure, Outcome, kept::Kept};
use axum::{http::StatusCode, response::Response};
use kernel::{Phrase, Problem};
use std::sync::Arc;
use store::Version;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Papers that may wait for the one being made.
const WAITING: usize = 4;

/// The press of a site.
pub(crate) struct Press {
    turn: Arc<Semaphore>,
    places: Arc<Semaphore>,
    kept: Kept,
}

impl Default for Press {
    fn default() -> Press {
        let kept = Kept::default();
        Press { turn: Arc::new(Semaphore::new(1)), places: Arc::new(Semaphore::new(WAITING + 1)), kept }
    }
}

impl Press {
    /// A place, and the turn when it comes; 503 where too many wait already.
    async fn turn(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), Failure> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.turn.clone().acquire_owned().await.map_err(|e| Failure::Internal(e.to_string()))?;
        Ok((place, turn))
    }
}

fn busy() -> Problem {
    let status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
    Problem { phrase: Phrase::new("problem-press-busy"), place: None, status }
}

impl Ctx {
    /// The name under which a paper is kept: it says its day, and where the site was reached.
    fn paper_key(&self) -> String {
        format!("{} {} {}", self.kept_key(), self.origin(), self.site.clock.today())
    }

    /// This paper as it was made before at the same version of the store, on the same day.
    pub fn paper_kept(&self, version: &Version) -> Option<Response> {
        let paper = self.site.templates.press.kept.get(version, &self.paper_key())?;
        Some(self.send(&paper, true))
    }

    /// A paper made by `work` on a thread of its own when its turn comes; 503 where too many wait already.
    pub async fn paper(
        &self,
        version: &Version,
        kind: &'static str,
        work: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static,
    ) -> Outcome {
        let press = &self.site.templates.press;
        let (place, turn) = press.turn().await?;
        // Whoever was before may have asked for the same.
        if let Some(paper) = self.paper_kept(version) {
            return Ok(paper);
        }
        let body = made(place, turn, work).await?;
        let paper = crate::kept::page(version, kind, body.into());
        if !self.site.templates.is_reloaded() {
            press.kept.put(version, self.paper_key(), paper.clone());
        }
        Ok(self.send(&paper, false))
    }

    /// The same for one reader's eyes: kept for nobody else.
    pub async fn paper_own(
        &self,
        name: &str,
        kind: &'static str,
        work: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static,
    ) -> Outcome {
        let press = &self.site.templates.press;
        let (place, turn) = press.turn().await?;
        let body = made(place, turn, work).await?;
        self.download(name, kind, body)
    }
}

/// Place and turn go with the work: a reader who leaves does not let a second one begin.
async fn made(
    place: OwnedSemaphorePermit,
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let work = move || {
        let _held = (place, turn);
        work()
    };
    Ok(tokio::task::spawn_blocking(work).await.map_err(|e| Failure::Internal(e.to_string()))??)
}
