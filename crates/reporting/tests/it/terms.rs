//! Deadlines in working days: counted by the calendar over Tết and a swapped day, moved when the calendar is.

use crate::{COMMUNE, PROVINCE, ROOMS, SET, day, ready};
use anyhow::{Context, Result, ensure};
use kernel::{Actor, Clock, Day, PersonId, Role, Scope};
use reporting::{
    campaigns,
    model::{After, Campaign, Course, Moved, Term, Terms},
    rules, store as kept,
};
use store::Store;
use testkit::{CLOCK, each_engine};
use units::calendar::{self, Change};

fn office() -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(1)), scope: Scope::WHOLE }
}

fn change(on: &str, kind: &str, seen: i64) -> Change {
    let text = |text: &str| text.to_owned();
    let (name_vi, source, confidence) = (text("Tết Nguyên đán"), text("TB 1"), text("verified"));
    Change { day: Some(day(on)), kind: text(kind), name_vi, source, confidence, seen, ..Change::default() }
}

/// Changes days of 2027, and lets reporting follow.
async fn edited(store: &Store, changes: &[(&str, &str)]) -> Result<()> {
    let mut tx = store.write(&office(), &CLOCK).await?;
    let known = calendar::year(&mut tx, 2027).await?;
    let seen = |on: &str| known.iter().find(|one| one.day == day(on)).map_or(0, |one| one.version);
    let changes: Vec<Change> = changes.iter().map(|(on, kind)| change(on, kind, seen(on))).collect();
    let done = calendar::edit(&mut tx, &[campaigns::effect()], 2027, &changes, "Thông báo").await?;
    done.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    Ok(tx.commit().await?)
}

async fn campaign(store: &Store, id: i64) -> Result<(Campaign, Day)> {
    let mut tx = store.read(&office().scope()).await?;
    let one = kept::get(&mut tx, id).await?.context("the campaign")?;
    let unit = kept::unit(&mut tx, id, COMMUNE).await?.context("the commune")?;
    Ok((one, unit.due))
}

#[test]
fn a_deadline_in_working_days_is_counted_over_tet_and_moves_with_the_calendar() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        // What is announced before: the first days of Tết.
        edited(
            &store,
            &[
                ("2027-02-04", "holiday"),
                ("2027-02-05", "holiday"),
                ("2027-02-08", "holiday"),
                ("2027-02-09", "holiday"),
                ("2027-02-10", "holiday"),
            ],
        )
        .await?;
        let terms = Terms {
            due: Some(Term { days: 5, after: After::Opens }),
            review: Some(Term { days: 3, after: After::Due }),
            moved: None,
        };
        let new = Campaign {
            id: 0,
            name: "Qua Tết".into(),
            period: kernel::Period::Year(2024),
            province: PROVINCE,
            sets: vec![SET.to_owned()],
            as_of: day("2024-12-31"),
            opens: day("2027-02-01"),
            due: day("2027-02-01"),
            review_due: day("2027-02-01"),
            terms,
            comments_stop: false,
            doubts_stop: false,
            closed_with: None,
            course: Course::Draft,
            version: 1,
            at: kernel::Moment(0),
        };
        let mut tx = store.write(&office(), &CLOCK).await?;
        let work = calendar::of(&mut tx).await?;
        let new = rules::by_calendar(&new, &work, None);
        // Tuesday, Wednesday; Thursday to Wednesday are free; Thursday, Friday, Monday.
        ensure!((new.due, new.review_due) == (day("2027-02-15"), day("2027-02-18")), "{new:?}");
        ensure!(work.working_between(day("2027-02-02"), new.due) == 4, "working days left on the second day");
        let id = campaigns::add(&mut tx, &law, &new).await?;
        let one = kept::get(&mut tx, id).await?.context("the campaign")?;
        ensure!(one.terms == terms, "kept as it was laid down: {:?}", one.terms);
        campaigns::turn(&mut tx, &law, &one, Course::Open).await?;
        tx.commit().await?;
        ensure!(campaign(&store, id).await?.1 == day("2027-02-15"));

        // Thursday the 11th is free by exchange for Saturday the 13th: as many days, and nothing moves.
        edited(&store, &[("2027-02-11", "day_off_in_lieu"), ("2027-02-13", "working_day_in_lieu")]).await?;
        let (one, _) = campaign(&store, id).await?;
        ensure!(one.due == day("2027-02-15") && one.terms.moved.is_none(), "{one:?}");

        // Friday the 12th becomes free, too: a day later for both, and for the commune.
        edited(&store, &[("2027-02-12", "holiday")]).await?;
        let (one, unit) = campaign(&store, id).await?;
        ensure!(
            (one.due, one.review_due, unit) == (day("2027-02-16"), day("2027-02-19"), day("2027-02-16")),
            "{one:?}"
        );
        let moved = Moved { on: CLOCK.today(), due: day("2027-02-15"), review_due: day("2027-02-18") };
        ensure!(one.terms.moved == Some(moved), "{:?}", one.terms.moved);
        Ok(())
    });
}

#[test]
fn a_deadline_that_is_over_stays() {
    let work = kernel::WorkDays::new(&kernel::calendar::WEEKEND, []);
    let term = |days, after| Some(Term { days, after });
    let one = Campaign {
        id: 1,
        name: String::new(),
        period: "2026Q3".parse().expect("a period"),
        province: PROVINCE,
        sets: Vec::new(),
        as_of: day("2026-09-30"),
        opens: day("2026-09-01"),
        due: day("2026-10-20"),
        review_due: day("2026-11-30"),
        terms: Terms { due: term(10, After::PeriodEnd), review: term(5, After::Due), moved: None },
        comments_stop: false,
        doubts_stop: false,
        closed_with: None,
        course: Course::Open,
        version: 1,
        at: kernel::Moment(0),
    };
    for (today, due, review) in [
        ("2026-10-01", "2026-10-14", "2026-10-21"),
        ("2026-10-21", "2026-10-20", "2026-10-27"),
        ("2026-12-01", "2026-10-20", "2026-11-30"),
    ] {
        let made = rules::by_calendar(&one, &work, Some(day(today)));
        assert_eq!((made.due, made.review_due), (day(due), day(review)), "{today}");
    }
}
