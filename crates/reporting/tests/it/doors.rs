//! A figure that more than one hand reaches for: quarters after one another, two sets that ask for it, figures that come by another door.

use crate::{
    COMMUNE, ROOMS, SET,
    campaign::{acted, edited, officer, refused, version},
    criterion, given, opened, opened_of, ready, saved, somebody,
};
use anyhow::{Context, Result, ensure};
use facts::{Entry, Key, Law, figure, intake, published};
use kernel::{Actor, PersonId, Role, Scope};
use reporting::{
    actions::{self, Acted, Wanted},
    entry::{self, Answer, Given},
    model::{Action, Campaign, Criterion, State},
    store as kept,
};
use rulebook::{Origin, Value};
use store::{Listing, Store, StoreError};
use testkit::{CLOCK, each_engine};

const INCOME: &str = "income.per_person";
const ADVANCED: &str = "commune-advanced-2021-2025";

fn leader() -> Actor {
    somebody(Role::CommuneLeader, 20, COMMUNE, None)
}

fn office() -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(40)), scope: Scope::WHOLE }
}

fn appraiser(person: i64) -> Actor {
    Actor { role: Role::Appraiser, person: Some(PersonId(person)), scope: Scope::WHOLE }
}

async fn act(
    store: &Store,
    law: &Law,
    who: &Actor,
    one: &Campaign,
    action: Action,
    what: Criterion,
) -> Result<Acted, StoreError> {
    let wanted = Wanted { action, criteria: vec![what], reason: "Đính chính".to_owned() };
    let mut tx = store.write(who, &CLOCK).await?;
    let acted = actions::act(&mut tx, law, one, COMMUNE, &wanted).await?.expect("the commune is asked");
    tx.commit().await?;
    Ok(acted)
}

fn key(law: &Law, origin: Origin) -> Result<Key> {
    Ok(Key { unit: COMMUNE, year: 2024, measure: law.measure_id(INCOME).context("a measure")?, origin })
}

#[test]
fn a_quarter_that_is_locked_keeps_no_later_one_from_the_year() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let (first, second) = (opened(&store, &law, "2024Q1").await?, opened(&store, &law, "2024Q2").await?);
        let entered = saved(&store, &law, &officer(11), &first, &[given(INCOME, "11", 0)]).await?;
        ensure!(version(&law, &entered, INCOME) == 1);
        acted(&store, &law, &leader(), &first, Action::Send, "10", "").await?;
        // A verified figure would be the year's.
        let mut tx = store.write(&appraiser(30), &CLOCK).await?;
        let corrected = Given { note: Some("Theo sổ".into()), ..given(INCOME, "10", 0) };
        let said = entry::correct(&mut tx, &law, &first, COMMUNE, &corrected).await;
        ensure!(refused(said) == "reporting-corrects-years");
        drop(tx);
        acted(&store, &law, &appraiser(30), &first, Action::Accept, "10", "").await?;
        for action in [Action::Confirm, Action::Lock] {
            acted(&store, &law, &office(), &first, action, "10", "").await?;
        }
        let later = saved(&store, &law, &officer(11), &second, &[given(INCOME, "22", 0)]).await?;
        ensure!(matches!(later.answers[..], [Answer::Saved]), "{:?}", later.answers);
        let mut tx = store.read(&office().scope()).await?;
        let year = published::current(&mut tx, key(&law, Origin::Declared)?).await?.context("the year's figure")?;
        ensure!(year.value == Value::Number("22".parse()?), "{year:?}");
        // The year went on; of the quarter nothing was changed after its acceptance.
        let listing = Listing { per: 10, ..Listing::default() };
        let changed = kept::changed(&mut tx, &first, &listing, None).await?;
        ensure!(changed.1 == 0, "{changed:?}");
        let chosen = || kept::Chosen { changed: true, ..kept::Chosen::default() };
        ensure!(kept::board(&mut tx, first.id, &listing, chosen()).await?.1 == 0, "the board says it was");
        drop(tx);
        // Its own value is closed with its criterion, opened again with it, and then the change is listed.
        let closed = saved(&store, &law, &officer(11), &first, &[given(INCOME, "12", 1)]).await?;
        ensure!(matches!(closed.answers[..], [Answer::Wrong(_)]), "{:?}", closed.answers);
        acted(&store, &law, &office(), &first, Action::Reopen, "10", "Đính chính").await?;
        saved(&store, &law, &officer(11), &first, &[given(INCOME, "12", 1)]).await?;
        let mut tx = store.read(&office().scope()).await?;
        let (changed, _) = kept::changed(&mut tx, &first, &listing, None).await?;
        let said = |value: &Value| value.shown().map(|number| number.to_string());
        let told: Vec<_> = changed.iter().map(|one| (said(&one.before), said(&one.after), one.person)).collect();
        ensure!(told == [(Some("11".into()), Some("12".into()), Some(PersonId(11)))], "{changed:?}");
        let (units, count) = kept::board(&mut tx, first.id, &listing, chosen()).await?;
        ensure!(count == 1 && units[0].unit == COMMUNE, "{units:?}");
        Ok(())
    });
}

#[test]
fn a_figure_is_held_as_firmly_as_the_criterion_that_is_furthest() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened_of(&store, &law, "2024", &[SET, ADVANCED]).await?;
        let set = law.library().set(ADVANCED).context("the set")?;
        let reads = |c: &&rulebook::model::Criterion| c.indicators.iter().any(|i| i.measures().contains(&INCOME));
        let no = set.criteria.iter().find(reads).context("a criterion that asks for the income too")?.no.clone();
        let advanced = Criterion { set: ADVANCED.to_owned(), no };
        // Everything that the criterion of the other set asks for.
        let mut tx = store.read(&officer(11).scope()).await?;
        let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
        let form = reporting::form::load(&mut tx, &law, &one, &place).await?;
        drop(tx);
        let (_, sheet) = form.sheet(&advanced).context("its sheet")?;
        let value = |kind: rulebook::Kind| if kind.is_yes_no() { "true" } else { "45" };
        let all: Vec<Given> =
            sheet.fields.iter().filter(|f| f.asked).map(|f| given(&f.about.id, value(f.about.kind), 0)).collect();
        let entered = saved(&store, &law, &officer(11), &one, &all).await?;
        ensure!(entered.answers.iter().all(|answer| matches!(answer, Answer::Saved)), "{:?}", entered.answers);
        for (who, action) in [
            (leader(), Action::Send),
            (appraiser(30), Action::Accept),
            (office(), Action::Confirm),
            (office(), Action::Lock),
        ] {
            act(&store, &law, &who, &one, action, criterion("10")).await?;
        }
        act(&store, &law, &leader(), &one, Action::Send, advanced.clone()).await?;
        let seen = version(&law, &entered, INCOME);
        ensure!(refused(edited(&store, &law, &office(), "99", seen).await) == "record-locked", "locked stays locked");
        let mut tx = store.read(&office().scope()).await?;
        let stage = tx_stage(&mut tx, &law).await?;
        ensure!(stage == "locked", "{stage}");
        drop(tx);
        // Opened again, the other criterion still holds it for its review.
        act(&store, &law, &office(), &one, Action::Reopen, criterion("10")).await?;
        ensure!(refused(edited(&store, &law, &officer(11), "99", seen).await) == "record-held");
        act(&store, &law, &appraiser(30), &one, Action::Return, advanced).await?;
        edited(&store, &law, &officer(11), "99", seen).await?;
        Ok(())
    });
}

async fn tx_stage(tx: &mut impl store::Query, law: &Law) -> Result<String> {
    let sql = "SELECT stage FROM facts_figure WHERE unit = $1 AND period = '2024' AND measure = $2 AND origin = $3";
    let key = key(law, Origin::Declared)?;
    let origin = facts::model::origin_number(key.origin);
    let row = tx.row(sql, store::args![COMMUNE, key.measure, origin]).await?.context("the figure")?;
    Ok(row.text(0)?)
}

#[test]
fn what_came_by_another_door_is_counted_and_not_reviewed_by_whom_it_came_from() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let source =
            intake::Intake { set: SET.into(), origin: Origin::Declared, publish: false, source: "tệp.xlsx".into() };
        let entries = [Entry::new(key(&law, Origin::Declared)?, Value::Number("45.5".parse()?))];
        let mut tx = store.write(&officer(11), &CLOCK).await?;
        intake::commit(&mut tx, &law, &entries, &source, b"x").await?;
        tx.commit().await?;
        // What a commune brings is its draft, by a file and by a figure's own page.
        let mut tx = store.read(&office().scope()).await?;
        ensure!(tx_stage(&mut tx, &law).await? == "draft");
        let item = |items: Vec<reporting::model::Item>| items.into_iter().find(|item| item.criterion.no == "10");
        let before = item(kept::items(&mut tx, one.id, COMMUNE).await?).context("criterion 10")?;
        ensure!((before.state, before.filled) == (State::Empty, 0), "nobody told the campaign");
        drop(tx);
        let sent = acted(&store, &law, &leader(), &one, Action::Send, "10", "").await?;
        ensure!(sent.done == [(criterion("10"), State::Sent)] && sent.unit.filled == before.asked, "{sent:?}");
        // The officer who brought it appraises elsewhere in the province: not this.
        let own = acted(&store, &law, &appraiser(11), &one, Action::Accept, "10", "").await;
        ensure!(refused(own) == "reporting-own-entry");
        acted(&store, &law, &appraiser(12), &one, Action::Accept, "10", "").await?;
        Ok(())
    });
}

#[test]
fn a_save_that_only_counts_what_is_there_leaves_its_line() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let edit = figure::Edit {
            key: key(&law, Origin::Declared)?,
            value: Value::Number("45.5".parse()?),
            seen: None,
            source: "thử".into(),
            publish: false,
            evidence: Vec::new(),
        };
        let mut tx = store.write(&officer(11), &CLOCK).await?;
        figure::edit(&mut tx, &law, &edit).await?;
        tx.commit().await?;
        let mut tx = store.read(&officer(11).scope()).await?;
        let line = published::current(&mut tx, edit.key).await?.context("the figure")?.revision.0;
        drop(tx);
        let again = saved(&store, &law, &officer(11), &one, &[given(INCOME, "45,5", line)]).await?;
        ensure!(matches!(again.answers[..], [Answer::Saved]) && version(&law, &again, INCOME) == line);
        ensure!(again.unit.filled > 0 && again.unit.state == State::Draft, "{:?}", again.unit);
        Ok(())
    });
}

#[test]
fn a_note_that_is_emptied_is_gone_and_one_that_is_not_sent_stays() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        for period in ["2024", "2024Q1"] {
            let one = opened(&store, &law, period).await?;
            let note = |saved: &entry::Saved| {
                let field = law.measure_id(INCOME).and_then(|id| saved.form.field(id));
                field.and_then(|(_, field)| field.declared.as_ref()).map(|said| said.note.clone())
            };
            let start = version(&law, &saved(&store, &law, &officer(11), &one, &[]).await?, INCOME);
            let with = Given { note: Some("Theo bà Hoa".into()), ..given(INCOME, "45", start) };
            let first = saved(&store, &law, &officer(11), &one, &[with]).await?;
            ensure!(note(&first).as_deref() == Some("Theo bà Hoa"), "{period}");
            let silent = Given { note: None, ..given(INCOME, "45", version(&law, &first, INCOME)) };
            let second = saved(&store, &law, &officer(11), &one, &[silent]).await?;
            ensure!(note(&second).as_deref() == Some("Theo bà Hoa"), "{period}");
            let emptied = given(INCOME, "45", version(&law, &second, INCOME));
            let third = saved(&store, &law, &officer(11), &one, &[emptied]).await?;
            ensure!(note(&third).as_deref() == Some(""), "{period}: {:?}", note(&third));
        }
        Ok(())
    });
}
