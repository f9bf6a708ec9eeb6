//! Who is reminded, how often; what a campaign takes over from the one before.

use crate::{COMMUNE, ROOMS, criterion, opened, ready};
use anyhow::{Context, Result, ensure};
use identity::{model::NewGrant, store as people};
use kernel::{Actor, AgencyId, Clock, FixedClock, Moment, PersonId, Role};
use reporting::{campaigns, remind, store as kept};
use std::collections::BTreeMap;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

async fn officer(store: &Store, login: &str) -> Result<PersonId> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let person = people::add(&mut tx, login, "Ma Thị Lan", None, "vi", false).await?;
    let (role, unit, from) = (Role::CommuneOfficer, Some(COMMUNE), CLOCK.today());
    people::grant(&mut tx, &NewGrant { person, role, unit, agency: None, criteria: None, from, to: None }).await?;
    tx.commit().await?;
    Ok(person)
}

/// Reminds on a day so many days from the tests' own; how many notices of reporting somebody has then.
async fn reminded(store: &Store, days: i64, person: PersonId) -> Result<i64> {
    let clock = FixedClock(Moment(CLOCK.now().0 + days * 86_400_000_000));
    let mut tx = store.write(&Actor::SYSTEM, &clock).await?;
    ensure!(remind::remind(&mut tx).await?, "a campaign is open");
    let sql = "SELECT COUNT(*) FROM web_matter WHERE person = $1 AND kind = 'reporting'";
    let count = tx.row(sql, args![person.0]).await?.context("a count")?.i64(0)?;
    tx.commit().await?;
    Ok(count)
}

#[test]
fn a_unit_is_reminded_by_rule_and_once_for_each() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let lan = officer(&store, "lan").await?;
        opened(&store, &law, "2024").await?;
        // Open until 15 December; today is 24 November.
        for (days, wanted) in [(0, 1), (1, 1), (14, 2), (15, 2), (18, 3), (21, 4), (22, 5), (30, 5)] {
            let told = reminded(&store, days, lan).await?;
            ensure!(told == wanted, "{days} days on: {told} notices, not {wanted}");
        }
        Ok(())
    });
}

#[test]
fn a_campaign_takes_reviewers_and_officers_over() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let lan = officer(&store, "lan").await?;
        let first = opened(&store, &law, "2024").await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        campaigns::assign(&mut tx, &first, &BTreeMap::from([(criterion("17"), AgencyId(2))])).await?;
        campaigns::charge(&mut tx, &first, COMMUNE, &BTreeMap::from([(criterion("10"), Some(lan))])).await?;
        tx.commit().await?;
        let next = opened(&store, &law, "2024").await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let items = kept::items(&mut tx, next.id, COMMUNE).await?;
        let of = |no: &str| items.iter().find(|item| item.criterion.no == no);
        ensure!(of("17").and_then(|item| item.agency) == Some(AgencyId(2)), "its reviewer");
        ensure!(of("10").and_then(|item| item.officer) == Some(lan), "its officer");
        ensure!(of("1").is_some_and(|item| item.agency.is_none() && item.officer.is_none()), "nobody else's");
        Ok(())
    });
}
