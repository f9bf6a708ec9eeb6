//! Small words that several pages say the same way.

use crate::model::{Action, After, Campaign, Course, Criterion, State, Term};
use facts::Law;
use kernel::{Day, Period, PersonId, Phrase, WorkDays};
use locale::Lang;
use minijinja::{Value, context};
use std::collections::HashMap;
use web::Ctx;

/// A state: its word, and the class that gives it sign and colour.
pub fn state(lang: Lang, state: State) -> Value {
    let class = match state {
        State::Empty => "without",
        State::Draft => "incomplete",
        State::Sent => "to-be-confirmed",
        State::Returned => "failed",
        State::Accepted | State::Confirmed | State::Locked => "passed",
    };
    context! { name => state.name(), word => locale::word(lang, state.key()), class => class }
}

/// How far a campaign has come.
pub fn course(lang: Lang, course: Course) -> Value {
    let class = match course {
        Course::Draft => "without",
        Course::Open => "incomplete",
        Course::Closed => "passed",
    };
    let word = locale::say_key(lang, &format!("reporting-course-{}", course.name()), &[]);
    context! { name => course.name(), word => word, class => class }
}

/// A period in words: năm 2025, 6 tháng đầu năm 2025, quý III năm 2025.
pub fn period(lang: Lang, period: Period) -> String {
    let year = period.year().to_string();
    let phrase = match period {
        Period::Half(_, half) => Phrase::new("reporting-half").with("half", i64::from(half)),
        Period::Quarter(_, quarter) => Phrase::new("reporting-quarter").with("quarter", i64::from(quarter)),
        _ => Phrase::new("reporting-year"),
    };
    locale::say(lang, &phrase.with("year", year))
}

/// The day of a request, and which days State bodies work on.
pub struct Today {
    pub day: Day,
    work: WorkDays,
}

/// Cost: the calendar, some twenty rows a year.
pub async fn today(ctx: &Ctx, tx: &mut impl ::store::Query) -> ::store::Result<Today> {
    Ok(Today { day: ctx.site.clock.today(), work: units::calendar::of(tx).await? })
}

/// How long there is until a day: days left and how many of them are worked, today, days late.
pub fn left(lang: Lang, due: Day, today: &Today) -> String {
    let days = due.epoch_days() - today.day.epoch_days();
    let phrase = match days {
        0 => Phrase::new("reporting-due-today"),
        1.. => {
            let work = i64::from(today.work.working_between(today.day, due));
            Phrase::new("reporting-days-left").with("count", days).with("work", work)
        }
        _ => Phrase::new("reporting-days-late").with("count", -days),
    };
    locale::say(lang, &phrase)
}

/// From which day a term runs.
pub fn after(lang: Lang, after: After) -> String {
    locale::say_key(lang, &format!("reporting-after-{}", after.name().replace('_', "-")), &[])
}

/// A deadline as so many working days: which, and whether every day until then is announced.
fn term(lang: Lang, one: &Campaign, term: Option<Term>, due: Day, today: &Today) -> Option<Value> {
    let term = term?;
    let phrase = Phrase::new("reporting-term").with("count", i64::from(term.days));
    let text = locale::say(lang, &phrase.with("after", after(lang, term.after)));
    Some(context! { text => text, sure => today.work.is_sure(one.opens.min(due), due) })
}

/// What an action is called.
pub fn action(lang: Lang, action: Action) -> String {
    locale::say_key(lang, &format!("reporting-action-{}", action.name()), &[])
}

/// The title of a set.
pub fn set(lang: Lang, law: &Law, id: &str) -> String {
    law.library().set(id).map_or_else(|| id.to_owned(), |set| lang.pick(&set.title_vi, &set.title_en).clone())
}

/// The name of a criterion.
pub fn criterion(lang: Lang, law: &Law, one: &Criterion) -> String {
    let set = law.library().set(&one.set);
    let found = set.and_then(|set| set.criteria.iter().find(|criterion| criterion.no == one.no));
    found.map_or_else(String::new, |criterion| lang.pick(&criterion.name_vi, &criterion.name_en).clone())
}

/// A role by its name in the store.
pub fn role(lang: Lang, actor: &str) -> String {
    let (role, _) = kernel::actor::of_name(actor);
    locale::say_key(lang, &format!("role-{}", role.replace('_', "-")), &[])
}

/// Who did something: their name where it is known, and their role where that is.
pub fn who(lang: Lang, people: &HashMap<PersonId, String>, person: Option<PersonId>, actor: &str) -> String {
    match person.and_then(|person| people.get(&person)) {
        Some(name) if actor.is_empty() => name.clone(),
        None if actor.is_empty() => String::new(),
        Some(name) => format!("{name} ({})", role(lang, actor)),
        None => role(lang, actor),
    }
}

/// The names of people. Cost: those people.
pub async fn names(
    tx: &mut impl ::store::Query,
    people: impl Iterator<Item = PersonId>,
) -> ::store::Result<HashMap<PersonId, String>> {
    let mut ids: Vec<PersonId> = people.collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(identity::store::many(tx, &ids).await?.into_iter().map(|(id, person)| (id, person.name)).collect())
}

/// A campaign as pages head it.
pub fn campaign(ctx: &Ctx, law: &Law, one: &Campaign, today: &Today) -> Value {
    let sets: Vec<String> = one.sets.iter().map(|id| set(ctx.lang, law, id)).collect();
    context! {
        id => one.id, name => one.name, href => ctx.link(&format!("/bao-cao/{}", one.id)), period => period(ctx.lang, one.period),
        course => course(ctx.lang, one.course), opens => locale::date(one.opens), due => locale::date(one.due),
        review_due => locale::date(one.review_due), left => left(ctx.lang, one.due, today),
        due_term => term(ctx.lang, one, one.terms.due, one.due, today), review_term => term(ctx.lang, one, one.terms.review, one.review_due, today),
        moved => one.terms.moved.map(|moved| context! { on => locale::date(moved.on), due => locale::date(moved.due), review_due => locale::date(moved.review_due) }),
        late => one.course == Course::Open && one.due < today.day, sets => sets, as_of => locale::date(one.as_of),
        with_year => one.closed_with.map(|id| context! { href => ctx.link(&format!("/tong-hop/{id}")), year => one.year().to_string() }),
    }
}
