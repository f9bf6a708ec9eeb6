//! What another law would change: every stored verdict of the sets it touches judged again on the figures as they are,
//! and nothing written.

use crate::{
    Law, closed,
    judge::{Judging, Written},
    model::Edition,
    record, rejudge,
};
use kernel::UnitId;
use rulebook::{Library, Overlay, Status};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Query, Result, StoreError};

/// A verdict that would change. Letters as the store keeps them: status, then confidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Would {
    pub set: String,
    pub period: String,
    pub unit: UnitId,
    /// Whether it is the public's verdict; else that of the figures which are worked on.
    pub published: bool,
    #[serde(skip)]
    pub before: Option<String>,
    #[serde(skip)]
    pub after: Option<String>,
}

/// What would change, and of how much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Public verdicts first, then by set, period, unit.
    pub changes: Vec<Would>,
    /// Verdicts that were judged.
    pub judged: usize,
}

impl Trial {
    /// Public verdicts by what they would change from and to. Cost: the changes.
    pub fn kinds(&self) -> BTreeMap<(Option<String>, Option<String>), usize> {
        let mut kinds = BTreeMap::new();
        for one in self.changes.iter().filter(|one| one.published) {
            *kinds.entry((one.before.clone(), one.after.clone())).or_default() += 1;
        }
        kinds
    }
}

/// The status of letters, and whether everything beneath it is verified.
pub fn letters(text: &str) -> Option<(Status, bool)> {
    Some((Status::from_letter(text.chars().next()?)?, text.ends_with('v')))
}

/// With this overlay laid on besides.
pub async fn of_overlay(tx: &mut impl Query, law: &Law, overlay: &Overlay) -> Result<Trial> {
    let library = law.library().with_overlays([overlay.clone()]);
    let library = library.map_err(|e| StoreError::Corrupt(format!("overlay of {}: no {}", e.set, e.no)))?;
    let sets: BTreeSet<String> = overlay.sets().map(str::to_owned).collect();
    of_library(tx, law, library, &sets.into_iter().collect::<Vec<_>>()).await
}

/// With another library, for these sets; closed years are left out, as nothing of them is judged again. Cost: the figures
/// of the years in which the sets judge, and their verdicts.
pub async fn of_library(tx: &mut impl Query, law: &Law, library: Library, sets: &[String]) -> Result<Trial> {
    let tried = law.tried(library);
    let mut trial = Trial::default();
    let mut done = 0;
    loop {
        let (units, _) = rejudge::next(tx, done).await?;
        if units.is_empty() {
            break;
        }
        done += units.len() as i64;
        chunk(tx, &tried, sets, &units, &mut trial).await?;
    }
    trial.changes.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.cmp(b)));
    Ok(trial)
}

async fn chunk(tx: &mut impl Query, tried: &Law, sets: &[String], units: &[UnitId], trial: &mut Trial) -> Result<()> {
    let mut before = rejudge::verdicts(tx, units).await?;
    let places = store::places(1, units.len());
    let sql = format!("SELECT DISTINCT period FROM facts_figure WHERE unit IN ({})", places);
    let mut years = Vec::new();
    for row in tx.rows(&sql, units.iter().map(|&u| u.into()).collect()).await? {
        years.extend(row.text(0)?.parse::<i16>());
    }
    // Verdicts of closed years stay as they are, whatever the law: carried out, nothing of them is written.
    let closed = closed::of(tx, units, &years).await?;
    let stays = |at: &rejudge::At| at.2.parse().is_ok_and(|year| closed.contains(&(UnitId(at.0), year)));
    before.retain(|at, _| sets.contains(&at.1) && !stays(at));
    let judges = |year: i16| tried.library().sets().any(|s| sets.contains(&s.set) && crate::law::applies(s, year));
    years.retain(|&year| judges(year));
    if years.is_empty() {
        return Ok(());
    }
    let known = record::load(tx, units, &years).await?;
    let judging = Judging::read(tx, tried, units, &years).await?.only(sets);
    let written = judging.start(Arc::new(known), record::BOTH).wait().await?;
    let given = written.iter().map(|w: &Written| (w.place(), w.letters()));
    let after: BTreeMap<rejudge::At, String> = given.filter(|(at, _)| !stays(at)).collect();
    trial.judged += after.len();
    let places: BTreeSet<&rejudge::At> = before.keys().chain(after.keys()).collect();
    for at in places {
        let (was, is) = (before.get(at), after.get(at));
        if was != is {
            trial.changes.push(Would {
                set: at.1.clone(),
                period: at.2.clone(),
                unit: UnitId(at.0),
                published: at.3 == Edition::Published.number(),
                before: was.cloned(),
                after: is.cloned(),
            });
        }
    }
    Ok(())
}
