//! What a change of units, of the days they work on, or of an agency does to the rooms: each registers an effect, which runs in the transaction of the change.

use crate::{Agency, Edge, Unit};
use ::store::{Result, WriteTx};
use kernel::{Day, Phrase, UnitId};
use std::{future::Future, pin::Pin, sync::Arc};

/// Units that ended and began together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merger {
    /// The first day of the new units.
    pub day: Day,
    pub ended: Vec<UnitId>,
    pub began: Vec<UnitId>,
    pub edges: Vec<Edge>,
}

/// What was done to units.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Merged(Merger),
    /// What was entered wrongly stands right now.
    Corrected {
        before: Box<Unit>,
        after: Box<Unit>,
    },
    /// The law reads something else of a unit, and of all under it that have no value of their own.
    Attribute {
        unit: UnitId,
    },
    /// Other days are worked than before: terms of working days lead elsewhere.
    Calendar,
    /// An agency is about to be edited.
    Agency(Box<AgencyEdit>),
}

/// What of an agency bears on how far roles in it reach. Asked before anything is written: whoever must not let it pass answers
/// `StoreError::Refused` with a problem, which its editor is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct AgencyEdit {
    pub before: Agency,
    /// The units whose agency it will be.
    pub units: Vec<Unit>,
    /// Its last day, as it will be.
    pub valid_to: Option<Day>,
}

impl Change {
    /// The units that the law may judge otherwise than before, they and all under them. A new name, code or point changes
    /// no verdict.
    pub fn judged_otherwise(&self) -> Vec<UnitId> {
        match self {
            Change::Merged(merger) => merger.ended.clone(),
            Change::Attribute { unit } => vec![*unit],
            Change::Calendar | Change::Agency(_) => Vec::new(),
            Change::Corrected { before, after } => {
                let read = |u: &Unit| (u.kind.clone(), u.level.clone(), u.parent, u.valid_from, u.valid_to);
                if read(before) == read(after) { Vec::new() } else { vec![after.id] }
            }
        }
    }
}

/// The work of an effect.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<Vec<Phrase>>> + Send + 'a>>;

type Apply = dyn for<'a> Fn(&'a mut WriteTx, &'a Change) -> Work<'a> + Send + Sync;

/// How a room takes part in a change of units. It may move what must follow the ground (people's roles, open dossiers) and
/// judge again, and says what it did. It never moves a figure.
#[derive(Clone)]
pub struct Effect {
    pub room: &'static str,
    apply: Arc<Apply>,
}

impl Effect {
    pub fn new(
        room: &'static str,
        apply: impl for<'a> Fn(&'a mut WriteTx, &'a Change) -> Work<'a> + Send + Sync + 'static,
    ) -> Effect {
        Effect { room, apply: Arc::new(apply) }
    }
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Effect").field("room", &self.room).finish_non_exhaustive()
    }
}

/// The effects of all rooms, put into the site by `app`.
#[derive(Clone, Debug, Default)]
pub struct Effects(pub Vec<Effect>);

/// Lets every room do its part; what they say.
pub(crate) async fn follow(tx: &mut WriteTx, effects: &[Effect], change: &Change) -> Result<Vec<Phrase>> {
    let mut said = Vec::new();
    for effect in effects {
        said.extend((effect.apply)(tx, change).await?);
    }
    Ok(said)
}
