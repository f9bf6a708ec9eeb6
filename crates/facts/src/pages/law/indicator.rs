//! An indicator: what it asks of whom, where that is laid down, and how the communes of the province stand to it.

use super::{PER, confidence, confidence_word, take_away};
use crate::{
    Law,
    distribution::{Distribution, One, Part, distribution},
    figure,
    law::{Plan, applies},
    pages::{
        about,
        choice::{Asked as Choosing, Choice},
        law, say,
    },
};
use charts::{Frame, Line, Reference, Series, Spread, Style, WIDTH};
use documents::{list_out::Kind as File, sheet_out::Content};
use kernel::{Decimal, Phrase, text};
use minijinja::{Value, context};
use rulebook::{
    Level, Measure, Traits,
    requirement::{limit, requirement},
    variants::{Variant, Whom, variants},
};
use serde::Deserialize;
use std::sync::Arc;
use store::ReadTx;
use web::{Asking, Ctx, Failure, Outcome, Path};

/// What the list of communes can be ordered by; by name where none is named.
const ORDERS: [&str; 4] = ["value", "value-down", "verdict", "district"];

/// Year, units and province, and what is shown of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    nam: String,
    dv: String,
    tinh: String,
    q: String,
    /// A part of the counts.
    kq: String,
    sap: String,
    trang: String,
}

impl Asked {
    fn choosing(&self, set: &str) -> Choosing {
        Choosing { nam: self.nam.clone(), bo: set.to_owned(), dv: self.dv.clone(), tinh: self.tinh.clone() }
    }
}

/// An indicator, and how the units stand to it.
struct Shown {
    law: Arc<Law>,
    plan: Arc<Plan>,
    at: usize,
    choice: Choice,
    measure: Option<Arc<Measure>>,
    found: Distribution,
}

/// What every address of an indicator asks for. Cost: as [`distribution`].
async fn find(ctx: &Ctx, tx: &mut ReadTx, set: &str, no: &str, asked: &Asked) -> Result<Shown, Failure> {
    let law = law(ctx);
    let choice = Choice::make(tx, &law, &asked.choosing(set), ctx.site.clock.today()).await?;
    let plan = law.plan(set, choice.slice.day).ok_or_else(|| ctx.not_found())?;
    let at = plan.book.node(no).ok_or_else(|| ctx.not_found())?;
    let years: Vec<i16> = law.years(ctx.site.clock.today()).collect();
    let found = distribution(tx, &law, &plan, at, &choice.slice, &years).await?;
    let measure = plan.book.nodes[at].indicator.measure.as_deref().and_then(|m| law.library().measure(m)).cloned();
    Ok(Shown { law, plan, at, choice, measure, found })
}

impl Shown {
    fn indicator(&self) -> &rulebook::model::Indicator {
        &self.plan.book.nodes[self.at].indicator
    }

    fn unit(&self) -> Option<&str> {
        self.plan.book.nodes[self.at].unit()
    }

    /// The part of an address that keeps the choice, then `more`.
    fn query(&self, more: &[(&str, &str)]) -> String {
        let side = if self.choice.old { "cu" } else { "moi" };
        let (year, province) = (self.choice.year.to_string(), self.choice.slice.ancestor.to_string());
        let choice = [("nam", year.as_str()), ("dv", side), ("tinh", province.as_str())];
        let all = choice.into_iter().chain(more.iter().copied().filter(|(_, value)| !value.is_empty()));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish()
    }

    /// The units asked for, in the order asked for.
    fn list(&self, asked: &Asked) -> Vec<&One> {
        let wanted = text::search_key(asked.q.trim());
        let part = Part::ALL.into_iter().find(|part| part.name() == asked.kq);
        let finds = |one: &&One| {
            (text::search_key(&one.unit.name).contains(&wanted) || one.unit.code.starts_with(&wanted))
                && part.is_none_or(|part| one.part() == part)
        };
        let mut list: Vec<&One> = self.found.units.iter().filter(finds).collect();
        let number = |one: &One| one.value.as_ref().and_then(|value| value.shown());
        let place = |one: &One| Part::ALL.iter().position(|part| *part == one.part());
        match asked.sap.as_str() {
            // What has no number comes last, whichever way.
            "value" => list.sort_by_cached_key(|one| (number(one).is_none(), number(one))),
            "value-down" => list.sort_by_cached_key(|one| std::cmp::Reverse(number(one))),
            "verdict" => list.sort_by_key(|one| place(one)),
            "district" => list.sort_by_cached_key(|one| one.district.as_deref().map(text::order_key)),
            _ => {}
        }
        list
    }

    /// Without its unit, which stands above the list; a rounded number never contradicts its verdict.
    fn value(&self, ctx: &Ctx, one: &One) -> Option<String> {
        let (value, decimals) = (one.value.as_ref()?, self.measure.as_ref().map_or(2, |m| m.decimals));
        Some(match value.shown() {
            Some(number) => locale::beside(ctx.lang, &number, decimals, one.threshold.as_ref()),
            None => say::exactly(ctx.lang, value, None),
        })
    }

    fn row(&self, ctx: &Ctx, one: &One) -> Value {
        let (word, class) = words(one.part());
        let figure = self.measure.as_ref().filter(|_| one.value.is_some());
        context! {
            name => one.unit.name, code => one.unit.code, district => one.district, value => self.value(ctx, one),
            word => locale::word(ctx.lang, word), class => class,
            asks => one.threshold.as_ref().map(|t| locale::exact(ctx.lang, t)),
            href => ctx.link(&match one.unit.level.as_str() {
                "commune" => format!("/xa/{}?nam={}&bo={}", one.unit.id, self.choice.year, self.plan.book.set()),
                _ => format!("/don-vi/{}", one.unit.id),
            }),
            figure => figure.map(|m| ctx.link(&format!("/so-lieu/{}/{}/{}", one.unit.id, m.id, self.choice.year))),
        }
    }

    /// The bar's parts, each a link to exactly its units.
    fn bar(&self, ctx: &Ctx) -> Vec<Value> {
        let all = self.found.units.len() as i64;
        let mut before = 0;
        let mut told = |part: Part| {
            let count = self.found.count(part) as i64;
            let (from, share) = (web::share(before, all), web::share(count, all));
            before += count;
            let (word, class) = words(part);
            let ground = match class {
                "to-be-confirmed" => "k-confirm".to_owned(),
                class => format!("k-{class}"),
            };
            let href = format!("?{}#danh-sach", self.query(&[("kq", part.name())]));
            context! { word => locale::word(ctx.lang, word), class => ground, count => count, href => href, from => from, share => share }
        };
        let parts: Vec<Part> = Part::ALL.into_iter().filter(|part| self.found.count(*part) > 0).collect();
        parts.into_iter().map(&mut told).collect()
    }

    /// Histogram and trend of numbers; none of yes and no.
    fn charts(&self, ctx: &Ctx, title: [String; 2]) -> (Option<Value>, Option<Value>) {
        let numbers = self.found.numbers();
        let decimals = self.measure.as_ref().map_or(2, |m| m.decimals);
        let say = |n: &Decimal| locale::rounded(ctx.lang, n, if n.is_integer() { 0 } else { decimals.max(1) });
        let missing = locale::word(ctx.lang, "status-without");
        let threshold = self.found.threshold().map(|value| Reference {
            value: value.clone(),
            label: locale::say(ctx.lang, &Phrase::new("law-threshold-at").with("limit", value.clone())),
        });
        let heads = ["law-spread-value", "law-spread-count"].map(|key| locale::word(ctx.lang, key));
        let of = |id, title| Frame {
            id,
            title,
            desc: "",
            unit: self.unit().unwrap_or(""),
            missing: &missing,
            say: &say,
            style: Style::Page,
            width: WIDTH,
        };
        let spread = (!numbers.is_empty()).then(|| {
            let spread = Spread { heads, values: numbers, threshold: threshold.clone(), chosen: None };
            Value::from_serialize(spread.draw(&of("spread", &title[0])))
        });
        let medians = &self.found.medians;
        let trend = (medians.len() > 1).then(|| {
            let line = Line {
                axis: locale::word(ctx.lang, "choice-year"),
                along: medians.iter().map(|m| m.year.to_string()).collect(),
                series: vec![Series {
                    name: locale::word(ctx.lang, "law-median"),
                    values: medians.iter().map(|m| Some(m.value.clone())).collect(),
                }],
                references: Vec::new(),
                from_zero: false,
            };
            Value::from_serialize(line.draw(&of("trend", &title[1])))
        });
        (spread, trend)
    }

    /// The other sets that ask for the same measure, and what they ask.
    fn elsewhere(&self, ctx: &Ctx) -> Vec<Value> {
        let Some(measure) = &self.measure else { return Vec::new() };
        let region = units::home().region.clone();
        let traits = Traits { region: Some(region), ..Traits::default() };
        figure::readers(&self.law, &measure.id)
            .into_iter()
            .filter(|(set, _)| set.set != self.plan.book.set())
            .filter_map(|(set, no)| {
                let year = set.applies.to.unwrap_or(ctx.site.clock.today()).year();
                let plan = self.law.plan(&set.set, rulebook::values::year_end(year))?;
                let at = plan.book.node(&no)?;
                Some(context! {
                    set => ctx.lang.pick(&set.title_vi, &set.title_en), no => no, year => year.to_string(),
                    requirement => locale::say(ctx.lang, &requirement(&plan.book, at, &traits, year)),
                    confidence => confidence(ctx, plan.book.nodes[at].indicator.confidence),
                    href => ctx.link(&format!("/bo-tieu-chi/{}/{no}", set.set)),
                    compare => ctx.link(&format!("/bo-tieu-chi/so-sanh?a={}&b={}&q={}", self.plan.book.set(), set.set, measure.id)),
                })
            })
            .collect()
    }

    /// Measures that only look alike, in words.
    fn alike(&self, ctx: &Ctx) -> Vec<Value> {
        let Some(own) = &self.measure else { return Vec::new() };
        let library = self.law.library();
        let similar = library.similar().iter().filter(|s| s.measures.contains(&own.id));
        similar
            .flat_map(|s| s.measures.iter().filter(|m| **m != own.id).map(move |m| (s, m)))
            .filter_map(|(s, m)| {
                let measure = library.measure(m)?;
                Some(context! {
                    name => ctx.lang.pick(&measure.name_vi, &measure.name_en), note => ctx.lang.pick(&s.note_vi, &s.note_en),
                    source => s.source, confidence => confidence(ctx, s.confidence),
                    href => ctx.link(&format!("/tu-dien-so-lieu?q={m}")),
                })
            })
            .collect()
    }
}

/// The word and the class of a part.
fn words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Passed => ("status-passed", "passed"),
        Part::PassedUnconfirmed => ("status-passed-unconfirmed", "unconfirmed"),
        Part::Failed => ("status-failed", "failed"),
        Part::Incomplete => ("status-incomplete", "incomplete"),
        Part::ToBeConfirmed => ("status-to-be-confirmed", "to-be-confirmed"),
        Part::NotApplicable => ("status-not-applicable", "not-applicable"),
        Part::Without => ("status-without", "without"),
    }
}

/// Of whom a line of the requirement is asked.
fn whom(ctx: &Ctx, shown: &Shown, variant: &Variant) -> Value {
    let book = &shown.plan.book.rulebook;
    let name = match &variant.whom {
        Whom::Everybody => locale::word(ctx.lang, "law-everybody"),
        Whom::Others => locale::word(ctx.lang, "law-others"),
        Whom::Region(code) => book.regions.get(code).unwrap_or(code).clone(),
        Whom::Group(no) => {
            let group = book.groups.iter().find(|group| group.no == *no);
            group.map_or_else(|| no.clone(), |g| ctx.lang.pick(&g.name_vi, &g.name_en).clone())
        }
        Whom::Attribute(name, word) => {
            let key = format!("units-attribute-{name}");
            let name = if locale::has(ctx.lang, &key) { locale::say_key(ctx.lang, &key, &[]) } else { name.clone() };
            let word = match word.as_str() {
                "true" => locale::word(ctx.lang, "units-yes"),
                "false" => locale::word(ctx.lang, "units-no"),
                other => other.to_owned(),
            };
            format!("{name}: {word}")
        }
    };
    let home = matches!(&variant.whom, Whom::Region(code) if *code == units::home().region);
    context! { year => variant.year, whom => name, requirement => locale::say(ctx.lang, &variant.requirement), home => home }
}

/// `GET /bo-tieu-chi/{set}/{no}`. Cost: as [`distribution`], of the years that pages offer; one row where the page is kept.
pub async fn page(ctx: Ctx, Path((set, no)): Path<(String, String)>, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let shown = find(&ctx, &mut tx, &set, &no, &asked).await?;
    let (book, indicator, lang) = (&shown.plan.book, shown.indicator(), ctx.lang);
    let criterion = &book.criteria[book.nodes[shown.at].criterion];
    let list = shown.list(&asked);
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    let measure = shown.measure.as_ref();
    let with = |key: &str| {
        let args = [("year", shown.choice.year.to_string().as_str().into())];
        locale::say_key(lang, key, &args)
    };
    let titles = [with("law-spread-title"), locale::word(lang, "law-trend-title")];
    let (spread, trend) = shown.charts(&ctx, titles);
    let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
    let parts: Vec<Value> = book.nodes[shown.at]
        .children
        .iter()
        .map(|&part| {
            let i = &book.nodes[part].indicator;
            context! {
                no => i.no, text => lang.pick(&i.text_vi, &i.text_en), confidence => confidence(&ctx, i.confidence),
                requirement => locale::say(lang, &requirement(book, part, &traits, shown.choice.year)),
                href => ctx.link(&format!("/bo-tieu-chi/{set}/{}", i.no)),
            }
        })
        .collect();
    let mut amended = Vec::new();
    book.rulebook.walk(|_, i| {
        if i.no == indicator.no {
            amended = i.amended.iter().map(|a| context! { from => locale::date(a.from), by => a.by }).collect();
        }
    });
    let counted: Vec<Value> = Part::ALL
        .into_iter()
        .map(|part| context! { id => part.name(), word => locale::word(lang, words(part).0), chosen => part.name() == asked.kq })
        .collect();
    let passed = shown.found.count(Part::Passed) + shown.found.count(Part::PassedUnconfirmed);
    let kept = shown.query(&[("q", &asked.q), ("kq", &asked.kq), ("sap", &asked.sap)]);
    let middle = shown.found.medians.iter().find(|m| m.year == shown.choice.year);
    let decimals = measure.map_or(2, |m| m.decimals);
    ctx.page_kept(
        &version,
        "indicator.html",
        context! {
            title => format!("{} {}", indicator.no, lang.pick(&indicator.text_vi, &indicator.text_en)),
            meta => about::indicator(&ctx, &book.rulebook, indicator),
            set => context! {
                id => set, title => lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en), href => ctx.link(&format!("/bo-tieu-chi/{set}")),
                decision => book.rulebook.decision.number, issuer => book.rulebook.decision.issuer, date => say::signed(&book.rulebook.decision.date),
            },
            no => indicator.no, criterion => criterion.no, criterion_name => lang.pick(&criterion.name_vi, &criterion.name_en),
            requirement => locale::say(lang, &requirement(book, shown.at, &traits, shown.choice.year)),
            confidence => confidence(&ctx, indicator.confidence), source => indicator.source, note => indicator.note,
            overlay => indicator.overlay.as_ref().map(|o| context! { citation => o.citation, illustrative => o.illustrative }),
            amended => amended, delegated => indicator.requirement.delegated_to.is_some(),
            computed_from => indicator.computed_from, guidance => indicator.guidance,
            condition => indicator.applies_if.as_ref().map(|vi| lang.pick(vi, indicator.applies_if_en.as_ref().unwrap_or(vi))),
            variants => variants(book, shown.at).iter().map(|v| whom(&ctx, &shown, v)).collect::<Vec<_>>(),
            parts => parts, measure => measure.map(|m| super::dictionary::tell(&ctx, &shown.law, m)),
            choice => context! { sets => Vec::<Value>::new(), ..shown.choice.form(lang) },
            in_time => applies(&book.rulebook, shown.choice.year),
            communes => book.rulebook.applies.level == Level::Commune,
            passed => passed, unconfirmed => shown.found.count(Part::PassedUnconfirmed), all => shown.found.units.len(), without => shown.found.count(Part::Without),
            median => middle.map(|m| say::with_unit(locale::rounded(lang, &m.value, decimals), shown.unit())),
            bar => shown.bar(&ctx), spread => spread, trend => trend, several_thresholds => shown.found.threshold().is_none(),
            elsewhere => shown.elsewhere(&ctx), alike => shown.alike(&ctx),
            rows => some.iter().map(|one| shown.row(&ctx, one)).collect::<Vec<_>>(), count => list.len(), pages => pages,
            unit => shown.unit(), counted => counted, orders => ORDERS, q => asked.q, sap => asked.sap, kept => kept,
        },
    )
}

/// `GET /bo-tieu-chi/{set}/{no}/don-vi.csv`: the whole list as it was asked for. Cost: as the page.
pub async fn csv(ctx: Ctx, Path(of): Path<(String, String)>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, of, &asked, File::Csv).await
}

/// `GET /bo-tieu-chi/{set}/{no}/don-vi.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Path(of): Path<(String, String)>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, of, &asked, File::Xlsx).await
}

const HEADINGS: [&str; 10] = [
    "unit-code-heading",
    "law-unit",
    "col-district",
    "choice-year",
    "set-no",
    "law-value",
    "measure-unit",
    "asked-for",
    "communes-verdict",
    "sources-confidence",
];

async fn export(ctx: &Ctx, (set, no): (String, String), asked: &Asked, file: File) -> Outcome {
    let mut tx = ctx.read().await?;
    let shown = find(ctx, &mut tx, &set, &no, asked).await?;
    let text = |text: &str| Content::Text(text.to_owned());
    let sure = confidence_word(ctx, shown.indicator().confidence);
    let mut headings = HEADINGS.to_vec();
    headings.extend(ctx.site.illustrative.then_some("illustrative-banner"));
    let line = |one: &&One| {
        // With all its digits: a file is read by programs.
        let value = match one.value.as_ref().map(|value| (value.shown(), value)) {
            Some((Some(number), _)) => Content::Number(number),
            Some((None, value)) => Content::Text(say::exactly(ctx.lang, value, None)),
            None => Content::Empty,
        };
        let asks = one.threshold.as_ref().map(|t| locale::say(ctx.lang, &limit(t, shown.unit())));
        let mut line = vec![
            text(&one.unit.code),
            text(&one.unit.name),
            text(one.district.as_deref().unwrap_or("")),
            text(&shown.choice.year.to_string()),
            text(&shown.indicator().no),
            value,
            text(shown.unit().unwrap_or("")),
            text(&asks.unwrap_or_default()),
            text(&locale::word(ctx.lang, words(one.part()).0)),
            text(&sure),
        ];
        line.extend(ctx.site.illustrative.then(|| text("x")));
        line
    };
    let rows = shown.list(asked).iter().map(line).collect();
    take_away(ctx, &format!("{set}-{no}-{}", shown.choice.year), "law-units-sheet", &headings, rows, file)
}
