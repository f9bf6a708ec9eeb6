//! The law changed while the program runs: thresholds of the province, confirmations, their end; seen by the next request,
//! by other processes, and by whoever was writing meanwhile.

use crate::{
    figures::{COMMUNE, ROOMS, entry, judged, prepared, save, slice},
    visitor::{OK, Visitor},
};
use facts::{
    Entry, Key, Law, closed,
    overlays::{self, Proposal, Threshold, What},
    rejudge, totals, trial,
};
use kernel::{Actor, Clock, UnitId};
use rulebook::{Origin, Value};
use std::sync::Arc;
use store::{Query, Store, args, jobs::Registry};
use testkit::{CLOCK, each_engine};

const SET: &str = "commune-2021-2025";
const FORM: &str = "application/x-www-form-urlencoded";

fn decision(thresholds: &[(&str, &str)]) -> Proposal {
    Proposal {
        kind: What::Thresholds,
        set: SET.into(),
        number: "12/2024/QĐ-UBND".into(),
        date: "2024-02-01".into(),
        issuer: "UBND tỉnh Tuyên Quang".into(),
        document: "https://vanban.example/12".into(),
        from: "2024-03-01".into(),
        to: String::new(),
        thresholds: thresholds
            .iter()
            .map(|(no, value)| Threshold { no: (*no).into(), value: (*value).into(), ..Threshold::default() })
            .collect(),
    }
}

/// Lays a document on, as an officer of the office would.
async fn lay(store: &Store, law: &Law, asked: &Proposal) -> store::Result<i64> {
    let overlay = asked.check(law.library(), CLOCK.today()).expect("it fits");
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let id = overlays::carry_out(&mut tx, law, asked, &overlay).await?;
    tx.commit().await?;
    Ok(id)
}

async fn current(store: &Store, law: &Law) -> store::Result<Law> {
    law.current(&mut store.read(&Actor::READER.scope()).await?).await
}

pub async fn run_jobs(store: &Store, law: &Law) -> store::Result<usize> {
    let mut registry = Registry::default();
    facts::jobs::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(Actor::READER)));
    let clock: Arc<dyn Clock> = Arc::new(CLOCK);
    let mut done = 0;
    while registry.run_one(store, &clock).await? {
        done += 1;
    }
    Ok(done)
}

/// The threshold of an indicator for a commune of the region at the end of a year.
fn limit(law: &Law, no: &str, year: i16) -> Option<String> {
    let plan = law.plan(SET, rulebook::values::year_end(year))?;
    let traits = rulebook::Traits { region: Some("TDMNPB".into()), ..Default::default() };
    plan.book.threshold(plan.book.node(no)?, &traits, year).map(ToString::to_string)
}

#[test]
fn a_threshold_is_law_in_the_next_request_and_its_preview_says_what_the_job_then_changes() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        let first = rejudge::if_changed(&mut store.write(&Actor::SYSTEM, &CLOCK).await?, &law).await?;
        assert!(!first);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        rejudge::if_changed(&mut tx, &law).await?;
        tx.commit().await?;
        // Another process has read the law before.
        let other = prepared(&store, true).await?;
        // The commune stands exactly at what the illustration asks.
        let asks = limit(&law, "2.1", 2024).expect("the illustration asks a number");
        assert_ne!(asks, "100");
        let asked = decision(&[("2.1", "100")]);
        let overlay = asked.check(law.library(), CLOCK.today()).expect("it fits");
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let trial = trial::of_overlay(&mut tx, &law, &overlay).await?;
        drop(tx);
        assert!(trial.judged >= 2, "{trial:?}");
        let kinds = trial.kinds();
        assert_eq!(kinds.get(&(Some("pu".into()), Some("fu".into()))), Some(&1), "{kinds:?}");
        let before = totals::totals(&mut store.read(&Actor::READER.scope()).await?, &slice()).await?;
        assert_eq!((before.passed_unconfirmed, before.failed), (1, 0), "a preview writes nothing");

        lay(&store, &law, &asked).await?;
        for law in [&law, &other] {
            assert_eq!(
                limit(law, "2.1", 2024).as_deref(),
                Some(asks.as_str()),
                "a reading does not change under a reader"
            );
            let now = current(&store, law).await?;
            assert_eq!(limit(&now, "2.1", 2024).as_deref(), Some("100"));
            assert_eq!(limit(&now, "2.1", 2023).as_deref(), Some(asks.as_str()), "not in force before");
        }
        // Who read the law before and writes after is refused: their verdict would be of yesterday's law.
        let later = [entry(&law, COMMUNE, "income.per_person", Value::Number("60".parse().unwrap()))];
        let late = save(&store, &law, &later, true);
        let refused = late.await.expect_err("judged by a law that is no more").problem();
        assert_eq!((refused.phrase.key, refused.status), ("law-changed-meanwhile", 409));

        assert_eq!(run_jobs(&store, &law).await?, 1, "judged again, once");
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let after = totals::totals(&mut tx, &slice()).await?;
        assert_eq!((after.passed_unconfirmed, after.failed), (0, 1));
        let (_, list, count) = rejudge::last(&mut tx, 0, 100).await?;
        let would: Vec<_> =
            trial.changes.iter().filter(|c| c.published).map(|c| (c.unit, c.set.clone(), c.period.clone())).collect();
        let did: Vec<_> = list.iter().map(|r| (r.unit, r.set.clone(), r.period.clone())).collect();
        assert_eq!((would.clone(), count), (did, would.len() as i64), "the preview said it");
        let line = "SELECT COUNT(*) FROM store_audit WHERE action = 'facts.overlay'";
        assert_eq!(tx.row(line, args![]).await?.expect("a count").i64(0)?, 1);
        Ok(())
    });
}

#[test]
fn an_end_takes_it_back_and_what_does_not_fit_stands_at_its_field() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        let asks = limit(&law, "2.1", 2024);
        let id = lay(&store, &law, &decision(&[("2.1", "100"), ("2.2", "70,5")])).await?;
        let law = current(&store, &law).await?;
        assert_eq!(limit(&law, "2.2", 2024).as_deref(), Some("70.5"));
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let kept = overlays::get(&mut tx, id).await?.expect("it is there");
        let without = overlays::end(&mut tx, &law, &kept, None, " ").await?.expect_err("why?");
        assert_eq!(without[0].phrase.key, "overlay-why-missing");
        overlays::end(&mut tx, &law, &kept, None, "nhập nhầm").await?.expect("ended");
        tx.commit().await?;
        let law = current(&store, &law).await?;
        assert_eq!(limit(&law, "2.1", 2024), asks, "as if it had never been");

        let wrong = |change: &dyn Fn(&mut Proposal)| {
            let mut asked = decision(&[("2.1", "90")]);
            change(&mut asked);
            let found = asked.check(law.library(), CLOCK.today()).expect_err("it does not fit");
            let field = |p: &kernel::Problem| match &p.place {
                Some(kernel::Place::Field(field)) => field.clone(),
                _ => String::new(),
            };
            found.iter().map(|p| (p.phrase.key, field(p))).collect::<Vec<_>>()
        };
        let check = |change: &dyn Fn(&mut Proposal), key: &str, field: &str| {
            assert_eq!(wrong(change), [(key, field.to_owned())]);
        };
        check(&|p| p.number = " ".into(), "overlay-number-missing", "number");
        check(&|p| p.date = "2024-02-30".into(), "units-no-day", "date");
        check(&|p| p.date = "2999-01-01".into(), "overlay-signed-later", "date");
        check(&|p| p.issuer = String::new(), "overlay-issuer-missing", "issuer");
        check(&|p| p.from = "2026-01-01".into(), "overlay-outside-set", "from");
        check(&|p| p.to = "2024-02-01".into(), "overlay-ends-before", "to");
        check(&|p| p.thresholds[0].value = "101".into(), "overlay-over-hundred", "thresholds/2.1");
        check(&|p| p.thresholds[0].value = "-1".into(), "overlay-negative", "thresholds/2.1");
        check(&|p| p.thresholds[0].value = "nhiều".into(), "overlay-no-number", "thresholds/2.1");
        check(&|p| p.thresholds[0].value = "1.000".into(), "values-ambiguous", "thresholds/2.1");
        check(&|p| p.thresholds[0].no = "3.1".into(), "overlay-not-open", "thresholds/3.1");
        check(&|p| p.thresholds[0].no = "99".into(), "overlay-no-indicator", "thresholds/99");
        check(&|p| p.thresholds.push(p.thresholds[0].clone()), "overlay-twice", "thresholds/2.1");
        check(&|p| p.thresholds.clear(), "overlay-nothing", "thresholds");
        check(&|p| p.set = "none".into(), "overlay-no-set", "set");
        Ok(())
    });
}

#[test]
fn a_confirmation_takes_the_mark_away_and_says_by_which_document() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let page = format!("/bo-tieu-chi/{SET}/1.1");
        let before = visitor.get(&page, false).await?.text();
        assert!(!before.contains("15/QĐ-TTg"), "{before}");
        // The list of what is not confirmed leads there, for those who may.
        let unsure = "/nguon-va-phuong-phap/can-xac-nhan";
        let link = format!("/quan-tri/xac-nhan/moi?bo={SET}&amp;chi_tieu=1.1");
        assert!(visitor.get(unsure, true).await?.text().contains(&link));
        assert!(!visitor.get(unsure, false).await?.text().contains("/quan-tri/"), "nothing for others");
        let form = visitor.get(&format!("/quan-tri/xac-nhan/moi?bo={SET}&chi_tieu=1.1"), true).await?;
        assert_eq!(form.status, OK);
        assert!(form.text().contains("name=\"c:1.1\" value=\"1\" checked"), "{}", form.text());

        let sent = format!("set={SET}&number=15%2FQĐ-TTg&date=2024-01-02&issuer=Thủ+tướng&document=&c%3A1.1=1");
        // Incomplete: what was typed stays.
        let wrong = visitor.post("/quan-tri/xac-nhan/xem-truoc", FORM, sent.replace("2024-01-02", "")).await?;
        assert_eq!(wrong.status, 422);
        assert!(
            wrong.text().contains("href=\"#date\"") && wrong.text().contains("value=\"15/QĐ-TTg\""),
            "{}",
            wrong.text()
        );
        let preview = visitor.post("/quan-tri/xac-nhan/xem-truoc", FORM, sent.clone()).await?;
        assert_eq!(preview.status, OK, "{}", preview.text());
        assert!(preview.text().contains("name=\"seen\" value=\"0\""), "{}", preview.text());
        let done = format!("{sent}&seen=0&key=k1");
        for _ in 0..2 {
            let answer = visitor.post("/quan-tri/xac-nhan/ban-hanh", FORM, done.clone()).await?;
            assert_eq!(answer.leads_to(), Some("/quan-tri/xac-nhan?da_luu=1"), "{}", answer.text());
        }
        let again = visitor.post("/quan-tri/xac-nhan/ban-hanh", FORM, done.replace("k1", "k2")).await?;
        assert_eq!(again.status, 422, "it is confirmed already: {}", again.text());
        let after = visitor.get(&page, false).await?.text();
        assert!(after.contains("15/QĐ-TTg, Thủ tướng"), "{after}");
        let list = visitor.get("/quan-tri/xac-nhan", true).await?.text();
        assert!(list.contains("15/QĐ-TTg") && list.contains("quản trị tại máy"), "{list}");
        for path in [
            "/quan-tri/xac-nhan",
            "/quan-tri/nguong",
            "/en/quan-tri/nguong",
            "/quan-tri/nguong/moi?bo=commune-2026-2030",
        ] {
            let answer = visitor.get(path, true).await?;
            assert_eq!(answer.status, OK, "{path}: {}", answer.text());
            assert!(visitor.get(path, false).await?.status >= 300, "{path} is not for everybody");
        }
        for kind in ["csv", "xlsx"] {
            assert_eq!(visitor.get(&format!("/quan-tri/xac-nhan.{kind}?q=15"), true).await?.status, OK);
        }
        Ok(())
    });
}

#[test]
fn programs_lay_thresholds_on_with_a_preview_and_end_them() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let json = [("content-type", "application/json"), ("idempotency-key", "a")];
        let body = serde_json::to_vec(&decision(&[("2.1", "100")]))?;
        let preview = visitor.give("/api/v1/overlays/preview", &json[..1], body.clone()).await?.json()?;
        assert!(preview["changed"].as_u64() >= Some(1), "{preview}");
        assert_eq!(preview["verdicts"][0]["after"]["verdict"], "failed", "{preview}");
        let answer = visitor.give("/api/v1/overlays", &json, body.clone()).await?.json()?;
        let again = visitor.give("/api/v1/overlays", &json, body).await?.json()?;
        assert_eq!(answer, again);
        let list = visitor.get("/api/v1/overlays?kind=thresholds", true).await?.json()?;
        assert_eq!(
            (list["count"].as_i64(), list["overlays"][0]["number"].as_str()),
            (Some(1), Some("12/2024/QĐ-UBND"))
        );
        let wrong =
            visitor.give("/api/v1/overlays", &json[..1], serde_json::to_vec(&decision(&[("3.1", "1")]))?).await?;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.json()?["problems"].as_array().map(Vec::len), Some(1), "{}", wrong.text());
        let end = format!("/api/v1/overlays/{}/end", answer["id"]);
        let ended =
            visitor.give(&end, &json[..1], r#"{"last": "2024-06-30", "why": "thay bằng văn bản khác"}"#).await?;
        assert_eq!(ended.status, OK, "{}", ended.text());
        assert_eq!(visitor.give(&end, &json[..1], r#"{"last": "2024-12-31", "why": "x"}"#).await?.status, 422);
        assert_eq!(visitor.give("/api/v1/overlays/99/end", &json[..1], r#"{"why": "x"}"#).await?.status, 404);
        Ok(())
    });
}

#[test]
fn a_site_that_runs_shows_what_another_process_changed_in_its_next_answer() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        // One site, with its finished pages and its index of what can be found.
        let (site, routes) = visitor.site(false)?;
        let app = web::app(site, routes);
        let ask = |path: &'static str| {
            let app = app.clone();
            async move {
                let peer: std::net::SocketAddr = ([127, 0, 0, 1], 5000).into();
                let request = axum::http::Request::get(path).header("host", "127.0.0.1:8080");
                let request = request.extension(axum::extract::ConnectInfo(peer)).body(axum::body::Body::empty())?;
                let answer = tower::ServiceExt::oneshot(app, request).await?;
                let body = axum::body::to_bytes(answer.into_body(), 10_000_000).await?;
                anyhow::Ok(String::from_utf8_lossy(&body).replace("&#x2f;", "/"))
            }
        };
        let (page, why) = ("/bo-tieu-chi/commune-2021-2025/2.1", "/xa/250/chi-tieu/2.1?nam=2024");
        for path in [page, why, page, why] {
            assert!(!ask(path).await?.contains("12/2024/QĐ-UBND"), "{path}");
        }
        let other = prepared(&store, true).await?;
        lay(&store, &other, &decision(&[("2.1", "100")])).await?;
        for path in [page, why] {
            let text = ask(path).await?;
            assert!(text.contains("12/2024/QĐ-UBND"), "{path}: {text}");
        }
        Ok(())
    });
}

#[test]
fn a_confirmation_by_program_has_its_document_beside_its_citation_for_everybody() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let json = [("content-type", "application/json"), ("idempotency-key", "a")];
        let confirmation = Proposal {
            kind: What::Confirmation,
            from: String::new(),
            thresholds: vec![Threshold { no: "1.1".into(), ..Threshold::default() }],
            ..decision(&[])
        };
        let body = serde_json::to_vec(&confirmation)?;
        let preview = visitor.give("/api/v1/overlays/preview", &json[..1], body.clone()).await?;
        assert_eq!(preview.status, OK, "{}", preview.text());
        let made = visitor.give("/api/v1/overlays", &json, body.clone()).await?.json()?;
        assert_eq!(visitor.give("/api/v1/overlays", &json, body.clone()).await?.json()?, made, "twice");
        let again = visitor.give("/api/v1/overlays", &json[..1], body).await?;
        assert_eq!(again.status, 422, "it is confirmed already: {}", again.text());
        let page = visitor.get(&format!("/bo-tieu-chi/{SET}/1.1"), false).await?.text();
        assert!(page.contains("12/2024/QĐ-UBND, UBND tỉnh Tuyên Quang"), "{page}");

        let (id, key) = (made["id"].as_i64().unwrap_or(0), [("idempotency-key", "f")]);
        let path = |name: &str| format!("/api/v1/overlays/{id}/files?name={name}");
        for (name, body, status) in [("x.html", "<b>", 422), ("", "x", 422), ("x.pdf", "", 422)] {
            assert_eq!(visitor.give(&path(name), &[], body).await?.status, status, "{name:?}");
        }
        assert_eq!(visitor.give("/api/v1/overlays/99/files?name=x.pdf", &[], "%PDF").await?.status, 404);
        assert!(visitor.give_as_reader(&path("x.pdf"), "%PDF").await?.status >= 401);
        let kept = visitor.give(&path("quyet-dinh.pdf"), &key, "%PDF scan").await?.json()?;
        assert_eq!(visitor.give(&path("quyet-dinh.pdf"), &key, "%PDF scan").await?.json()?, kept, "twice");
        let address = kept["address"].as_str().unwrap_or_default().to_owned();
        let file = visitor.get(&address, false).await?;
        assert_eq!((file.status, &file.body[..]), (OK, &b"%PDF scan"[..]), "anybody reads it");
        let list = visitor.get("/api/v1/overlays?kind=confirmation", true).await?.json()?;
        assert_eq!(list["overlays"][0]["files"][0]["name"], "quyet-dinh.pdf", "{list}");
        // On the page: a form of its own, what is wrong at its document.
        let form = |name: &str, text: &str| {
            format!(
                "--x\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nk1\r\n--x\r\n\
                 content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--x--\r\n"
            )
        };
        let (at, kind) = (format!("/quan-tri/nguong/{id}/tep"), "multipart/form-data; boundary=x");
        let wrong = visitor.post(&at, kind, form("trang.html", "<b>")).await?;
        assert!(wrong.status == 422 && wrong.text().contains("trang.html"), "{}", wrong.text());
        for _ in 0..2 {
            let sent = visitor.post(&at, kind, form("phu-luc.pdf", "%PDF two")).await?;
            assert_eq!(sent.leads_to(), Some("/quan-tri/xac-nhan?da_luu=1"), "{}", sent.text());
        }
        let list = visitor.get("/quan-tri/xac-nhan", true).await?.text();
        assert_eq!(list.matches("phu-luc.pdf").count(), 1, "{list}");
        assert!(list.contains(&address), "{list}");
        Ok(())
    });
}

#[test]
fn a_preview_counts_no_verdict_of_a_closed_year_as_nothing_of_it_is_judged_again() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        rejudge::if_changed(&mut tx, &law).await?;
        tx.commit().await?;
        // In the year before, the one figure that there is meets what is asked.
        let asks = limit(&law, "2.1", 2023).expect("the illustration asks a number");
        let plan = law.plan(SET, rulebook::values::year_end(2023)).expect("the set");
        let measure = plan.measures[plan.book.node("2.1").expect("indicator 2.1")].expect("its measure");
        let key = Key { unit: COMMUNE, year: 2023, measure, origin: Origin::Declared };
        let figure = Entry::new(key, Value::Number(asks.parse().expect("a number")));
        save(&store, &law, &[figure], true).await?;
        let asked = Proposal { from: "2023-03-01".into(), ..decision(&[("2.1", "100")]) };
        let overlay = asked.check(law.library(), CLOCK.today()).expect("it fits");
        let of_years = |trial: &trial::Trial| {
            let public = trial.changes.iter().filter(|c| c.published);
            public.map(|c| (c.unit, c.set.clone(), c.period.clone())).collect::<Vec<_>>()
        };
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let open = trial::of_overlay(&mut tx, &law, &overlay).await?;
        drop(tx);
        let place = |year: &str| (COMMUNE, SET.to_owned(), year.to_owned());
        assert_eq!(of_years(&open), [place("2023"), place("2024")], "both years are open");

        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        closed::close_year(&mut tx, UnitId(206), 2024, "abc").await?;
        tx.commit().await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let trial = trial::of_overlay(&mut tx, &law, &overlay).await?;
        drop(tx);
        assert_eq!(of_years(&trial), [place("2023")]);
        assert!(trial.judged < open.judged, "{} of {}", trial.judged, open.judged);

        lay(&store, &law, &asked).await?;
        run_jobs(&store, &law).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let (_, list, _) = rejudge::last(&mut tx, 0, 100).await?;
        let did: Vec<_> = list.iter().map(|r| (r.unit, r.set.clone(), r.period.clone())).collect();
        assert_eq!(of_years(&trial), did, "the preview said it");
        Ok(())
    });
}

#[test]
fn an_end_that_is_refused_stands_where_it_was_sent_from_with_what_was_typed() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let first = lay(&store, &visitor.law, &decision(&[("2.1", "100")])).await?;
        let law = current(&store, &visitor.law).await?;
        let other = Proposal { number: "77/2024/QĐ-UBND".into(), ..decision(&[("2.2", "70")]) };
        lay(&store, &law, &other).await?;
        // Sorted and searched, the list keeps both in the form of each row.
        let list = visitor.get("/quan-tri/nguong?q=12&sap=number", true).await?.text();
        assert!(!list.contains("77/2024"), "{list}");
        assert!(list.contains("ket-thuc?q=12&amp;sap=number"), "{list}");
        let by_number = visitor.get("/quan-tri/nguong?sap=number", true).await?.text();
        let newest = visitor.get("/quan-tri/nguong", true).await?.text();
        let before = |text: &str| text.find("12/2024/QĐ").expect("one") < text.find("77/2024").expect("the other");
        assert!(before(&by_number) && !before(&newest), "{by_number}");

        let end = format!("/quan-tri/nguong/{first}/ket-thuc");
        let sent = "key=k1&last=2024-13-99&why=Thay+b%E1%BA%B1ng+v%C4%83n+b%E1%BA%A3n+kh%C3%A1c";
        let wrong = visitor.post(&format!("{end}?q=12"), FORM, sent).await?;
        let page = wrong.text();
        assert_eq!(wrong.status, 422, "{page}");
        assert!(!page.contains("77/2024") && page.contains("href=\"#last-"), "{page}");
        assert!(page.contains("Thay bằng văn bản khác") && page.contains("value=\"2024-13-99\""), "{page}");
        assert!(page.contains("aria-invalid=\"true\""), "at its field: {page}");
        // On a page where the document does not stand, it is said all the same.
        let without = visitor.post(&format!("{end}?trang=9"), FORM, "key=k2&last=2024-06-30&why=+").await?;
        assert_eq!(without.status, 422);
        assert!(without.text().contains("Chưa nêu lý do"), "{}", without.text());
        let done = visitor.post(&format!("{end}?q=12"), FORM, "key=k3&last=2024-06-30&why=x").await?;
        assert_eq!(done.leads_to(), Some("/quan-tri/nguong?da_luu=1"), "{}", done.text());
        Ok(())
    });
}
