//! Reminders: by rule, never twice for one matter. A job of every morning.

use crate::{
    model::{Campaign, Course, State},
    store as kept,
    told::page,
};
use ::store::{Listing, Query, Result, Store, WriteTx, jobs::Registry};
use identity::posts;
use kernel::{Actor, Clock, Day, Phrase, Role, UnitId};
use std::{collections::BTreeMap, sync::Arc};
use web::notices::{self, Kind, Notice, To, tell};

/// The job.
pub const JOB: &str = "reporting.remind";

/// How many days before the last one a unit that has not sent is reminded; 0 on the day itself.
const BEFORE: [i64; 3] = [7, 3, 0];

pub(crate) fn register(registry: &mut Registry) {
    registry.add(JOB, |work| async move { run(&work.store, &work.clock).await.map_err(|error| error.to_string()) });
}

/// Reminds whoever has to be, and comes again in the morning as long as a campaign is open.
pub async fn run(store: &Store, clock: &Arc<dyn Clock>) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
    if remind(&mut tx).await? {
        let next = notices::next_morning(tx.now());
        tx.enqueue_once_at(JOB, next).await?;
    }
    tx.commit().await
}

/// The rule by which a unit is reminded on a day: `open` from the first day on, `late` after the last, else the days that are
/// left; `None` on other days.
fn rule(campaign: &Campaign, due: Day, today: Day) -> Option<String> {
    if today < campaign.opens {
        return None;
    }
    let left = due.epoch_days() - today.epoch_days();
    if left < 0 {
        return Some("late".to_owned());
    }
    // A morning on which nobody ran the job is made up for by the next.
    let reached = BEFORE.into_iter().filter(|before| left <= *before).min();
    Some(reached.map_or_else(|| "open".to_owned(), |before| format!("due-{before}")))
}

/// Tells those who have to send, by the rule of the day; whether any campaign is open. Cost: the units of open campaigns that
/// have not sent, the people of those units, a notice each that was not told before.
pub async fn remind(tx: &mut WriteTx) -> Result<bool> {
    // A calendar that came with a new program moves deadlines, too.
    crate::campaigns::recount(tx).await?;
    let listing = Listing { state: Course::Open.name().to_owned(), per: 100, ..Listing::default() };
    let (open, _) = kept::list(tx, &listing).await?;
    let today = tx.now().day();
    // A campaign after the other: a few are open at once.
    for campaign in &open {
        of_campaign(tx, campaign, today).await?;
    }
    Ok(!open.is_empty())
}

async fn of_campaign(tx: &mut WriteTx, campaign: &Campaign, today: Day) -> Result<()> {
    let mut waiting = BTreeMap::new();
    let all = Listing { per: 20_000, ..Listing::default() };
    let (units, _) = kept::board(tx, campaign.id, &all, kept::Chosen::default()).await?;
    for unit in units.into_iter().filter(|unit| matches!(unit.state, State::Empty | State::Draft | State::Returned)) {
        if let Some(rule) = rule(campaign, unit.due, today) {
            waiting.insert(unit.unit, (unit, rule));
        }
    }
    let units: Vec<UnitId> = waiting.keys().copied().collect();
    let people = posts::in_units(tx, &[Role::CommuneOfficer, Role::CommuneLeader], &units, today).await?;
    let known = told_before(tx, campaign.id).await?;
    for (person, unit) in people {
        let Some((summed, rule)) = waiting.get(&unit) else { continue };
        let key = format!("reporting/{}/{unit}/{rule}/{person}", campaign.id);
        if known.contains(&key) {
            continue;
        }
        let said = if rule == "late" { "notice-reporting-late" } else { "notice-reporting-due" };
        let phrase = Phrase::new(said)
            .with("unit", summed.name.as_str())
            .with("campaign", campaign.name.as_str())
            .with("due", summed.due)
            .with("count", summed.asked - summed.filled);
        let link = page(campaign.id, unit);
        tell(tx, &Notice { to: To::Person(person), kind: Kind::Reporting, key, phrase, link, unit: Some(unit) })
            .await?;
    }
    Ok(())
}

/// The keys of what was told of a campaign. Cost: those rows.
async fn told_before(tx: &mut impl Query, campaign: i64) -> Result<std::collections::HashSet<String>> {
    let (from, to) = (format!("reporting/{campaign}/"), format!("reporting/{campaign}0"));
    let sql = "SELECT key FROM web_matter WHERE key >= $1 AND key < $2";
    tx.rows(sql, ::store::args![from, to]).await?.iter().map(|row| row.text(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_rule() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let campaign = Campaign {
            id: 1,
            name: String::new(),
            period: kernel::Period::Year(2026),
            province: kernel::UnitId(1),
            sets: Vec::new(),
            as_of: day("2026-12-31"),
            opens: day("2026-11-01"),
            due: day("2026-11-30"),
            review_due: day("2026-12-15"),
            terms: crate::model::Terms::default(),
            comments_stop: false,
            doubts_stop: false,
            course: Course::Open,
            version: 1,
            at: kernel::Moment(0),
            closed_with: None,
        };
        for (today, wanted) in [
            ("2026-10-31", None),
            ("2026-11-01", Some("open")),
            ("2026-11-22", Some("open")),
            ("2026-11-23", Some("due-7")),
            ("2026-11-26", Some("due-7")),
            ("2026-11-28", Some("due-3")),
            ("2026-11-30", Some("due-0")),
            ("2026-12-01", Some("late")),
        ] {
            assert_eq!(rule(&campaign, campaign.due, day(today)).as_deref(), wanted, "{today}");
        }
    }
}
