//! A criteria set: its decision, and its indicators as a list to search, order, page and take away.

use super::{Asked, PER, cells, describe, take_away};
use crate::{
    law::Plan,
    pages::{about, law},
};
use documents::list_out::Kind;
use minijinja::{Value, context};
use rulebook::{Book, Confidence, Rulebook, Traits, requirement::requirement};
use std::sync::Arc;
use web::{Asking, Ctx, Outcome, Path};

/// What the list can be ordered by; as the law has it where none is named.
const ORDERS: [&str; 3] = ["text", "confidence", "measure"];

/// A set as its last year has it.
struct Shown {
    rulebook: Arc<Rulebook>,
    plan: Arc<Plan>,
    year: i16,
    traits: Traits,
}

impl Shown {
    fn find(ctx: &Ctx, set: &str) -> Option<Shown> {
        let law = law(ctx);
        let rulebook = law.library().set(set)?.clone();
        let year = rulebook.applies.to.unwrap_or(ctx.site.clock.today()).year();
        let plan = law.plan(set, rulebook::values::year_end(year))?;
        // The province's own region, so that thresholds by region show the one that counts here.
        let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
        Some(Shown { rulebook, plan, year, traits })
    }

    fn book(&self) -> &Book {
        &self.plan.book
    }

    /// The indicators and parts that the search finds, in the order asked for.
    fn list(&self, ctx: &Ctx, asked: &Asked) -> Vec<usize> {
        let book = self.book();
        let matches = |&at: &usize| {
            let i = &book.nodes[at].indicator;
            let criterion = &book.criteria[book.nodes[at].criterion].no;
            (asked.tc.is_empty() || *criterion == asked.tc)
                && asked.finds(&[&i.no, &i.text_vi, &i.text_en, i.measure.as_deref().unwrap_or("")])
        };
        let mut list: Vec<usize> = (0..book.nodes.len()).filter(matches).collect();
        let of = |at: usize| &book.nodes[at].indicator;
        match asked.sap.as_str() {
            "text" => {
                list.sort_by_cached_key(|&at| kernel::text::order_key(ctx.lang.pick(&of(at).text_vi, &of(at).text_en)));
            }
            // What nobody has seen comes first.
            "confidence" => list.sort_by_key(|&at| of(at).confidence),
            "measure" => list.sort_by_key(|&at| (of(at).measure.is_none(), of(at).measure.as_deref())),
            _ => {}
        }
        list
    }

    fn asks(&self, ctx: &Ctx, at: usize) -> String {
        locale::say(ctx.lang, &requirement(self.book(), at, &self.traits, self.year))
    }

    fn row(&self, ctx: &Ctx, at: usize) -> Value {
        let node = &self.book().nodes[at];
        let (i, criterion) = (&node.indicator, &self.book().criteria[node.criterion]);
        context! {
            no => i.no, text => ctx.lang.pick(&i.text_vi, &i.text_en), source => i.source, note => i.note,
            criterion => criterion.no, criterion_name => ctx.lang.pick(&criterion.name_vi, &criterion.name_en),
            requirement => self.asks(ctx, at), confidence => super::confidence(ctx, i.confidence), measure => i.measure,
            overlay => i.overlay.as_ref().map(|o| o.citation.clone()),
        }
    }
}

/// `GET /bo-tieu-chi/{set}`. Cost: no row; a page of fifty of the set's indicators.
pub async fn page(ctx: Ctx, Path(set): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let Some(shown) = Shown::find(&ctx, &set) else { return Err(ctx.not_found()) };
    let (rulebook, book) = (&shown.rulebook, shown.book());
    let list = shown.list(&ctx, &asked);
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    let rows: Vec<Value> = some.iter().map(|&at| shown.row(&ctx, at)).collect();
    let criteria: Vec<Value> = book
        .criteria
        .iter()
        .map(|c| context! { no => c.no, name => ctx.lang.pick(&c.name_vi, &c.name_en), chosen => c.no == asked.tc })
        .collect();
    let amended: Vec<Value> = rulebook
        .decision
        .amended_by
        .iter()
        .map(|a| {
            let sure = a.confidence.unwrap_or(Confidence::Recalled);
            context! { number => a.number, date => locale::date(a.date), what => a.what, confidence => super::confidence(&ctx, sure) }
        })
        .collect();
    ctx.page(
        "set.html",
        context! {
            title => ctx.lang.pick(&rulebook.title_vi, &rulebook.title_en), set => describe(&ctx, rulebook),
            meta => about::set(&ctx, rulebook), rows => rows, count => list.len(), pages => pages, criteria => criteria, notes => rulebook.notes,
            amended => amended, year => shown.year, hash => book.hash, prerequisites => rulebook.prerequisites,
            region => shown.traits.region.as_deref().and_then(|r| rulebook.regions.get(r)), q => asked.q, tc => asked.tc,
            sap => asked.sap, orders => ORDERS, kept => asked.kept(), source => rulebook.decision.source,
        },
    )
}

/// `GET /bo-tieu-chi/{set}/chi-tieu.csv`: every indicator and part that the search finds. Cost: no row; the set's length.
pub async fn csv(ctx: Ctx, Path(set): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &set, &asked, Kind::Csv)
}

/// `GET /bo-tieu-chi/{set}/chi-tieu.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Path(set): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &set, &asked, Kind::Xlsx)
}

/// The columns of the file.
pub const HEADINGS: [&str; 7] =
    ["set-no", "set-indicator", "law-criterion", "asked-for", "why-law", "sources-confidence", "why-measure"];

fn export(ctx: &Ctx, set: &str, asked: &Asked, kind: Kind) -> Outcome {
    let Some(shown) = Shown::find(ctx, set) else { return Err(ctx.not_found()) };
    let line = |at: usize| {
        let node = &shown.book().nodes[at];
        let (i, criterion) = (&node.indicator, &shown.book().criteria[node.criterion]);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let confidence = locale::say_key(ctx.lang, &format!("confidence-{}", i.confidence.name()), &[]);
        let (said, name) =
            (ctx.lang.pick(&i.text_vi, &i.text_en), ctx.lang.pick(&criterion.name_vi, &criterion.name_en));
        let criterion = format!("{} {name}", criterion.no);
        cells([&i.no, said, &criterion, &shown.asks(ctx, at), &text(&i.source), &confidence, &text(&i.measure)])
    };
    let rows = shown.list(ctx, asked).into_iter().map(line).collect();
    take_away(ctx, set, "set-indicators", &HEADINGS, rows, kind)
}
