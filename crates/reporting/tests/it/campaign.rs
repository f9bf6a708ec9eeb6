//! A year: entered, sent, reviewed, confirmed, locked, opened again.

use crate::{
    COMMUNE, OTHER, PROVINCE, ROOMS, criterion, given, library_with, opened, ready, ready_with, saved, somebody,
};
use anyhow::{Context, Result, ensure};
use facts::{
    Law,
    figure::{self, Edit},
};
use kernel::{Actor, AgencyId, PersonId, Role, Scope, UnitId};
use reporting::{
    actions::{self, Acted, Wanted},
    campaigns, comments,
    entry::{self, Answer, Given, Saved},
    model::{Action, Campaign, Course, State},
    store as kept,
};
use rulebook::{Origin, Value};
use std::collections::BTreeMap;
use store::{Listing, Store, StoreError};
use testkit::{CLOCK, each_engine};

const INCOME: &str = "income.per_person";

pub async fn acted(
    store: &Store,
    law: &Law,
    who: &Actor,
    one: &Campaign,
    action: Action,
    no: &str,
    reason: &str,
) -> Result<Acted, StoreError> {
    let wanted = Wanted { action, criteria: vec![criterion(no)], reason: reason.to_owned() };
    let mut tx = store.write(who, &CLOCK).await?;
    let acted = actions::act(&mut tx, law, one, COMMUNE, &wanted).await?.expect("the commune is asked");
    tx.commit().await?;
    Ok(acted)
}

/// The key with which the store refused.
pub fn refused<T>(outcome: Result<T, StoreError>) -> String {
    match outcome {
        Ok(_) => "nothing was refused".to_owned(),
        Err(StoreError::Refused(problem)) => problem.phrase.key.to_owned(),
        Err(other) => other.to_string(),
    }
}

fn wrong(saved: &Saved) -> &str {
    match &saved.answers[0] {
        Answer::Wrong(list) => list[0].1.key,
        Answer::Saved => "saved",
        Answer::Nothing => "nothing",
        Answer::Changed => "changed",
    }
}

pub fn version(law: &Law, saved: &Saved, measure: &str) -> i64 {
    let field = law.measure_id(measure).and_then(|id| saved.form.field(id));
    field.and_then(|(_, field)| field.declared.as_ref()).map_or(0, |said| said.version)
}

pub fn officer(person: i64) -> Actor {
    somebody(Role::CommuneOfficer, person, COMMUNE, None)
}

#[test]
fn values_are_saved_each_for_itself() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let (first, second) = (officer(11), officer(12));
        let saved_first =
            saved(&store, &law, &first, &one, &[given(INCOME, "45,5", 0), given("households", "x", 0)]).await?;
        ensure!(matches!(saved_first.answers[..], [Answer::Saved, Answer::Wrong(_)]), "{:?}", saved_first.answers);
        let seen = version(&law, &saved_first, INCOME);
        ensure!(seen > 0, "it has a version");
        let item = saved_first.items.iter().find(|item| item.criterion.no == "10").context("criterion 10")?;
        ensure!((item.state, item.filled) == (State::Draft, item.asked), "{item:?}");
        // Somebody who saw nothing there is told what stands there now, and what they send is not written.
        let late = saved(&store, &law, &second, &one, &[given(INCOME, "39", 0)]).await?;
        ensure!(wrong(&late) == "changed" && version(&law, &late, INCOME) == seen, "{:?}", late.answers);
        // Who saw it writes over it; the same said again is no new line.
        let now = saved(&store, &law, &second, &one, &[given(INCOME, "39", seen)]).await?;
        let again = saved(&store, &law, &second, &one, &[given(INCOME, "39", version(&law, &now, INCOME))]).await;
        // A save that changes nothing has nothing to be kept.
        ensure!(again.is_ok(), "{:?}", again.err());
        ensure!(version(&law, &again?, INCOME) == version(&law, &now, INCOME), "one line");
        // What an officer of other criteria sends is refused at its field, and so is what the campaign does not ask for.
        let water = somebody(Role::CommuneOfficer, 13, COMMUNE, Some(&["17"]));
        let foreign = saved(&store, &law, &water, &one, &[given(INCOME, "50", version(&law, &now, INCOME))]).await?;
        ensure!(wrong(&foreign) == "record-not-in-charge", "{:?}", foreign.answers);
        let unknown = saved(&store, &law, &first, &one, &[given("no.such_measure", "1", 0)]).await?;
        ensure!(wrong(&unknown) == "reporting-not-asked", "{:?}", unknown.answers);
        // Of another commune nothing is seen at all.
        let stranger = somebody(Role::CommuneOfficer, 14, OTHER, None);
        let mut tx = store.write(&stranger, &CLOCK).await?;
        ensure!(entry::save(&mut tx, &law, &one, COMMUNE, &[given(INCOME, "1", 0)]).await?.is_none(), "out of sight");
        Ok(())
    });
}

fn computed_alone(text: String) -> String {
    let Some(at) = text.find("id = \"poverty.multidimensional_rate\"") else { return text };
    let (before, after) = text.split_at(at);
    format!("{before}{}", after.replacen("\"computed\", \"declared\"", "\"computed\"", 1))
}

#[test]
fn a_save_answers_with_the_form_that_a_reader_gets_afterwards() {
    each_engine(ROOMS, |store| async move {
        // Where nobody declares the rate itself, what it is computed from is asked for.
        let law = ready_with(&store, library_with(computed_alone)).await?;
        let one = opened(&store, &law, "2024").await?;
        // What others are computed from comes together, then by itself with another value; `saved` compares.
        let (first, then) = ([("poor_households", "30"), ("households", "400")], [("households", "300")]);
        for (all, seen) in [(&first[..], 0), (&then[..], 1)] {
            let mut tx = store.read(&officer(11).scope()).await?;
            let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
            let form = reporting::form::load(&mut tx, &law, &one, &place).await?;
            drop(tx);
            let version = |code: &str| {
                let field = law.measure_id(code).and_then(|id| form.field(id));
                field.and_then(|(_, field)| field.declared.as_ref()).map_or(0, |said| said.version)
            };
            let all: Vec<Given> = all.iter().map(|(code, value)| given(code, value, version(code))).collect();
            ensure!(all.iter().all(|one| (one.seen > 0) == (seen > 0)), "{all:?}");
            let answered = saved(&store, &law, &officer(11), &one, &all).await?;
            ensure!(answered.answers.iter().all(|answer| matches!(answer, Answer::Saved)), "{:?}", answered.answers);
            let share = answered.form.sheets().flat_map(|(_, sheet)| &sheet.fields).find(|field| {
                field.about.computed.as_ref().is_some_and(|formula| formula.of.iter().any(|of| of == "poor_households"))
            });
            let share = share.and_then(|field| field.read.as_ref()).map(|(origin, value)| (*origin, value.shown()));
            let wanted = if seen == 0 { "7.5" } else { "10" };
            ensure!(share == Some((Origin::Computed, wanted.parse().ok())), "{share:?}");
        }
        Ok(())
    });
}

#[test]
fn what_does_not_apply_needs_a_reason() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let set = law.library().set(crate::SET).context("the set")?;
        let mut conditional = None;
        set.walk(|_, i| {
            if i.applies_if.is_some() && i.applies_regions.is_none() && i.measure.is_some() {
                conditional = conditional.take().or(i.measure.clone());
            }
        });
        let measure = conditional.context("an indicator with a condition")?;
        let without = saved(&store, &law, &officer(11), &one, &[given(&measure, "n/a", 0)]).await?;
        ensure!(wrong(&without) == "reporting-not-applicable-why", "{:?}", without.answers);
        let with = Given { note: Some("Xã không có chợ trong quy hoạch".into()), ..given(&measure, "n/a", 0) };
        let with = saved(&store, &law, &officer(11), &one, &[with]).await?;
        ensure!(wrong(&with) == "saved", "{:?}", with.answers);
        let id = law.measure_id(&measure).context("its number")?;
        let said = with.form.field(id).and_then(|(_, field)| field.declared.clone()).context("it is said")?;
        ensure!(said.value == Value::NotApplicable && said.note.starts_with("Xã không"), "{said:?}");
        Ok(())
    });
}

#[test]
fn a_criterion_is_sent_reviewed_confirmed_locked_and_opened_again() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let (first, leader) = (officer(11), somebody(Role::CommuneLeader, 20, COMMUNE, None));
        let reviewer = somebody(Role::Appraiser, 30, PROVINCE, Some(&["10"]));
        let office = Actor { role: Role::Coordination, person: Some(PersonId(40)), scope: Scope::WHOLE };
        // What is not complete is not sent.
        let empty = acted(&store, &law, &leader, &one, Action::Send, "10", "").await;
        ensure!(refused(empty) == "reporting-values-missing");
        let entered = saved(&store, &law, &first, &one, &[given(INCOME, "45,5", 0)]).await?;
        let seen = version(&law, &entered, INCOME);
        ensure!(refused(acted(&store, &law, &first, &one, Action::Send, "10", "").await) == "reporting-not-yours");
        let sent = acted(&store, &law, &leader, &one, Action::Send, "10", "").await?;
        ensure!(sent.done == [(criterion("10"), State::Sent)] && sent.unit.waiting == 1, "{sent:?}");
        // While it is reviewed the commune does not change it, by this door or by another.
        let closed = saved(&store, &law, &first, &one, &[given(INCOME, "50", seen)]).await?;
        ensure!(wrong(&closed) == "reporting-not-open-now", "{:?}", closed.answers);
        ensure!(refused(edited(&store, &law, &first, "50", seen).await) == "record-held");
        // Nobody reviews their own entry, nor what is not in their charge, nor gives back without saying why.
        let own = somebody(Role::Appraiser, 11, PROVINCE, None);
        ensure!(refused(acted(&store, &law, &own, &one, Action::Accept, "10", "").await) == "reporting-own-entry");
        let other = somebody(Role::Appraiser, 31, PROVINCE, Some(&["17"]));
        ensure!(
            refused(acted(&store, &law, &other, &one, Action::Accept, "10", "").await) == "reporting-not-in-charge"
        );
        ensure!(
            refused(acted(&store, &law, &reviewer, &one, Action::Return, "10", " ").await)
                == "reporting-reason-missing"
        );
        let back = acted(&store, &law, &reviewer, &one, Action::Return, "10", "Thiếu biên bản").await?;
        ensure!(back.unit.returned == 1 && back.unit.state == State::Returned, "{back:?}");
        let again = saved(&store, &law, &first, &one, &[given(INCOME, "46", seen)]).await?;
        ensure!(wrong(&again) == "saved", "{:?}", again.answers);
        acted(&store, &law, &leader, &one, Action::Send, "10", "").await?;
        // A reviewer's value stands beside the declared one.
        let corrected = Given { note: Some("Theo sổ theo dõi thu nhập".into()), ..given(INCOME, "44", 0) };
        let mut tx = store.write(&reviewer, &CLOCK).await?;
        let answer = entry::correct(&mut tx, &law, &one, COMMUNE, &corrected).await?;
        ensure!(matches!(answer, Some(Answer::Saved)), "{answer:?}");
        tx.commit().await?;
        acted(&store, &law, &reviewer, &one, Action::Accept, "10", "").await?;
        ensure!(refused(acted(&store, &law, &office, &one, Action::Lock, "10", "").await) == "reporting-wrong-state");
        acted(&store, &law, &office, &one, Action::Confirm, "10", "").await?;
        let locked = acted(&store, &law, &office, &one, Action::Lock, "10", "").await?;
        ensure!(locked.done == [(criterion("10"), State::Locked)], "{locked:?}");
        let now = version(&law, &again, INCOME);
        ensure!(refused(edited(&store, &law, &office, "99", now).await) == "record-locked", "the office neither");
        // Opened again with a reason, changed, and the change is listed with what it was.
        acted(&store, &law, &office, &one, Action::Reopen, "10", "Đính chính").await?;
        saved(&store, &law, &first, &one, &[given(INCOME, "47,25", now)]).await?;
        let mut tx = store.read(&office.scope()).await?;
        let listing = Listing { per: 10, ..Listing::default() };
        let (changed, count) = kept::changed(&mut tx, &one, &listing, None).await?;
        ensure!(count == 1 && changed[0].person == Some(PersonId(11)), "{changed:?}");
        let said = |value: &Value| value.shown().map(|number| number.to_string());
        ensure!(
            said(&changed[0].before).as_deref() == Some("46") && said(&changed[0].after).as_deref() == Some("47.25")
        );
        let steps: Vec<Action> =
            kept::actions(&mut tx, one.id, COMMUNE, 20).await?.iter().map(|done| done.action).collect();
        use Action::{Accept, Confirm, Lock, Reopen, Return, Send};
        ensure!(steps == [Reopen, Lock, Confirm, Accept, Send, Return, Send], "{steps:?}");
        // What is kept of each criterion is what its steps lead to.
        let item = kept::items(&mut tx, one.id, COMMUNE).await?.into_iter().find(|item| item.criterion.no == "10");
        ensure!(item.is_some_and(|item| item.state == State::Returned));
        Ok(())
    });
}

#[test]
fn a_verified_number_is_written_by_whose_criterion_it_is_while_the_campaign_is_open() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let office = Actor { role: Role::Coordination, person: Some(PersonId(40)), scope: Scope::WHOLE };
        let (first, leader) = (officer(11), somebody(Role::CommuneLeader, 20, COMMUNE, None));
        saved(&store, &law, &first, &one, &[given(INCOME, "45,5", 0)]).await?;
        acted(&store, &law, &leader, &one, Action::Send, "10", "").await?;
        let corrected = Given { note: Some("Theo sổ".into()), ..given(INCOME, "44", 0) };
        let correct = async |who: &Actor| -> Result<Option<Answer>, StoreError> {
            let one = campaign_now(&store, one.id).await?;
            let mut tx = store.write(who, &CLOCK).await?;
            let answer = entry::correct(&mut tx, &law, &one, COMMUNE, &corrected).await?;
            tx.commit().await?;
            Ok(answer)
        };
        // Given to an agency in which this appraiser holds no role: neither accepted nor written beside.
        let mut tx = store.write(&office, &CLOCK).await?;
        campaigns::assign(&mut tx, &one, &BTreeMap::from([(criterion("10"), AgencyId(101))])).await?;
        tx.commit().await?;
        let stranger = somebody(Role::Appraiser, 31, PROVINCE, None);
        ensure!(
            refused(acted(&store, &law, &stranger, &one, Action::Accept, "10", "").await) == "reporting-not-in-charge"
        );
        ensure!(refused(correct(&stranger).await) == "reporting-not-in-charge");
        // A district's verifier is bound to no agency.
        let verifier = somebody(Role::DistrictVerifier, 32, COMMUNE, None);
        let answer = correct(&verifier).await?;
        ensure!(matches!(answer, Some(Answer::Saved)), "{answer:?}");
        let mut tx = store.write(&office, &CLOCK).await?;
        campaigns::turn(&mut tx, &law, &one, Course::Closed).await?;
        tx.commit().await?;
        ensure!(refused(correct(&verifier).await) == "reporting-not-open", "into a closed campaign");
        Ok(())
    });
}

async fn campaign_now(store: &Store, id: i64) -> Result<Campaign, StoreError> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(kept::get(&mut tx, id).await?.expect("the campaign"))
}

#[test]
fn a_campaign_names_a_province_of_its_day() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        // The province of after July 2025 is none in 2024.
        let wrong = Campaign { province: UnitId(1001), ..one };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(refused(campaigns::add(&mut tx, &law, &wrong).await) == "reporting-no-province");
        Ok(())
    });
}

/// Edits the declared income on the page of the figure.
pub async fn edited(store: &Store, law: &Law, who: &Actor, value: &str, seen: i64) -> Result<(), StoreError> {
    let measure = law.measure_id(INCOME).expect("a measure");
    let key = facts::Key { unit: COMMUNE, year: 2024, measure, origin: Origin::Declared };
    let (value, seen) = (Value::Number(value.parse().expect("a number")), Some(kernel::Revision(seen)));
    let edit = Edit { key, value, seen, source: "thử".into(), publish: false, evidence: Vec::new() };
    let mut tx = store.write(who, &CLOCK).await?;
    figure::edit(&mut tx, law, &edit).await?;
    tx.commit().await
}

#[test]
fn an_open_comment_keeps_a_unit_from_sending() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let (first, leader) = (officer(11), somebody(Role::CommuneLeader, 20, COMMUNE, None));
        saved(&store, &law, &first, &one, &[given(INCOME, "45,5", 0)]).await?;
        let reviewer = somebody(Role::Appraiser, 30, PROVINCE, None);
        let income = law.measure_id(INCOME).context("a measure")?;
        let mut tx = store.write(&reviewer, &CLOCK).await?;
        let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
        let id = comments::add(&mut tx, &one, &place, income, "Số này lấy từ đâu?", None).await?;
        tx.commit().await?;
        let mut tx = store.write(&first, &CLOCK).await?;
        comments::add(&mut tx, &one, &place, income, "Từ điều tra tháng 10.", Some(id)).await?;
        tx.commit().await?;
        ensure!(refused(acted(&store, &law, &leader, &one, Action::Send, "10", "").await) == "reporting-comments-open");
        // Who was asked does not resolve the question; who asked does.
        let mut tx = store.write(&first, &CLOCK).await?;
        ensure!(refused(comments::turn(&mut tx, &one, COMMUNE, id, true).await) == "reporting-comment-not-yours");
        drop(tx);
        let mut tx = store.write(&reviewer, &CLOCK).await?;
        ensure!(comments::turn(&mut tx, &one, COMMUNE, id, true).await?);
        tx.commit().await?;
        acted(&store, &law, &leader, &one, Action::Send, "10", "").await?;
        Ok(())
    });
}

#[test]
fn the_board_counts_what_its_reader_sees() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        saved(&store, &law, &officer(11), &one, &[given(INCOME, "45,5", 0)]).await?;
        let counts = async |unit: UnitId| -> Result<(i64, i64)> {
            let mut tx = store.read(&somebody(Role::CommuneOfficer, 1, unit, None).scope()).await?;
            let (counts, _) = kept::counts(&mut tx, one.id, CLOCK.0.day()).await?;
            Ok((counts.get(&State::Draft).copied().unwrap_or(0), counts.get(&State::Empty).copied().unwrap_or(0)))
        };
        ensure!(counts(COMMUNE).await? == (1, 0) && counts(OTHER).await? == (0, 1), "its own alone");
        let (draft, empty) = counts(PROVINCE).await?;
        ensure!(draft == 1 && empty == 120, "{draft} {empty}: 121 communes at the end of 2024");
        let mut tx = store.read(&Actor::READER.scope()).await?;
        ensure!(
            kept::board(&mut tx, one.id, &Listing { per: 5, ..Listing::default() }, kept::Chosen::default()).await?.1
                == 0
        );
        Ok(())
    });
}
