//! What nobody has confirmed yet, each with its place: indicators, amendments, measures, notes on measures that look alike.

use super::{Asked, PER, cells, confidence, confidence_word, take_away};
use crate::{
    Law,
    pages::{about, law},
};
use documents::list_out::Kind;
use minijinja::{Value, context};
use rulebook::{Confidence, Traits, requirement::requirement};
use web::{Asking, Ctx, Outcome};

const ORDERS: [&str; 2] = ["confidence", "text"];

/// Something to be confirmed.
pub struct Unsure {
    /// Where it stands: a set, or the dictionary.
    place: String,
    no: String,
    text: String,
    /// What is not sure of it.
    what: String,
    source: String,
    confidence: Confidence,
    href: String,
    /// Of an indicator its set: a document may confirm it.
    set: Option<String>,
}

/// Everything that is not verified, as the law stands at the end of each set's time.
pub fn all(ctx: &Ctx, law: &Law) -> Vec<Unsure> {
    let (mut found, lang) = (Vec::new(), ctx.lang);
    let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
    let library = law.library().without_illustrations();
    for set in library.sets() {
        let place = lang.pick(&set.title_vi, &set.title_en);
        let year = set.applies.to.unwrap_or(ctx.site.clock.today()).year();
        let Some(book) = library.in_force(&set.set, rulebook::values::year_end(year)) else { continue };
        let page = format!("/bo-tieu-chi/{}", set.set);
        for amended in &set.decision.amended_by {
            let sure = amended.confidence.unwrap_or(Confidence::Recalled);
            found.push(Unsure {
                place: place.clone(),
                no: amended.number.clone(),
                text: locale::word(lang, "unsure-amendment"),
                what: amended.what.clone().unwrap_or_default(),
                source: amended.source.clone().unwrap_or_default(),
                confidence: sure,
                href: format!("{page}#van-ban"),
                set: None,
            });
        }
        for (at, node) in book.nodes.iter().enumerate() {
            let i = &node.indicator;
            found.push(Unsure {
                place: place.clone(),
                no: i.no.clone(),
                text: lang.pick(&i.text_vi, &i.text_en).clone(),
                what: locale::say(lang, &requirement(&book, at, &traits, year)),
                source: i.source.clone().unwrap_or_default(),
                confidence: i.confidence,
                href: format!("{page}/{}", i.no),
                set: Some(set.set.clone()),
            });
        }
    }
    let dictionary = locale::word(lang, "dictionary-title");
    for m in library.measures() {
        found.push(Unsure {
            place: dictionary.clone(),
            no: m.id.clone(),
            text: lang.pick(&m.name_vi, &m.name_en).clone(),
            what: locale::word(lang, "unsure-measure"),
            source: m.source.clone(),
            confidence: m.confidence,
            href: super::dictionary::address(&m.id),
            set: None,
        });
    }
    for s in library.similar() {
        let Some(first) = s.measures.first() else { continue };
        found.push(Unsure {
            place: dictionary.clone(),
            no: s.measures.join("; "),
            text: lang.pick(&s.note_vi, &s.note_en).clone(),
            what: locale::word(lang, "unsure-similar"),
            source: s.source.clone(),
            confidence: s.confidence,
            href: super::dictionary::address(first),
            set: None,
        });
    }
    found.retain(|one| one.confidence != Confidence::Verified);
    found
}

fn list(ctx: &Ctx, asked: &Asked) -> Vec<Unsure> {
    let mut found = all(ctx, &law(ctx));
    found.retain(|one| asked.finds(&[&one.place, &one.no, &one.text, &one.what, &one.source]));
    match asked.sap.as_str() {
        "confidence" => found.sort_by_key(|one| one.confidence),
        "text" => found.sort_by_cached_key(|one| kernel::text::order_key(&one.text)),
        _ => {}
    }
    found
}

/// `GET /nguon-va-phuong-phap/can-xac-nhan`: a page of it. Cost: no row.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let found = list(&ctx, &asked);
    let (some, pages) = web::page_of(&found, &asked.trang, PER);
    let may = ctx.may("overlay", "law");
    let confirm = |one: &Unsure| {
        let set = one.set.as_ref().filter(|_| may)?;
        Some(ctx.link(&format!("/quan-tri/xac-nhan/moi?bo={set}&chi_tieu={}", one.no)))
    };
    let row = |one: &Unsure| {
        context! {
            confirm => confirm(one),
            place => one.place, no => one.no, text => one.text, what => one.what, source => one.source,
            confidence => confidence(&ctx, one.confidence), href => ctx.link(&one.href),
        }
    };
    ctx.page(
        "unsure.html",
        context! {
            title => locale::word(ctx.lang, "unsure-title"), meta => about::within_sources(&ctx, "meta-unsure"),
            rows => some.iter().map(row).collect::<Vec<Value>>(), count => found.len(), pages => pages, q => asked.q,
            sap => asked.sap, orders => ORDERS, kept => asked.kept(),
        },
    )
}

/// `GET /nguon-va-phuong-phap/can-xac-nhan.csv`: all that the search finds. Cost: no row.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv)
}

/// `GET /nguon-va-phuong-phap/can-xac-nhan.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx)
}

const HEADINGS: [&str; 6] =
    ["unsure-place", "set-no", "unsure-text", "unsure-what", "set-source", "sources-confidence"];

fn export(ctx: &Ctx, asked: &Asked, file: Kind) -> Outcome {
    let line = |one: &Unsure| {
        cells([&one.place, &one.no, &one.text, &one.what, &one.source, &confidence_word(ctx, one.confidence)])
    };
    let rows = list(ctx, asked).iter().map(line).collect();
    take_away(ctx, "can-xac-nhan", "unsure-sheet", &HEADINGS, rows, file)
}
