//! What a merger does to the rooms: each registers an effect, which runs in the merger's own transaction.

use crate::Edge;
use ::store::{Result, WriteTx};
use kernel::{Day, Phrase, UnitId};
use std::{future::Future, pin::Pin};

/// Units that ended and began together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merger {
    /// The first day of the new units.
    pub day: Day,
    pub ended: Vec<UnitId>,
    pub began: Vec<UnitId>,
    pub edges: Vec<Edge>,
}

/// The work of an effect.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<Vec<Phrase>>> + Send + 'a>>;

/// How a room takes part in a merger. It may move what must follow the ground (people's roles, open dossiers), and says
/// what it did. It never moves a figure or a verdict.
#[derive(Clone, Copy)]
pub struct Effect {
    pub room: &'static str,
    pub apply: for<'a> fn(&'a mut WriteTx, &'a Merger) -> Work<'a>,
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Effect").field("room", &self.room).finish_non_exhaustive()
    }
}

/// The effects of all rooms, put into the site by `app`.
#[derive(Clone, Debug, Default)]
pub struct Effects(pub Vec<Effect>);
