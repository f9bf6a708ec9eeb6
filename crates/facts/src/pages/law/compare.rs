//! Criteria sets side by side, by measure: what [`rulebook::compare`] found, shown and taken away.

use super::{cells, confidence, confidence_word, take_away};
use crate::{
    Law,
    pages::{about, law},
};
use documents::list_out::Kind as File;
use kernel::text;
use minijinja::{Value, context};
use rulebook::{
    Book, Level, Library, Rulebook, Traits,
    compare::{Kind, Row, Side, compare},
};
use serde::Deserialize;
use std::sync::Arc;
use web::{Asking, Ctx, Outcome};

/// Rows on a page: each says what two or three sets ask for, and the page stays small.
const PER: i64 = 25;
const ORDERS: [&str; 2] = ["difference", "measure"];

/// What is compared, and what of it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The first set, and those beside it.
    a: String,
    b: String,
    c: String,
    /// A kind of difference.
    kh: String,
    q: String,
    sap: String,
    trang: String,
}

impl Asked {
    /// The part of an address that keeps everything but the page and `but`.
    fn kept(&self, but: &str) -> String {
        let all =
            [("a", &self.a), ("b", &self.b), ("c", &self.c), ("kh", &self.kh), ("q", &self.q), ("sap", &self.sap)];
        let named = all.into_iter().filter(|(name, value)| !value.is_empty() && *name != but);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
    }
}

/// A set in force at the end of its time.
struct One {
    rulebook: Arc<Rulebook>,
    book: Book,
    year: i16,
    prerequisites: Vec<String>,
}

impl One {
    fn side(&self) -> Side<'_> {
        Side { book: &self.book, year: self.year, prerequisites: &self.prerequisites }
    }
}

/// The sets compared, and how each measure stands in them.
struct Compared {
    library: Library,
    /// The first set, and those beside it.
    sets: Vec<One>,
    rows: Vec<Row>,
    traits: Traits,
}

/// The ids asked for; where none are, the main commune sets in the order of their time.
fn ids(law: &Law, asked: &Asked) -> Vec<String> {
    let mut mains: Vec<_> = law.library().sets().filter(|s| s.main && s.applies.level == Level::Commune).collect();
    mains.sort_by_key(|s| s.applies.from);
    let main = |n: usize| mains.get(n).map_or_else(String::new, |s| s.set.clone());
    let or = |text: &str, n: usize| if text.is_empty() { main(n) } else { text.to_owned() };
    let mut ids = vec![or(&asked.a, 0), or(&asked.b, 1)];
    ids.extend((!asked.c.is_empty()).then(|| asked.c.clone()));
    ids
}

impl Compared {
    /// Only what the law says: an illustration is no law.
    fn make(ctx: &Ctx, asked: &Asked) -> Option<Compared> {
        let law = law(ctx);
        let library = law.library().without_illustrations();
        let one = |id: &String| {
            let rulebook = library.set(id)?.clone();
            let year = rulebook.applies.to.unwrap_or(ctx.site.clock.today()).year();
            let book = library.in_force(id, rulebook::values::year_end(year))?;
            Some(One { rulebook, book, year, prerequisites: library.prerequisites(id) })
        };
        let sets = ids(&law, asked).iter().map(one).collect::<Option<Vec<One>>>()?;
        let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
        let sides: Vec<Side> = sets.iter().map(One::side).collect();
        let rows = compare(sides[0], &sides[1..], library.similar(), &traits);
        Some(Compared { library, sets, rows, traits })
    }

    fn title<'a>(&'a self, ctx: &Ctx, n: usize) -> &'a str {
        ctx.lang.pick(&self.sets[n].rulebook.title_vi, &self.sets[n].rulebook.title_en)
    }

    /// The node of a row in each set.
    fn nodes(row: &Row) -> impl Iterator<Item = Option<usize>> {
        std::iter::once(row.first).chain(row.others.iter().map(|beside| beside.node))
    }

    /// What the measure is called: as the law's first set that has it says.
    fn name<'a>(&'a self, ctx: &Ctx, row: &Row) -> &'a str {
        let found = self.sets.iter().zip(Self::nodes(row)).find_map(|(set, at)| Some(&set.book.nodes[at?].indicator));
        found.map_or("", |i| ctx.lang.pick(&i.text_vi, &i.text_en))
    }

    fn said(&self, ctx: &Ctx, row: &Row, n: usize) -> String {
        let sides: Vec<Side> = self.sets.iter().map(One::side).collect();
        locale::say(ctx.lang, &row.said(n, sides[0], &sides[1..], self.library.similar(), &self.traits))
    }

    /// The rows asked for, in the order asked for.
    fn list(&self, ctx: &Ctx, asked: &Asked) -> Vec<&Row> {
        let wanted = text::search_key(asked.q.trim());
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == asked.kh);
        let finds = |row: &&Row| {
            let words = format!("{} {}", self.name(ctx, row), row.measure);
            let is = |kind| row.others.iter().any(|beside| beside.difference.kind() == Some(kind));
            text::search_key(&words).contains(&wanted) && kind.is_none_or(is)
        };
        let mut rows: Vec<&Row> = self.rows.iter().filter(finds).collect();
        let place = |row: &&Row| {
            let of = |kind: Option<Kind>| Kind::ALL.iter().position(|k| Some(*k) == kind).unwrap_or(Kind::ALL.len());
            row.others.iter().map(|beside| of(beside.difference.kind())).min()
        };
        match asked.sap.as_str() {
            "difference" => rows.sort_by_key(place),
            "measure" => rows.sort_by(|one, other| one.measure.cmp(&other.measure)),
            _ => {}
        }
        rows
    }

    /// A set's cell: its number there, and the citation with how sure it is.
    fn cell(&self, ctx: &Ctx, n: usize, at: Option<usize>) -> Value {
        let told = at.map(|at| {
            let i = &self.sets[n].book.nodes[at].indicator;
            let href = ctx.link(&format!("/bo-tieu-chi/{}/{}", self.sets[n].rulebook.set, i.no));
            context! { no => i.no, href => href, source => i.source, confidence => confidence(ctx, i.confidence) }
        });
        context! { set => self.title(ctx, n), cited => told }
    }

    fn row(&self, ctx: &Ctx, row: &Row) -> Value {
        let cells: Vec<Value> = Self::nodes(row).enumerate().map(|(n, at)| self.cell(ctx, n, at)).collect();
        let beside = |(n, beside): (usize, &rulebook::compare::Beside)| {
            let kind = beside.difference.kind();
            context! {
                class => kind.map(Kind::name), word => kind.map(|kind| word(ctx, kind)), said => self.said(ctx, row, n),
                set => self.title(ctx, n + 1),
            }
        };
        let besides: Vec<Value> = row.others.iter().enumerate().map(beside).collect();
        context! { name => self.name(ctx, row), measure => row.measure, cells => cells, besides => besides }
    }

    /// How many measures of a set beside the first are of each kind, each a link to them.
    fn counts(&self, ctx: &Ctx, asked: &Asked) -> Vec<Value> {
        let of =
            |n: usize, kind: Kind| self.rows.iter().filter(|r| r.others[n].difference.kind() == Some(kind)).count();
        let kept = asked.kept("kh");
        let told = |n: usize| {
            let kinds: Vec<Value> = Kind::ALL
                .into_iter()
                .map(|kind| {
                    let href = format!("?{kept}{}kh={}", if kept.is_empty() { "" } else { "&" }, kind.name());
                    context! { word => word(ctx, kind), class => kind.name(), count => of(n, kind), href => href }
                })
                .collect();
            context! { set => self.title(ctx, n + 1), kinds => kinds }
        };
        (0..self.sets.len() - 1).map(told).collect()
    }
}

fn word(ctx: &Ctx, kind: Kind) -> String {
    locale::say_key(ctx.lang, &format!("compare-kind-{}", kind.name()), &[])
}

/// The sets to choose from.
fn offered(ctx: &Ctx, law: &Law, chosen: Option<&String>) -> Vec<Value> {
    let told = |s: &Arc<Rulebook>| {
        context! { id => s.set, title => ctx.lang.pick(&s.title_vi, &s.title_en), chosen => chosen == Some(&s.set) }
    };
    law.library().sets().map(told).collect()
}

/// `GET /bo-tieu-chi/so-sanh`. Cost: one row, the store's version; the sets' own length where the page is not kept.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let version = ctx.read().await?.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let law = law(&ctx);
    let Some(compared) = Compared::make(&ctx, &asked) else { return Err(ctx.not_found()) };
    let ids = ids(&law, &asked);
    let list = compared.list(&ctx, &asked);
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    let rows: Vec<Value> = some.iter().map(|row| compared.row(&ctx, row)).collect();
    let region = &units::home().region;
    let region = compared.sets.iter().find_map(|set| set.rulebook.regions.get(region)).unwrap_or(region).clone();
    let kinds: Vec<Value> = Kind::ALL
        .into_iter()
        .map(|kind| context! { id => kind.name(), word => word(&ctx, kind), chosen => kind.name() == asked.kh })
        .collect();
    let sets: Vec<&str> = (0..compared.sets.len()).map(|n| compared.title(&ctx, n)).collect();
    ctx.page_kept(
        &version,
        "compare.html",
        context! {
            title => locale::word(ctx.lang, "compare-title"),
            meta => about::within_sets(&ctx, "meta-compare"), region => region, sets => sets,
            choices => (0..3).map(|n| offered(&ctx, &law, ids.get(n))).collect::<Vec<_>>(),
            counts => compared.counts(&ctx, &asked), rows => rows, count => list.len(), pages => pages, kinds => kinds,
            q => asked.q, sap => asked.sap, orders => ORDERS, kept => asked.kept(""),
        },
    )
}

/// `GET /bo-tieu-chi/so-sanh.csv`: everything that was asked for. Cost: no row; the sets' own length.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, File::Csv)
}

/// `GET /bo-tieu-chi/so-sanh.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, File::Xlsx)
}

const HEADINGS: [&str; 12] = [
    "why-measure",
    "set-indicator",
    "compare-first",
    "set-no",
    "why-law",
    "sources-confidence",
    "compare-other",
    "set-no",
    "why-law",
    "sources-confidence",
    "compare-kinds",
    "compare-difference",
];

/// One line a measure and set beside the first.
fn export(ctx: &Ctx, asked: &Asked, file: File) -> Outcome {
    let Some(compared) = Compared::make(ctx, asked) else { return Err(ctx.not_found()) };
    let line = |row: &&Row, n: usize| {
        let cited = |set: usize, at: Option<usize>| match at {
            Some(at) => {
                let i = &compared.sets[set].book.nodes[at].indicator;
                [i.no.clone(), i.source.clone().unwrap_or_default(), confidence_word(ctx, i.confidence)]
            }
            None => Default::default(),
        };
        let beside = &row.others[n];
        let [first, source, sure] = cited(0, row.first);
        let [no, its_source, its_sure] = cited(n + 1, beside.node);
        let kind = beside.difference.kind().map(|kind| word(ctx, kind)).unwrap_or_default();
        let sets = [compared.title(ctx, 0), compared.title(ctx, n + 1)];
        let texts = [&row.measure, compared.name(ctx, row), sets[0], &first, &source, &sure, sets[1], &no, &its_source];
        let mut line = cells(texts);
        line.extend(cells([&its_sure, &kind, &compared.said(ctx, row, n)]));
        line
    };
    let list = compared.list(ctx, asked);
    let rows = list.iter().flat_map(|row| (0..row.others.len()).map(move |n| line(row, n))).collect();
    take_away(ctx, "so-sanh", "compare-sheet", &HEADINGS, rows, file)
}
