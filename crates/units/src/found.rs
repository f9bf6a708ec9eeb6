//! What of units can be found: all that ever were, with what they are now; agencies; the pages of this room.

use crate::{Succession, Unit, about, home, store};
use ::store::{ReadTx, Result};
use async_trait::async_trait;
use kernel::{Day, Phrase, UnitId, text};
use std::collections::HashMap;
use web::{
    Site,
    search::{Both, Entry, Source, fixed},
};

/// Pages of this room that stand by themselves.
const PAGES: [(&str, &str); 3] =
    [("/don-vi", "units-title"), ("/co-quan", "units-agencies-title"), ("/lich-lam-viec", "calendar-title")];

pub(crate) struct Units;

#[async_trait]
impl Source for Units {
    async fn version(&self, _: &Site, tx: &mut ReadTx) -> Result<String> {
        Ok(store::changes(tx).await?.to_string())
    }

    async fn entries(&self, site: &Site, tx: &mut ReadTx) -> Result<Vec<Entry>> {
        let today = site.clock.today();
        let units = store::all(tx).await?;
        let history = store::history(tx).await?;
        let known: HashMap<UnitId, &Unit> = units.iter().map(|u| (u.id, u)).collect();
        let mut entries: Vec<Entry> = units.iter().map(|unit| entry(unit, &known, &history, today)).collect();
        for agency in store::agencies(tx).await? {
            entries.push(Entry {
                group: "agencies",
                title: Both::new(agency.name_vi.clone(), agency.name_en.clone()),
                names: vec![agency.code.clone()],
                href: format!("/co-quan#a{}", agency.id),
                own: true,
                ended: agency.valid_to.is_some_and(|to| to < today),
                note: agency.valid_to.filter(|to| *to < today).map(until),
                order: text::order_key(&agency.name_vi),
                ..Entry::default()
            });
        }
        entries.extend(fixed(&PAGES));
        Ok(entries)
    }
}

fn until(day: Day) -> Phrase {
    Phrase::new("search-ended").with("day", day)
}

/// The units above a unit, nearest first.
fn above<'a>(unit: &Unit, known: &HashMap<UnitId, &'a Unit>) -> Vec<&'a Unit> {
    let (mut above, mut at) = (Vec::new(), unit.parent);
    while let Some(parent) = at.and_then(|id| known.get(&id)).filter(|_| above.len() < 5) {
        above.push(*parent);
        at = parent.parent;
    }
    above
}

/// A unit as it is found: communes lead to their verdicts, all others to where they stand.
fn entry(unit: &Unit, known: &HashMap<UnitId, &Unit>, history: &Succession, today: Day) -> Entry {
    let above = above(unit, known);
    let ended = unit.valid_to.is_some_and(|to| to < today);
    let later = |id: UnitId| history.successors(id, today).into_iter().filter_map(|(id, _)| known.get(&id));
    let top = above.last().copied().unwrap_or(unit);
    let is_home = |unit: &Unit| unit.code == home().province_code;
    // What went into this installation's province is its own.
    let own = is_home(top) || later(top.id).any(|unit| is_home(unit));
    let now: Vec<&str> = later(unit.id).filter(|to| to.id != unit.id).map(|to| to.name.as_str()).collect();
    let note = unit.valid_to.filter(|_| ended).map(|to| match now.is_empty() {
        true => until(to),
        false => Phrase::new("search-now").with("names", now.join(", ")),
    });
    let level = ["province", "district", "commune"].iter().position(|l| *l == unit.level).unwrap_or(3);
    let names: Vec<&str> = above.iter().map(|u| u.name.as_str()).collect();
    Entry {
        group: "units",
        title: Both::name(unit.name.as_str()),
        names: vec![store::short_name(&unit.name).to_owned(), unit.code.clone()],
        place: Both::name(names.join(", ")),
        note,
        href: about::href(unit),
        own,
        ended,
        order: format!("{level}{}", text::order_key(store::short_name(&unit.name))),
    }
}
