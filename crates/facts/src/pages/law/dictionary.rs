//! The data dictionary: what figures measure, as a list to search, order, page and take away.

use super::{Asked, cells, confidence_word, take_away};
use crate::{
    Law,
    pages::{about, law, say},
};
use documents::list_out::Kind;
use kernel::{Phrase, text};
use minijinja::{Value, context};
use rulebook::{Aggregate, Measure, Rulebook, measure::Missing};
use std::collections::HashMap;
use web::{Asking, Ctx, Outcome};

/// Measures on one page: each says all that is known of it.
const FEW: i64 = 30;

/// What the list can be ordered by; as `measures.toml` has it where none is named.
const ORDERS: [&str; 2] = ["name", "id"];

/// Where a measure stands in the list.
pub fn address(id: &str) -> String {
    format!("/tu-dien-so-lieu?q={id}#{id}")
}

/// How figures of several units join, in words.
fn aggregate(ctx: &Ctx, law: &Law, of: &Aggregate) -> String {
    let key = match of {
        Aggregate::Sum => "measure-sum",
        Aggregate::Count => "measure-count",
        Aggregate::NotComparable => "measure-not-comparable",
        Aggregate::Weighted(by) => {
            let weight = law.library().measure(by).map_or(by, |m| ctx.lang.pick(&m.name_vi, &m.name_en));
            return locale::say(ctx.lang, &Phrase::new("measure-weighted").with("weight", weight.as_str()));
        }
    };
    locale::word(ctx.lang, key)
}

/// The formula of a computed measure, in words.
pub fn formula(ctx: &Ctx, law: &Law, m: &Measure) -> Option<String> {
    let computed = m.computed.as_ref()?;
    let name =
        |id: &String| law.library().measure(id).map_or(id.clone(), |m| ctx.lang.pick(&m.name_vi, &m.name_en).clone());
    let inputs: Vec<String> = computed.of.iter().map(name).collect();
    let how = locale::say_key(ctx.lang, &format!("operation-{}", computed.op.name()), &[]);
    let missing = locale::word(
        ctx.lang,
        match computed.missing {
            Missing::Incomplete => "measure-missing-incomplete",
            Missing::Zero => "measure-missing-zero",
            Missing::Skip => "measure-missing-skip",
        },
    );
    Some(format!("{how} {}. {missing}", inputs.join("; ")))
}

/// The origins a verdict reads, the first that has a figure wins.
fn reads(ctx: &Ctx, m: &Measure) -> String {
    m.reads.iter().map(|origin| say::origin(ctx.lang, *origin)).collect::<Vec<_>>().join(" → ")
}

/// The kind of a measure, in words.
pub fn kind(ctx: &Ctx, m: &Measure) -> String {
    locale::say_key(ctx.lang, &format!("measure-kind-{}", m.kind.name()), &[])
}

/// Everything about a measure, as names and values.
pub fn tell(ctx: &Ctx, law: &Law, m: &Measure) -> Value {
    let source = format!("{} ({})", m.source, confidence_word(ctx, m.confidence));
    let decimals = locale::say(ctx.lang, &Phrase::new("measure-decimals-text").with("count", i64::from(m.decimals)));
    let rounding = m.kind.is_numeric().then_some(decimals);
    let keys = [
        ("measure-id", Some(m.id.clone())),
        ("measure-name", Some(ctx.lang.pick(&m.name_vi, &m.name_en).clone())),
        ("measure-kind", Some(kind(ctx, m))),
        ("measure-unit", m.unit.clone()),
        ("measure-reads", Some(reads(ctx, m))),
        ("measure-aggregate", Some(aggregate(ctx, law, &m.aggregate))),
        ("measure-decimals", rounding),
        ("measure-formula", formula(ctx, law, m)),
        ("measure-note", m.note.clone()),
        ("set-source", Some(source)),
    ];
    let keys: Vec<Value> = keys
        .into_iter()
        .filter_map(|(key, value)| Some(context! { name => locale::word(ctx.lang, key), value => value? }))
        .collect();
    context! { keys => keys, href => ctx.link(&address(&m.id)) }
}

/// The measures that a search finds, in the order asked for.
fn list<'a>(ctx: &Ctx, law: &'a Law, asked: &Asked) -> Vec<&'a Measure> {
    let found = |m: &&Measure| asked.finds(&[&m.id, &m.name_vi, &m.name_en]);
    let mut list: Vec<&Measure> = law.library().measures().map(|m| &**m).filter(found).collect();
    match asked.sap.as_str() {
        "name" => list.sort_by_cached_key(|m| text::order_key(ctx.lang.pick(&m.name_vi, &m.name_en))),
        "id" => list.sort_by_key(|m| &m.id),
        _ => {}
    }
    list
}

/// Which indicators of which sets ask for each measure.
fn readers(law: &Law) -> HashMap<&str, Vec<(&Rulebook, &str)>> {
    let mut found: HashMap<&str, Vec<(&Rulebook, &str)>> = HashMap::new();
    for set in law.library().sets() {
        set.walk(|_, i| {
            if let Some(measure) = &i.measure {
                found.entry(measure).or_default().push((set, &i.no));
            }
        });
    }
    found
}

/// `GET /tu-dien-so-lieu`: a page of it. Cost: no row.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let all = list(&ctx, &law, &asked);
    let readers = readers(&law);
    let row = |m: &&Measure| {
        let uses = readers.get(m.id.as_str()).map_or(&[][..], Vec::as_slice);
        let uses: Vec<Value> = uses
            .iter()
            .map(|(set, no)| {
                let title = ctx.lang.pick(&set.title_vi, &set.title_en);
                context! { no => no, set => title, href => ctx.link(&format!("/bo-tieu-chi/{}/{no}", set.set)) }
            })
            .collect();
        context! {
            id => m.id, name => ctx.lang.pick(&m.name_vi, &m.name_en), unit => m.unit, kind => kind(&ctx, m),
            aggregate => aggregate(&ctx, &law, &m.aggregate), reads => reads(&ctx, m), formula => formula(&ctx, &law, m),
            uses => uses, confidence => super::confidence(&ctx, m.confidence), source => m.source, note => m.note,
            background => m.background,
        }
    };
    let (some, pages) = web::page_of(&all, &asked.trang, FEW);
    ctx.page(
        "dictionary.html",
        context! {
            title => locale::word(ctx.lang, "dictionary-title"), meta => about::measures(&ctx),
            rows => some.iter().map(row).collect::<Vec<_>>(), count => all.len(), pages => pages, q => asked.q,
            sap => asked.sap, orders => ORDERS, kept => asked.kept(),
        },
    )
}

/// `GET /tu-dien-so-lieu.csv`: all that the search finds. Cost: no row.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv)
}

/// `GET /tu-dien-so-lieu.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx)
}

/// The columns of the file.
pub const HEADINGS: [&str; 12] = [
    "measure-id",
    "measure-name",
    "measure-kind",
    "measure-unit",
    "measure-reads",
    "measure-aggregate",
    "measure-decimals",
    "measure-formula",
    "measure-uses",
    "set-source",
    "sources-confidence",
    "measure-note",
];

fn export(ctx: &Ctx, asked: &Asked, file: Kind) -> Outcome {
    let law = law(ctx);
    let readers = readers(&law);
    let line = |m: &&Measure| {
        let uses = readers.get(m.id.as_str()).map_or(&[][..], Vec::as_slice);
        let uses: Vec<String> = uses.iter().map(|(set, no)| format!("{}/{no}", set.set)).collect();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = ctx.lang.pick(&m.name_vi, &m.name_en);
        let formula = formula(ctx, &law, m).unwrap_or_default();
        let (joins, sure) = (aggregate(ctx, &law, &m.aggregate), confidence_word(ctx, m.confidence));
        let decimals = m.decimals.to_string();
        let (kind, reads, unit, note) = (kind(ctx, m), reads(ctx, m), text(&m.unit), text(&m.note));
        let texts =
            [&m.id, name, &kind, &unit, &reads, &joins, &decimals, &formula, &uses.join("; "), &m.source, &sure, &note];
        cells(texts.map(String::as_str))
    };
    let rows = list(ctx, &law, asked).iter().map(line).collect();
    take_away(ctx, "tu-dien-so-lieu", "dictionary-title", &HEADINGS, rows, file)
}
