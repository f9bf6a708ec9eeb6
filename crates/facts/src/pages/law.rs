//! The law, browsable: sets, their criteria and indicators, each with its citation; and sources and method.

pub mod compare;
pub mod dictionary;
pub mod indicator;
pub mod package;
pub mod set;
pub mod sources;
pub mod unsure;

use super::{about, law, say};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Phrase, text};
use minijinja::{Value, context};
use rulebook::Confidence;
use serde::Deserialize;
use web::{Ctx, Outcome};

/// Rows on one page of a list.
const PER: i64 = 50;

/// `GET /bo-tieu-chi`. Cost: no row.
pub async fn sets(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let sets: Vec<Value> = law.library().sets().map(|s| describe(&ctx, s)).collect();
    ctx.page("sets.html", context! { title => locale::word(ctx.lang, "sets-title"), meta => about::plain(&ctx, Phrase::new("meta-sets")), sets => sets, admin => ctx.may("read", "law administration") })
}

fn describe(ctx: &Ctx, set: &rulebook::Rulebook) -> Value {
    let (mut indicators, mut sure) = (0, 0);
    set.walk(|_, i| {
        indicators += 1;
        sure += usize::from(i.confidence == Confidence::Verified);
    });
    context! {
        id => set.set, title => ctx.lang.pick(&set.title_vi, &set.title_en), decision => set.decision.number,
        date => say::signed(&set.decision.date), issuer => set.decision.issuer, criteria => set.criteria.len(), indicators => indicators,
        verified => sure, confidence => confidence(ctx, set.decision.confidence.unwrap_or(Confidence::Recalled)), href => ctx.link(&format!("/bo-tieu-chi/{}", set.set)),
        listed => set.counts.as_ref().map(|c| c.indicators_listed), of => set.counts.as_ref().map(|c| c.indicators),
    }
}

/// What a list of the law is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words that must be there; diacritics do not matter.
    q: String,
    /// The number of a criterion; all without one.
    tc: String,
    /// What it is ordered by.
    sap: String,
    /// Page, from 1.
    trang: String,
}

impl Asked {
    /// Whether these texts hold what is searched for.
    fn finds(&self, texts: &[&str]) -> bool {
        let wanted = text::search_key(self.q.trim());
        texts.iter().any(|t| text::search_key(t).contains(&wanted))
    }

    /// The part of an address that keeps search, filter and order.
    fn kept(&self) -> String {
        let all = [("q", &self.q), ("tc", &self.tc), ("sap", &self.sap)];
        let named = all.into_iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
    }
}

/// How sure something is: its word, and the class that gives it sign and colour.
fn confidence(ctx: &Ctx, confidence: Confidence) -> Value {
    let class = match confidence {
        Confidence::Verified => "passed",
        Confidence::Recalled => "to-be-confirmed",
        Confidence::Unknown => "incomplete",
    };
    context! { word => confidence_word(ctx, confidence), class => class }
}

fn confidence_word(ctx: &Ctx, confidence: Confidence) -> String {
    locale::say_key(ctx.lang, &format!("confidence-{}", confidence.name()), &[])
}

/// Texts as the cells of a row.
fn cells<const N: usize>(texts: [&str; N]) -> Vec<Content> {
    texts.into_iter().map(|text| Content::Text(text.to_owned())).collect()
}

/// Rows under headings in the page's language, as a file; `sheet` names the sheet of a spreadsheet.
fn take_away(
    ctx: &Ctx,
    name: &str,
    sheet: &'static str,
    headings: &[&'static str],
    rows: Vec<Vec<Content>>,
    kind: Kind,
) -> Outcome {
    let headings = headings.iter().map(|key| locale::word(ctx.lang, key)).collect();
    let list = List { name: locale::word(ctx.lang, sheet), headings, rows };
    let name = format!("{name}.{}", kind.extension());
    ctx.download(&name, kind.media_type(), list.bytes(kind, ctx.site.clock.today())?)
}
