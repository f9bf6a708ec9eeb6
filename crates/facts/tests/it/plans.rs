//! A merger prepared, previewed with what every room does, approved by a second person, carried out on its day by a job.

use crate::{
    figures::{ROOMS, how, prepared},
    visitor::{OK, Visitor},
};
use facts::{Entry, Key, Law, record, rejudge};
use kernel::{Actor, Clock, Day, Moment, PersonId, Role, Scope, UnitId};
use rulebook::{Origin, Value};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::{Query, Store, args, jobs::Registry};
use testkit::{CLOCK, each_engine};
use units::{
    Effect, Unit,
    plans::{self, Decision, State},
    rules::{Move, NewUnit, Reorganisation},
    store::Filter,
};

/// The province of today.
const PROVINCE: UnitId = UnitId(1001);
const DAY: &str = "2027-01-01";

/// A clock that stands at the beginning of a day.
struct On(Day);

impl Clock for On {
    fn now(&self) -> Moment {
        self.0.begins()
    }
}

fn officer(person: i64) -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(person)), scope: Scope::WHOLE }
}

async fn living(store: &Store, day: Day) -> store::Result<Vec<Unit>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let filter = Filter { day: Some(day), level: Some("commune".into()), under: Some(PROVINCE), ..Filter::default() };
    let (all, _) = units::store::list(&mut tx, &filter, 0, 1000).await?;
    Ok(all.into_iter().filter(Unit::is_judged_commune).collect())
}

fn merger(from: &[Unit]) -> Reorganisation {
    Reorganisation {
        day: DAY.parse().unwrap(),
        source: "NQ 1/2026".into(),
        confidence: "verified".into(),
        units: vec![NewUnit {
            name: "Xã Mới".into(),
            code: "99999".into(),
            level: "commune".into(),
            kind: "commune".into(),
            parent: Some(PROVINCE),
            point: None,
        }],
        moves: from.iter().map(|u| Move { from: u.id, to: 0, whole: true, main: true }).collect(),
        versions: Default::default(),
    }
}

/// A living commune with a figure of 2026, and a neighbour.
async fn ready(store: &Store) -> store::Result<(Law, Vec<Unit>)> {
    let law = prepared(store, false).await?;
    let two: Vec<Unit> = living(store, CLOCK.today()).await?.into_iter().take(2).collect();
    let measure = law.measure_id("income.per_person").expect("the measure");
    let key = Key { unit: two[0].id, year: 2026, measure, origin: Origin::Declared };
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    record::record(&mut tx, &law, &[Entry::new(key, Value::Number("50".parse().unwrap()))], &how(true)).await?;
    tx.commit().await?;
    Ok((law, two))
}

/// Does what is due on a day; whether a plan was among it. That somebody is told of it is tried elsewhere.
async fn run_on(store: &Store, effects: Vec<Effect>, day: &str) -> store::Result<bool> {
    let (mut registry, ran) = (Registry::default(), Arc::new(AtomicBool::new(false)));
    let noted = ran.clone();
    registry.add(plans::JOB, move |work| {
        let effects = effects.clone();
        noted.store(true, Ordering::SeqCst);
        async move { plans::run(work, &effects).await.map_err(|e| e.to_string()) }
    });
    registry.add(web::notices::SPREAD, |_| async { Ok(()) });
    let clock: Arc<dyn Clock> = Arc::new(On(day.parse().unwrap()));
    while registry.run_one(store, &clock).await? {}
    Ok(ran.load(Ordering::SeqCst))
}

async fn state(store: &Store, id: i64) -> store::Result<(State, i64)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let plan = plans::get(&mut tx, id).await?.expect("the plan");
    Ok((plan.state, plan.version))
}

async fn keep(store: &Store, by: i64, plan: &Reorganisation) -> store::Result<i64> {
    let mut tx = store.write(&officer(by), &CLOCK).await?;
    let id = plans::prepare(&mut tx, "Sáp nhập", plan).await?;
    tx.commit().await?;
    Ok(id)
}

/// To whom it was told that something waits: the roles, in their order.
pub async fn told(store: &Store, matter: &str) -> store::Result<Vec<String>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT role FROM web_matter WHERE kind = 'decision' AND key LIKE $1 ORDER BY role";
    tx.rows(sql, store::args![format!("{matter}/%")]).await?.iter().map(|row| row.text(0)).collect()
}

async fn decide(store: &Store, by: i64, id: i64, decision: Decision, why: &str) -> store::Result<Option<&'static str>> {
    let mut tx = store.write(&officer(by), &CLOCK).await?;
    let plan = plans::get(&mut tx, id).await?.expect("the plan");
    let done = plans::decide(&mut tx, &plan, plan.version, decision, why).await?;
    if done.is_ok() {
        tx.commit().await?;
    }
    Ok(done.err().map(|p| p.phrase.key))
}

#[test]
fn an_approved_merger_is_carried_out_on_its_day_as_the_preview_said() {
    each_engine(ROOMS, |store| async move {
        let (law, two) = ready(&store).await?;
        let plan = merger(&two);
        let effects = vec![rejudge::effect(law.clone())];
        let before = living(&store, DAY.parse().unwrap()).await?.len();
        let (would, said) = plans::preview(&store, &CLOCK, &plan, &effects).await.expect("it fits");
        assert_eq!((would.ended.len(), would.began.len()), (2, 1));
        assert_eq!(said.iter().map(|p| p.key).collect::<Vec<_>>(), ["merger-figures-stay", "rejudged-units"]);
        assert_eq!(living(&store, DAY.parse().unwrap()).await?.len(), before, "a preview keeps nothing");

        let id = keep(&store, 7, &plan).await?;
        assert_eq!(told(&store, &format!("plan/{id}")).await?, ["coordination", "council_chair"]);
        assert_eq!(decide(&store, 7, id, Decision::Approve, "").await?, Some("plan-second-person"));
        assert_eq!(decide(&store, 8, id, Decision::Approve, "").await?, None);
        assert_eq!(decide(&store, 9, id, Decision::Approve, "").await?, Some("plan-changed"));
        assert!(!run_on(&store, effects.clone(), "2026-12-31").await?, "not before its day");
        assert_eq!(state(&store, id).await?.0, State::Approved);
        assert!(run_on(&store, effects.clone(), DAY).await?);
        assert!(!run_on(&store, effects, DAY).await?, "once");
        assert_eq!(state(&store, id).await?, (State::Done, 3));
        assert_eq!(living(&store, DAY.parse().unwrap()).await?.len(), before - 1);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let done = plans::get(&mut tx, id).await?.expect("the plan");
        let words: Vec<String> = said.iter().map(|p| locale::say(locale::Lang::Vi, p)).collect();
        assert_eq!(done.said["vi"], serde_json::json!(words), "it did what the preview said");
        let old = units::store::get(&mut tx, two[0].id).await?.expect("the old one");
        assert_eq!(old.valid_to, Some("2026-12-31".parse().unwrap()));
        let lines = "SELECT COUNT(*) FROM store_audit WHERE kind = 'reorganisation'";
        assert_eq!(tx.row(lines, args![]).await?.expect("a count").i64(0)?, 3, "prepared, approved, done");
        Ok(())
    });
}

#[test]
fn a_cancelled_merger_is_not_carried_out_and_one_that_no_longer_fits_says_why() {
    each_engine(ROOMS, |store| async move {
        let (_, two) = ready(&store).await?;
        let before = living(&store, DAY.parse().unwrap()).await?.len();
        let cancelled = keep(&store, 7, &merger(&two)).await?;
        assert_eq!(decide(&store, 8, cancelled, Decision::Approve, "").await?, None);
        assert_eq!(decide(&store, 7, cancelled, Decision::Cancel, " ").await?, Some("plan-why-missing"));
        assert_eq!(decide(&store, 7, cancelled, Decision::Cancel, "đổi phương án").await?, None);
        assert!(run_on(&store, Vec::new(), DAY).await?, "its job finds it cancelled");
        assert_eq!(living(&store, DAY.parse().unwrap()).await?.len(), before);
        assert_eq!(state(&store, cancelled).await?.0, State::Cancelled);

        // Approved, and then one of its units ends by another decision.
        let stale = keep(&store, 7, &merger(&two)).await?;
        assert_eq!(decide(&store, 8, stale, Decision::Approve, "").await?, None);
        let mut other = merger(&two[..1]);
        (other.units[0].code, other.day) = ("99998".into(), "2026-12-15".parse().unwrap());
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        units::actions::reorganise(&mut tx, &other, &[]).await.expect("it fits");
        tx.commit().await?;
        assert!(run_on(&store, Vec::new(), DAY).await?);
        assert_eq!(state(&store, stale).await?.0, State::Failed);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let said = plans::get(&mut tx, stale).await?.expect("the plan").said;
        assert!(said["vi"][0].as_str().is_some_and(|s| s.contains(&two[0].name)), "{said}");
        Ok(())
    });
}

#[test]
fn pages_and_programs_prepare_show_and_cancel() {
    each_engine(ROOMS, |store| async move {
        let (law, two) = ready(&store).await?;
        let visitor = Visitor::of(&store, &law);
        let code = {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            units::store::get(&mut tx, PROVINCE).await?.expect("the province").code
        };
        let kind = "application/x-www-form-urlencoded";
        let sent = |parent: &str| {
            let move_of =
                |n: usize| format!("move%3A{n}%3Afrom={}&move%3A{n}%3Ato=1&move%3A{n}%3Ashare=whole", two[n].code);
            format!(
                "title=S%C3%A1p+nh%E1%BA%ADp&source=NQ+1&day={DAY}&unit%3A0%3Aname=X%C3%A3+M%E1%BB%9Bi&unit%3A0%3Acode=99999&unit%3A0%3Akind=commune&unit%3A0%3Aparent={parent}&{}&{}&key=k",
                move_of(0),
                move_of(1)
            )
        };
        assert_eq!(visitor.get("/quan-tri/sap-xep/moi", true).await?.status, OK);
        let wrong = visitor.post("/quan-tri/sap-xep/chuan-bi", kind, sent("00000")).await?;
        assert_eq!(wrong.status, 422);
        assert!(
            wrong.text().contains("href=\"#unit:0:parent\"") && wrong.text().contains("Xã Mới"),
            "{}",
            wrong.text()
        );
        for _ in 0..2 {
            let kept = visitor.post("/quan-tri/sap-xep/chuan-bi", kind, sent(&code)).await?;
            assert_eq!(kept.leads_to(), Some("/quan-tri/sap-xep/1"), "{}", kept.text());
        }
        for path in ["/quan-tri/sap-xep", "/quan-tri/sap-xep/1", "/en/quan-tri/sap-xep/1"] {
            let page = visitor.get(path, true).await?;
            assert_eq!(page.status, OK, "{path}");
            assert!(visitor.get(path, false).await?.status >= 300, "{path} is not for everybody");
        }
        // The list is searched by its name and by what it rests on, put in order, taken away.
        for (query, found) in [("q=sap+nhap&sap=title", true), ("q=NQ+1&sap=day", true), ("q=khong-co", false)] {
            let page = visitor.get(&format!("/quan-tri/sap-xep?{query}"), true).await?.text();
            assert_eq!(page.contains("/quan-tri/sap-xep/1\""), found, "{query}: {page}");
            let file = visitor.get(&format!("/quan-tri/sap-xep.csv?{query}"), true).await?.text();
            assert_eq!(file.lines().count(), 1 + usize::from(found), "{query}: {file}");
        }
        assert_eq!(visitor.get("/quan-tri/sap-xep.xlsx", true).await?.status, OK);
        assert!(visitor.get("/quan-tri/sap-xep.csv", false).await?.status >= 300, "not for everybody");
        let page = visitor.get("/quan-tri/sap-xep/1", true).await?.text();
        assert!(page.contains(&two[1].name) && page.contains("31/12/2026") && page.contains("hấm lại"), "{page}");
        let json = [("content-type", "application/json")];
        // Who prepared it at the machine is nobody in particular, and no second person.
        let own = visitor.give("/api/v1/reorganisation-plans/1/approval", &json, r#"{"version": "1"}"#).await?;
        assert_eq!(own.status, 403, "{}", own.text());
        let why = r#"{"version": "1", "why": "đổi"}"#;
        assert_eq!(visitor.give("/api/v1/reorganisation-plans/1/cancellation", &json, why).await?.status, OK);
        assert_eq!(visitor.give("/api/v1/reorganisation-plans/1/cancellation", &json, why).await?.status, 412);
        let body = serde_json::json!({"title": "Sáp nhập", "plan": merger(&two)}).to_string();
        let answer = visitor.give("/api/v1/reorganisation-plans", &json, body).await?;
        assert_eq!(answer.status, OK, "{}", answer.text());
        let one = visitor.get("/api/v1/reorganisation-plans/2", true).await?.json()?;
        assert_eq!(
            (one["plan"]["state"].as_str(), one["effects"].as_array().map(Vec::len)),
            (Some("prepared"), Some(2)),
            "{one}"
        );
        assert_eq!(visitor.get("/api/v1/reorganisation-plans", true).await?.json()?["count"], 2);
        Ok(())
    });
}

#[test]
fn units_and_agencies_are_edited_on_pages_with_errors_at_their_field() {
    each_engine(ROOMS, |store| async move {
        let (law, two) = ready(&store).await?;
        let visitor = Visitor::of(&store, &law);
        let kind = "application/x-www-form-urlencoded";
        let path = format!("/quan-tri/don-vi/{}", two[0].id);
        let page = visitor.get(&path, true).await?;
        assert_eq!(page.status, OK, "{}", page.text());
        assert!(visitor.get(&path, false).await?.status >= 300, "not for everybody");
        let parent = two[0].parent.map(|p| p.to_string()).unwrap_or_default();
        let from = two[0].valid_from.map(|d| d.to_string()).unwrap_or_default();
        let sent = |name: &str, source: &str, seen: i64, key: &str| {
            format!(
                "name={name}&code={}&kind=commune&valid_from={from}&valid_to=&parent={parent}&note=&source={source}&seen={seen}&key={key}",
                two[0].code
            )
        };
        let wrong = visitor.post(&path, kind, sent("", "", 1, "a")).await?;
        assert_eq!(wrong.status, 422);
        assert!(
            wrong.text().contains("href=\"#name\"") && wrong.text().contains("href=\"#source\""),
            "{}",
            wrong.text()
        );
        for _ in 0..2 {
            let done = visitor.post(&path, kind, sent("X%C3%A3+Kh%C3%A1c", "NQ+9", 1, "b")).await?;
            assert_eq!(done.leads_to(), Some(format!("/don-vi/{}?da_luu=1", two[0].id).as_str()), "{}", done.text());
        }
        let late = visitor.post(&path, kind, sent("X%C3%A3+Ba", "NQ+9", 1, "c")).await?;
        assert_eq!(late.status, 412);
        assert!(late.text().contains("Xã Khác") && late.text().contains("Xã Ba"), "both: {}", late.text());

        let new = "/quan-tri/co-quan/moi";
        assert_eq!(visitor.get(new, true).await?.status, OK);
        let bare = visitor.post(new, kind, "name_vi=&code=&kind=&source=&key=d").await?;
        assert_eq!(bare.status, 422);
        let added = visitor
            .post(new, kind, "name_vi=S%E1%BB%9F+M%E1%BB%9Bi&code=so-moi&kind=department&source=Q%C4%90+5&key=e")
            .await?;
        assert_eq!(added.leads_to(), Some("/co-quan"), "{}", added.text());
        let own = 1_000_000;
        assert!(visitor.get("/co-quan?q=so+moi", true).await?.text().contains(&format!("/quan-tri/co-quan/{own}")));
        let edit = format!("/quan-tri/co-quan/{own}");
        let end = |successor: &str, seen: i64| {
            format!(
                "name_vi=S%E1%BB%9F+M%E1%BB%9Bi&code=so-moi&kind=department&valid_to=2026-12-31&successor={successor}&source=Q%C4%90+6&seen={seen}"
            )
        };
        assert_eq!(visitor.post(&edit, kind, end(&own.to_string(), 1)).await?.status, 422, "not its own successor");
        assert_eq!(visitor.post(&edit, kind, end("", 1)).await?.leads_to(), Some("/co-quan"));
        assert_eq!(visitor.post(&edit, kind, end("", 1)).await?.status, 412, "somebody was faster");
        let json = [("content-type", "application/json"), ("if-match", "2")];
        let body = r#"{"code": "so-moi", "kind": "department", "name_vi": "Sở Mới", "source": "QĐ 7"}"#;
        let again = visitor.give(&format!("/api/v1/agencies/{own}"), &json, body).await?;
        assert_eq!((again.status, again.json()?["version"].as_i64()), (OK, Some(3)));
        assert_eq!(visitor.give("/api/v1/agencies", &json[..1], body).await?.status, 422, "its code is taken");
        assert_eq!(visitor.get("/quan-tri/co-quan/999999", true).await?.status, 404);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let lines = "SELECT COUNT(*) FROM store_audit WHERE action = 'units.agency'";
        assert_eq!(tx.row(lines, args![]).await?.expect("a count").i64(0)?, 3);
        Ok(())
    });
}
