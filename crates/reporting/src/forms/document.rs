//! The report that forms are attached to, in the form of Nghị định 30/2020/NĐ-CP; always in Vietnamese. Its sentences count what the
//! reading holds, and nothing else.

use super::{fill::Filled, gather::Reading, model::Form, told};
use documents::official::{Official, Words};
use facts::Law;
use kernel::{Arg, Day};
use locale::Lang;
use rulebook::{Status, model::Confidence};

/// Official documents are written in Vietnamese, whatever the language of the page.
const LANG: Lang = Lang::Vi;

fn word(key: &'static str) -> String {
    locale::word(LANG, key)
}

fn said(key: &str, args: &[(&str, Arg)]) -> String {
    locale::say_key(LANG, key, args)
}

/// The report of a unit with these forms attached. `address`: where its numbers open their sources. Cost: the cells.
pub fn report(law: &Law, forms: &[(&Form, Filled)], reading: &Reading, today: Day, address: &str) -> Official {
    let unit = &reading.unit;
    let year = || ("year", Arg::Text(reading.year.to_string()));
    let name = || ("unit", Arg::Text(unit.name.clone()));
    let mut body = vec![said("forms-document-first", &[name(), year()])];
    if let Some(now) = reading.years.get(&reading.year).filter(|_| unit.level != "commune") {
        let count = ("count", Arg::Int(now.communes.len() as i64));
        body.push(said("forms-document-communes", &[name(), count, ("day", Arg::Day(now.day))]));
        body.extend(sets(law, forms).into_iter().filter_map(|set| verdicts(law, set, reading)));
    }
    body.push(said("forms-document-trace", &[("address", Arg::Text(address.to_owned()))]));
    if forms.iter().any(|(form, _)| form.confidence != Confidence::Verified) {
        body.push(word("forms-document-confirm"));
    }
    let small = |n: i8| format!("{n:02}");
    // Months from March on, days from the tenth on stand without a zero.
    let month = if today.month() < 3 { small(today.month()) } else { today.month().to_string() };
    let place = units::store::short_name(&unit.name).to_owned();
    let date = [
        ("place", Arg::Text(place)),
        ("day", Arg::Text(small(today.day()))),
        ("month", Arg::Text(month)),
        ("year", Arg::Text(today.year().to_string())),
    ];
    let to = if unit.level == "commune" { "forms-document-to-commune" } else { "forms-document-to-province" };
    Official {
        words: Words {
            nation: word("forms-document-nation"),
            motto: word("forms-document-motto"),
            recipients: word("forms-document-recipients"),
            annex: word("forms-document-annex"),
        },
        parent: String::new(),
        agency: said("forms-document-agency", &[("unit", Arg::Text(unit.name.to_uppercase()))]),
        number: word("forms-document-number"),
        place_date: said("forms-document-place", &date),
        kind: word("forms-document-kind"),
        summary: said("forms-document-summary", &[year()]),
        addressee: word(to),
        body,
        table: None,
        recipients: vec![word("forms-document-copy"), word("forms-document-archive")],
        authority: vec![word("forms-document-authority"), word("forms-document-chair")],
        signer: String::new(),
        annexes: forms.iter().map(|(form, filled)| told::grid(LANG, form, filled, reading)).collect(),
    }
}

/// The sets that forms count, in the law's order.
fn sets<'a>(law: &'a Law, forms: &[(&Form, Filled)]) -> Vec<&'a str> {
    let named = |set: &&str| forms.iter().any(|(form, _)| form.sets().contains(set));
    law.library().sets().map(|book| book.set.as_str()).filter(named).collect()
}

/// How the communes stand to a set; nothing where it is not in force in the year.
fn verdicts(law: &Law, set: &str, reading: &Reading) -> Option<String> {
    let book = law.library().set(set).filter(|book| facts::law::applies(book, reading.year))?;
    let now = reading.years.get(&reading.year)?;
    let judged = |commune: &super::gather::Commune| now.judgements.get(&(commune.unit.id, set.to_owned()));
    let verdicts: Vec<_> = now.communes.iter().filter_map(judged).collect();
    let passed: Vec<_> = verdicts.iter().filter(|v| v.status == Status::Passed).collect();
    let unconfirmed = passed.iter().filter(|v| !v.confirmed).count();
    Some(said(
        "forms-document-verdicts",
        &[
            ("set", Arg::Text(book.title_vi.clone())),
            ("passed", Arg::Int(passed.len() as i64)),
            ("unconfirmed", Arg::Int(unconfirmed as i64)),
            ("without", Arg::Int((now.communes.len() - verdicts.len()) as i64)),
        ],
    ))
}
