//! A campaign prepared, changed, opened, closed; who reviews what.

use super::{Fields, after, campaign, law, say};
use crate::{
    campaigns,
    model::{After, Campaign, Course, Criterion, Term, Terms},
    rules, store as kept,
};
use ::store::StoreError;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use facts::Law;
use kernel::{AgencyId, Day, Period, Phrase, UnitId, WorkDays};
use minijinja::{Value, context};
use std::collections::BTreeMap;
use web::{Ctx, Form, Outcome, Path, Repeatable};

fn day(text: &str) -> Option<Day> {
    text.trim().parse().ok()
}

/// What is proposed for a new campaign: the year under way, its main commune set, days of November and December.
fn proposal(ctx: &Ctx, law: &Law) -> Fields {
    let year = ctx.site.clock.today().year();
    let sets = law.main_set(rulebook::Level::Commune, year).map(|set| set.set.clone());
    let mut fields = Fields::new();
    let name = locale::say(ctx.lang, &Phrase::new("reporting-name-proposed").with("year", year.to_string()));
    for (field, value) in [
        ("name", name),
        ("period", year.to_string()),
        ("as_of", format!("{year:04}-12-31")),
        ("opens", ctx.site.clock.today().to_string()),
        ("due", format!("{year:04}-12-15")),
        ("review_due", format!("{year:04}-12-31")),
        ("doubts_stop", "1".to_owned()),
    ] {
        fields.insert(field.to_owned(), value);
    }
    fields.extend(sets.map(|set| (format!("set.{set}"), "1".to_owned())));
    fields
}

/// `GET /bao-cao/moi`. Cost: the provinces.
pub async fn begin(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let fields = proposal(&ctx, &law);
    form(&ctx, &law, &fields, None, StatusCode::OK, &[]).await
}

/// A term of a form: nothing where no days are given.
fn term(fields: &Fields, days: &'static str, after: &str, found: &mut Vec<(&'static str, Phrase)>) -> Option<Term> {
    let text = fields.get(days).map(|text| text.trim()).filter(|text| !text.is_empty())?;
    let after = fields.get(after).and_then(|name| After::from_name(name)).unwrap_or(After::Opens);
    let term = text.parse().ok().map(|days| Term { days, after }).filter(rules::runs);
    if term.is_none() {
        found.push((days, Phrase::new("reporting-bad-term")));
    }
    term
}

/// What a form says of a campaign, its terms counted by this calendar; days, terms and periods that do not read are wrong at
/// their field.
fn read(
    law: &Law,
    work: &WorkDays,
    fields: &Fields,
    before: Option<&Campaign>,
) -> (Option<Campaign>, Vec<(&'static str, Phrase)>) {
    let text = |name: &str| fields.get(name).map_or("", |value| value.trim());
    let mut found = Vec::new();
    let terms = Terms {
        due: term(fields, "due_days", "due_after", &mut found),
        review: term(fields, "review_days", "review_after", &mut found),
        moved: None,
    };
    let terms_read = found.is_empty();
    let mut one = |name: &'static str| {
        // A day that a term leads to need not be given.
        let led = (name == "due" && terms.due.is_some()) || (name == "review_due" && terms.review.is_some());
        let read = day(text(name)).or(led.then(|| Day::from_epoch_days(0)));
        if read.is_none() {
            found.push((name, Phrase::new("reporting-bad-day")));
        }
        read
    };
    let days = (one("opens"), one("due"), one("review_due"));
    let as_of = before.map_or_else(|| one("as_of"), |before| Some(before.as_of));
    let period = before.map_or_else(|| text("period").to_uppercase().parse::<Period>().ok(), |one| Some(one.period));
    if period.is_none() {
        found.push(("period", Phrase::new("reporting-bad-period")));
    }
    let ((Some(opens), Some(due), Some(review_due)), Some(as_of), Some(period)) = (days, as_of, period) else {
        return (None, found);
    };
    // In the order in which the law lists its sets, the main one first.
    let mut named: Vec<_> =
        law.library().sets().filter(|set| fields.contains_key(&format!("set.{}", set.set))).collect();
    named.sort_by_key(|set| !set.main);
    let sets = before.map_or_else(|| named.iter().map(|set| set.set.clone()).collect(), |one| one.sets.clone());
    let new = Campaign {
        id: before.map_or(0, |one| one.id),
        name: text("name").to_owned(),
        period,
        province: UnitId(text("province").parse().unwrap_or(before.map_or(0, |one| one.province.0))),
        sets,
        as_of,
        opens,
        due,
        review_due,
        terms,
        comments_stop: fields.contains_key("comments_stop"),
        doubts_stop: fields.contains_key("doubts_stop"),
        course: before.map_or(Course::Draft, |one| one.course),
        version: text("version").parse().unwrap_or(0),
        at: kernel::Moment(0),
        closed_with: None,
    };
    let mut new = rules::by_calendar(&new, work, None);
    // What moved before is told as long as the terms stay as they are.
    new.terms.moved = before
        .filter(|one| (one.terms.due, one.terms.review) == (terms.due, terms.review))
        .and_then(|one| one.terms.moved);
    found.extend(campaigns::wrong(law, &new));
    (Some(new).filter(|_| found.is_empty() && terms_read), found)
}

async fn form(
    ctx: &Ctx,
    law: &Law,
    fields: &Fields,
    of: Option<&Campaign>,
    status: StatusCode,
    wrong: &[(&'static str, Phrase)],
) -> Outcome {
    let mut tx = ctx.read().await?;
    let today = say::today(ctx, &mut tx).await?;
    let as_of = fields.get("as_of").and_then(|text| day(text)).unwrap_or(today.day);
    let provinces = units::store::provinces(&mut tx, as_of).await?;
    let chosen = units::home().province(&provinces, None).map(|province| province.id.0);
    let provinces: Vec<Value> = provinces
        .iter()
        .map(|one| context! { id => one.id.0, name => one.name, chosen => Some(one.id.0) == chosen })
        .collect();
    let sets: Vec<Value> = law
        .library()
        .sets()
        .filter(|set| set.applies.level == rulebook::Level::Commune)
        .map(|set| {
            let title = ctx.lang.pick(&set.title_vi, &set.title_en);
            context! { id => set.set, title => title, chosen => fields.contains_key(&format!("set.{}", set.set)) }
        })
        .collect();
    let errors: Vec<Value> = wrong
        .iter()
        .map(|(field, phrase)| context! { href => format!("#{field}"), text => locale::say(ctx.lang, phrase) })
        .collect();
    let said: BTreeMap<&str, String> =
        wrong.iter().map(|(field, phrase)| (*field, locale::say(ctx.lang, phrase))).collect();
    let (reviewers, agencies) = match of {
        Some(one) => (kept::reviewers(&mut tx, one.id).await?, units::store::agencies(&mut tx).await?),
        None => Default::default(),
    };
    let table: Vec<Value> = of
        .map(|one| &one.sets[..])
        .unwrap_or_default()
        .iter()
        .filter_map(|id| law.library().set(id))
        .map(|set| {
            let rows: Vec<Value> = set
                .criteria
                .iter()
                .map(|criterion| {
                    let named = Criterion { set: set.set.clone(), no: criterion.no.clone() };
                    context! { no => criterion.no, name => ctx.lang.pick(&criterion.name_vi, &criterion.name_en),
                    field => format!("cq.{}|{}", set.set, criterion.no), agency => reviewers.get(&named).map(|a| a.0) }
                })
                .collect();
            context! { title => ctx.lang.pick(&set.title_vi, &set.title_en), rows => rows }
        })
        .collect();
    let day_of = of.map_or_else(|| ctx.site.clock.today(), |one| one.as_of);
    let agencies: Vec<Value> = agencies
        .iter()
        .filter(|agency| {
            agency.valid_from.is_none_or(|from| from <= day_of) && agency.valid_to.is_none_or(|to| day_of <= to)
        })
        .map(|agency| context! { id => agency.id, name => ctx.lang.pick(&agency.name_vi, &agency.name_en) })
        .collect();
    let afters: Vec<Value> = After::ALL
        .iter()
        .map(|after| context! { id => after.name(), word => say::after(ctx.lang, *after), review_only => *after == After::Due })
        .collect();
    let course = of.map(|one| one.course);
    let turns: Vec<Value> = Course::ALL
        .iter()
        .filter(|to| course.is_some_and(|from| rules::turns(from, **to)))
        .map(|to| {
            let key = |part: &str| format!("reporting-turn-{part}-{}", to.name());
            let word = |part: &str| locale::say_key(ctx.lang, &key(part), &[]);
            context! { name => to.name(), word => word("do"), means => word("means") }
        })
        .collect();
    let base = of.map_or_else(|| "/bao-cao/moi".to_owned(), |one| format!("/bao-cao/{}/cai-dat", one.id));
    let of_id = |path: &str| of.map(|one| ctx.link(&format!("/bao-cao/{}/{path}", one.id)));
    ctx.page_with(
        status,
        "reporting_settings.html",
        context! {
            title => of.map_or_else(|| locale::word(ctx.lang, "reporting-new"), |one| one.name.clone()),
            campaign => of.map(|one| say::campaign(ctx, law, one, &today)), fields => fields, wrong => said, errors => errors, sets => sets,
            provinces => provinces, table => table, agencies => agencies, afters => afters, turns => turns, action => ctx.link(&base),
            assign => of_id("phan-cong"), turn => of_id("chuyen"), key => uuid::Uuid::new_v4().to_string(), back => ctx.link("/bao-cao"),
            version => of.map(|one| one.version), may => ctx.may("keep", "campaigns"), calendar => ctx.link("/lich-lam-viec"),
        },
    )
}

/// `POST /bao-cao/moi`: keeps a campaign that is being prepared. Cost: as [`campaigns::add`].
pub async fn add(ctx: Ctx, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    let sent = serde_json::to_vec(&fields)?;
    let repeatable = Repeatable::of_form(&ctx, fields.get("key").map_or("", String::as_str), &sent);
    let there = |id: i64| Ok(Redirect::to(&ctx.link(&format!("/bao-cao/{id}/cai-dat"))).into_response());
    let mut tx = ctx.write().await?;
    units::calendar::hold(&mut tx).await?;
    let (new, wrong) = read(&law, &units::calendar::of(&mut tx).await?, &fields, None);
    let Some(new) = new else {
        drop(tx);
        return form(&ctx, &law, &fields, None, StatusCode::UNPROCESSABLE_ENTITY, &wrong).await;
    };
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return there(answer["id"].as_i64().unwrap_or(0));
    }
    match campaigns::add(&mut tx, &law, &new).await {
        // The form comes back with the provinces of that day.
        Err(StoreError::Refused(problem)) if problem.phrase.key == campaigns::NO_PROVINCE => {
            drop(tx);
            let wrong = [("province", problem.phrase)];
            form(&ctx, &law, &fields, None, StatusCode::UNPROCESSABLE_ENTITY, &wrong).await
        }
        added => {
            let id = added?;
            repeatable.keep(tx, &serde_json::json!({"id": id})).await?;
            there(id)
        }
    }
}

/// What a form shows of a campaign.
fn fields_of(one: &Campaign) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in [
        ("name", one.name.clone()),
        ("period", one.period_name()),
        ("as_of", one.as_of.to_string()),
        ("opens", one.opens.to_string()),
        ("due", one.due.to_string()),
        ("review_due", one.review_due.to_string()),
    ] {
        fields.insert(name.to_owned(), value);
    }
    fields.extend(one.sets.iter().map(|set| (format!("set.{set}"), "1".to_owned())));
    for (name, term) in [("due", one.terms.due), ("review", one.terms.review)] {
        let Some(term) = term else { continue };
        fields.insert(format!("{name}_days"), term.days.to_string());
        fields.insert(format!("{name}_after"), term.after.name().to_owned());
    }
    for (name, stops) in [("comments_stop", one.comments_stop), ("doubts_stop", one.doubts_stop)] {
        if stops {
            fields.insert(name.to_owned(), "1".to_owned());
        }
    }
    fields
}

/// `GET /bao-cao/{campaign}/cai-dat`. Cost: the campaign, a row a criterion, the agencies.
pub async fn page(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    drop(tx);
    form(&ctx, &law, &fields_of(&one), Some(&one), StatusCode::OK, &[]).await
}

fn back(ctx: &Ctx, id: i64) -> Outcome {
    Ok(Redirect::to(&ctx.link(&format!("/bao-cao/{id}?xong=1"))).into_response())
}

/// `POST /bao-cao/{campaign}/cai-dat`: name, days and rules, against the version seen.
pub async fn change(ctx: Ctx, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    units::calendar::hold(&mut tx).await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let (new, wrong) = read(&law, &units::calendar::of(&mut tx).await?, &fields, Some(&one));
    let Some(new) = new else {
        drop(tx);
        return form(&ctx, &law, &fields, Some(&one), StatusCode::UNPROCESSABLE_ENTITY, &wrong).await;
    };
    campaigns::change(&mut tx, &law, &new).await?;
    tx.commit().await?;
    back(&ctx, id)
}

/// `POST /bao-cao/{campaign}/phan-cong`: which agency reviews which criterion.
pub async fn assign(ctx: Ctx, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Outcome {
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let known = units::store::agencies(&mut tx).await?;
    let named = after(&fields, "cq.").filter_map(|(criterion, agency)| {
        let (set, no) = criterion.split_once('|')?;
        let agency: i64 = agency.parse().ok()?;
        let there = one.sets.iter().any(|own| own == set) && known.iter().any(|one| one.id == agency);
        there.then(|| (Criterion { set: set.to_owned(), no: no.to_owned() }, AgencyId(agency)))
    });
    let reviewers: BTreeMap<Criterion, AgencyId> = named.collect();
    campaigns::assign(&mut tx, &one, &reviewers).await?;
    tx.commit().await?;
    back(&ctx, id)
}

/// `POST /bao-cao/{campaign}/chuyen`: opened, closed, opened again. Cost: as [`campaigns::turn`].
pub async fn turn(ctx: Ctx, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    let mut one = campaign(&ctx, &mut tx, id).await?;
    one.version = fields.get("version").and_then(|text| text.parse().ok()).unwrap_or(0);
    let Some(to) = fields.get("to").and_then(|to| Course::from_name(to)) else { return Err(ctx.not_found()) };
    campaigns::turn(&mut tx, &law, &one, to).await?;
    tx.commit().await?;
    back(&ctx, id)
}
