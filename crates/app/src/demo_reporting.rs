//! The demo's reporting: the year under way, entered, sent, under review and returned as a real one would be in November; and
//! its second half, of which nothing is entered yet.

use anyhow::{Context as _, Result};
use facts::Law;
use kernel::{Actor, AgencyId, Clock, Day, Period, SystemClock, UnitId};
use reporting::{
    actions::{self, Wanted},
    campaigns,
    model::{Action, Campaign, Course, Criterion},
    store as kept,
};
use std::collections::BTreeMap;
use store::{Listing, Store};

/// Sở Nông nghiệp và Môi trường: the department in which the demo's appraiser works.
const DEPARTMENT: AgencyId = AgencyId(101);
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
    let Some(set) = law.main_set(rulebook::Level::Commune, year).map(|set| set.set.clone()) else { return Ok(()) };
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let provinces = units::store::provinces(&mut tx, today).await?;
    let province = units::home().province(&provinces, None).context("a province")?.id;
    tx.commit().await?;
    let last = Day::new(year, 12, 31).context("a last day")?;
    let of = |name: String, period| Campaign {
        id: 0,
        name,
        period,
        province,
        sets: vec![set.clone()],
        as_of: last,
        opens: Day::new(year, 11, 1).unwrap_or(today),
        due: Day::new(year, 12, 15).unwrap_or(last),
        review_due: last,
        comments_stop: true,
        course: Course::Draft,
        version: 1,
        at: SystemClock.now(),
    };
    let say =
        |key: &'static str| locale::say(locale::Lang::Vi, &kernel::Phrase::new(key).with("year", year.to_string()));
    open(store, law, &of(say("reporting-name-half"), Period::Half(year, 2))).await?;
    let whole = open(store, law, &of(say("reporting-name-proposed"), Period::Year(year))).await?;
    walk(store, law, &whole, own).await
}

async fn open(store: &Store, law: &Law, new: &Campaign) -> Result<Campaign> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let id = campaigns::add(&mut tx, law, new).await?;
    let one = kept::get(&mut tx, id).await?.context("the campaign")?;
    let set = new.sets.first().cloned().unwrap_or_default();
    let theirs = ITS_OWN.map(|no| (Criterion { set: set.clone(), no: no.to_owned() }, DEPARTMENT));
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
        for (action, reason) in steps {
            let wanted = Wanted { action, criteria: Vec::new(), reason };
            actions::act(&mut tx, law, one, unit.unit, &wanted).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
