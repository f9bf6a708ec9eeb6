//! Who is reminded, how often; what a campaign takes over from the one before.

use crate::{COMMUNE, OTHER, PROVINCE, ROOMS, criterion, given, opened, ready, somebody};
use anyhow::{Context, Result, ensure};
use facts::Law;
use identity::{model::NewGrant, store as people};
use kernel::{Actor, AgencyId, Clock, CriterionRef, FixedClock, Moment, PersonId, Role, UnitId};
use reporting::{
    actions::{self, Wanted},
    campaigns, entry,
    model::{Action, Campaign},
    remind, store as kept,
};
use std::collections::BTreeMap;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

async fn officer(store: &Store, login: &str) -> Result<PersonId> {
    holder(store, login, Role::CommuneOfficer, Some(COMMUNE), None, None).await
}

/// Somebody with a role in a unit or an agency, of all criteria or of this one.
async fn holder(
    store: &Store,
    login: &str,
    role: Role,
    unit: Option<UnitId>,
    agency: Option<AgencyId>,
    no: Option<&str>,
) -> Result<PersonId> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let person = people::add(&mut tx, login, "Ma Thị Lan", None, "vi", false).await?;
    let criteria = no.map(|no| vec![CriterionRef { set: crate::SET.to_owned(), no: no.to_owned() }]);
    let from = CLOCK.today();
    people::grant(&mut tx, &NewGrant { person, role, unit, agency, criteria, from, to: None }).await?;
    tx.commit().await?;
    Ok(person)
}

/// Reminds on a day so many days from the tests' own.
async fn morning(store: &Store, days: i64) -> Result<()> {
    let clock = FixedClock(Moment(CLOCK.now().0 + days * 86_400_000_000));
    let mut tx = store.write(&Actor::SYSTEM, &clock).await?;
    ensure!(remind::remind(&mut tx).await?, "a campaign is open");
    Ok(tx.commit().await?)
}

/// Reminds on a day so many days from the tests' own; how many notices of reporting somebody has then.
async fn reminded(store: &Store, days: i64, person: PersonId) -> Result<i64> {
    morning(store, days).await?;
    let sql = "SELECT COUNT(*) FROM web_matter WHERE person = $1 AND kind = 'reporting'";
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.row(sql, args![person.0]).await?.context("a count")?.i64(0)?)
}

/// What somebody was told of what waits for their review, in order, with the one page it leads to.
async fn told(store: &Store, one: &Campaign, person: PersonId) -> Result<Vec<String>> {
    let sql = "SELECT text_vi, kind, unit FROM web_matter WHERE person = $1 AND link = $2 ORDER BY id";
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let rows = tx.rows(sql, args![person.0, format!("/bao-cao/{}/cho-duyet", one.id)]).await?;
    let mut texts = Vec::new();
    for row in &rows {
        ensure!(row.text(1)? == "reporting" && row.opt_i64(2)?.is_none(), "of the kind that each person chooses for");
        texts.push(row.text(0)?);
    }
    Ok(texts)
}

/// Enters a value of a criterion and sends it.
async fn sent(store: &Store, law: &Law, one: &Campaign, unit: UnitId, no: &str, measure: &str) -> Result<()> {
    let mut tx = store.write(&somebody(Role::CommuneOfficer, 11, unit, None), &CLOCK).await?;
    let saved = entry::save(&mut tx, law, one, unit, &[given(measure, "40", 0)]).await?.context("it is asked")?;
    ensure!(matches!(saved.answers[..], [entry::Answer::Saved]), "{:?}", saved.answers);
    tx.commit().await?;
    act(store, law, one, &somebody(Role::CommuneLeader, 20, unit, None), unit, Action::Send, no).await
}

async fn act(
    store: &Store,
    law: &Law,
    one: &Campaign,
    who: &Actor,
    unit: UnitId,
    action: Action,
    no: &str,
) -> Result<()> {
    let wanted = Wanted { action, criteria: vec![criterion(no)], reason: String::new() };
    let mut tx = store.write(who, &CLOCK).await?;
    actions::act(&mut tx, law, one, unit, &wanted).await?.context("it is asked")?;
    Ok(tx.commit().await?)
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
fn whoever_reviews_is_reminded_once_a_step_of_what_waits_for_them() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let (trade, others) = (AgencyId(8), AgencyId(10));
        let appraiser = async |login: &str, agency, no: Option<&str>| {
            holder(&store, login, Role::Appraiser, None, Some(agency), no).await
        };
        let verifier = async |login: &str, district| {
            holder(&store, login, Role::DistrictVerifier, Some(UnitId(district)), None, None).await
        };
        let (tuan, an, water) = (
            appraiser("tuan", trade, None).await?,
            appraiser("an", others, None).await?,
            appraiser("nuoc", trade, Some("17")).await?,
        );
        let (near, far) = (verifier("gan", 247).await?, verifier("xa", 207).await?);
        let gone = appraiser("nghi", trade, None).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let held = people::held(&mut tx, gone).await?;
        people::end_grant(&mut tx, held[0].id, "nghỉ hưu").await?;
        tx.commit().await?;

        let one = opened(&store, &law, "2024").await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let reviewers = BTreeMap::from([(criterion("10"), trade), (criterion("11"), others), (criterion("17"), trade)]);
        campaigns::assign(&mut tx, &one, &reviewers).await?;
        tx.commit().await?;
        // To be reviewed until 31 December, which is 37 days on: a week before it nothing waits.
        morning(&store, 30).await?;
        for who in [tuan, an, water, near, far, gone] {
            ensure!(told(&store, &one, who).await?.is_empty(), "nothing waits");
        }
        sent(&store, &law, &one, COMMUNE, "10", "income.per_person").await?;
        sent(&store, &law, &one, COMMUNE, "11", "poverty.multidimensional_rate").await?;
        sent(&store, &law, &one, OTHER, "10", "income.per_person").await?;

        let count = async |who| -> Result<usize> { Ok(told(&store, &one, who).await?.len()) };
        // While there is time nobody is; then at each step once, one notice whatever waits.
        for (days, wanted) in [(20, 0), (29, 0), (31, 1), (31, 1), (33, 1), (34, 2), (36, 2)] {
            morning(&store, days).await?;
            for who in [tuan, an, near] {
                ensure!(count(who).await? == wanted, "{days} days on: {} notices, not {wanted}", count(who).await?);
            }
        }
        for (who, said) in
            [(tuan, "2 tiêu chí của 2 đơn vị"), (an, "1 tiêu chí của 1 đơn vị"), (near, "3 tiêu chí của 2 đơn vị")]
        {
            let told = told(&store, &one, who).await?;
            ensure!(told.iter().all(|text| text.contains(said) && text.contains("31/12/2026")), "{told:?}");
        }
        // What was reviewed reminds nobody; what was not does, on the last day and once when it is over.
        let reviewer = somebody(Role::Appraiser, an.0, PROVINCE, None);
        act(&store, &law, &one, &reviewer, COMMUNE, Action::Accept, "11").await?;
        for (days, wanted) in [(37, 3), (38, 4), (39, 4), (60, 4)] {
            morning(&store, days).await?;
            for (who, wanted) in [(tuan, wanted), (near, wanted), (an, 2)] {
                ensure!(count(who).await? == wanted, "{days} days on: {} notices, not {wanted}", count(who).await?);
            }
        }
        let late = told(&store, &one, near).await?.pop().context("the last one")?;
        ensure!(late.contains("quá hạn") && late.contains("2 tiêu chí của 2 đơn vị"), "{late}");
        // Nothing of theirs waits: another criterion, another district, a role that ended.
        for who in [water, far, gone] {
            ensure!(count(who).await? == 0, "{:?}", told(&store, &one, who).await?);
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
