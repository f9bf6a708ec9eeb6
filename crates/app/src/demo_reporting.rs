//! The demo's reporting: the year under way, entered, sent, under review and returned as a real one would be in November; and
//! the half-year in which the old communes reported last, of which nothing is entered yet.

use anyhow::{Context as _, Result};
use facts::{
    Law,
    checks::{Doubt, Saying},
};
use kernel::{Actor, AgencyId, Clock, Day, Period, SystemClock, UnitId};
use reporting::{
    actions::{self, Wanted},
    campaigns,
    doubts::{self, Doubts},
    model::{Action, Campaign, Course, Criterion, Terms},
    store as kept,
};
use std::collections::BTreeMap;
use store::{Listing, Store};

/// Sở Nông nghiệp và Môi trường: the department in which the demo's appraiser works.
const DEPARTMENT: AgencyId = AgencyId(101);
/// Sở Nông nghiệp và Phát triển nông thôn, which it was until July 2025.
const OLD_DEPARTMENT: AgencyId = AgencyId(2);
/// The last year in which the communes of before July 2025 report.
const OLD: i16 = 2025;
/// The criteria that it reviews in the demo; the others are anybody's who may.
const ITS_OWN: [&str; 4] = ["1", "2", "3", "4"];

/// Of a hundred communes so many sent their report; of those so many were accepted, so many returned.
const SENT: i64 = 70;
const ACCEPTED: i64 = 30;
const RETURNED: i64 = 6;

/// Makes both campaigns. The demo's own commune is left where its officer goes on entering.
pub async fn make(store: &Store, law: &Law, own: UnitId) -> Result<()> {
    let today = SystemClock.today();
    let year = today.year();
    let half = (Period::Half(OLD, 1), day("2025-06-30")?, OLD_DEPARTMENT);
    let whole = (Period::Year(year), Day::new(year, 12, 31).context("a last day")?, DEPARTMENT);
    let mut last = None;
    for ((period, as_of, department), name) in [(half, "reporting-name-half"), (whole, "reporting-name-proposed")] {
        let of = period.year();
        let Some(set) = law.main_set(rulebook::Level::Commune, of).map(|set| set.set.clone()) else { continue };
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let provinces = units::store::provinces(&mut tx, as_of).await?;
        drop(tx);
        let province = units::home().province(&provinces, None).context("a province")?.id;
        let name = locale::say(locale::Lang::Vi, &kernel::Phrase::new(name).with("year", of.to_string()));
        let new = Campaign {
            id: 0,
            name,
            period,
            province,
            sets: vec![set],
            as_of,
            opens: Day::new(year, 11, 1).unwrap_or(today),
            due: Day::new(year, 12, 15).unwrap_or(today),
            review_due: Day::new(year, 12, 31).unwrap_or(today),
            terms: Terms::default(),
            comments_stop: true,
            doubts_stop: true,
            course: Course::Draft,
            version: 1,
            at: SystemClock.now(),
            closed_with: None,
        };
        last = Some(open(store, law, &new, department).await?);
    }
    match last {
        Some(whole) => walk(store, law, &whole, own).await,
        None => Ok(()),
    }
}

fn day(text: &str) -> Result<Day> {
    text.parse().ok().context("a day")
}

async fn open(store: &Store, law: &Law, new: &Campaign, department: AgencyId) -> Result<Campaign> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let id = campaigns::add(&mut tx, law, new).await?;
    let one = kept::get(&mut tx, id).await?.context("the campaign")?;
    let set = new.sets.first().cloned().unwrap_or_default();
    let theirs = ITS_OWN.map(|no| (Criterion { set: set.clone(), no: no.to_owned() }, department));
    campaigns::assign(&mut tx, &one, &BTreeMap::from(theirs)).await?;
    campaigns::turn(&mut tx, law, &one, Course::Open).await?;
    let one = kept::get(&mut tx, id).await?.context("the campaign")?;
    tx.commit().await?;
    Ok(one)
}

/// Sends, accepts and returns.
async fn walk(store: &Store, law: &Law, one: &Campaign, own: UnitId) -> Result<()> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let all = Listing { per: 20_000, ..Listing::default() };
    let (units, _) = kept::board(&mut tx, one.id, &all, kept::Chosen::default()).await?;
    drop(tx);
    // One reading of the province for all its communes.
    let around = match units.first() {
        Some(first) => doubts::around(store, law, one, first.unit).await?,
        None => None,
    };
    for (at, unit) in units.iter().filter(|unit| unit.unit != own).enumerate() {
        // The same communes whenever a demo is made.
        let lot = (at as i64 * 37) % 100;
        if lot >= SENT || unit.filled < unit.asked {
            continue;
        }
        let mut steps = vec![(Action::Send, String::new())];
        if lot < ACCEPTED {
            steps.push((Action::Accept, String::new()));
        } else if lot < ACCEPTED + RETURNED {
            let why = locale::word(locale::Lang::Vi, "reporting-demo-reason");
            steps.push((Action::Return, why));
        }
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
        doubts::ask(&mut tx, law, one, unit.unit, around.as_ref()).await?;
        let found = Doubts::of(&mut tx, law, one, unit.unit).await?;
        let note = locale::word(locale::Lang::Vi, "reporting-demo-answer");
        let say = |doubt: &Doubt| Saying {
            check: doubt.hit.check.clone(),
            measure: doubt.hit.measure.clone(),
            note: Some(note.clone()),
            useless: None,
        };
        let said: Vec<Saying> = found.all.iter().map(say).collect();
        doubts::answer(&mut tx, law, one, unit.unit, &said).await?;
        for (action, reason) in steps {
            let wanted = Wanted { action, criteria: Vec::new(), reason };
            actions::act(&mut tx, law, one, unit.unit, &wanted).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
