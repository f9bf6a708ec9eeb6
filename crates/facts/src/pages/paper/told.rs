//! Everything the fact sheet says, in words, and its pictures. Pure; [`TEMPLATE`] lays it out.

use super::super::{say, telling};
use crate::{law::Law, model::STATES, story::Story, totals::OfUnit};
use charts::{Frame, Line, Reference, Series, Sparkline, Spread, Style};
use kernel::{Day, Decimal, Phrase};
use locale::Lang;
use rulebook::{Status, nearest::nearest, requirement::requirement};
use serde_json::{Value, json};
use units::{Unit, model::Succession};

/// How it is laid out, in the language of typst.
pub const TEMPLATE: &str =
    concat!(include_str!("../../../papers/shapes.typ"), include_str!("../../../papers/sheet.typ"));

/// Failed indicators it can name on its first page; the template shows fewer where there is no room.
const MISSING: usize = 6;

/// What a sheet is made from.
pub struct Told<'a> {
    pub lang: Lang,
    pub law: &'a Law,
    pub story: &'a Story,
    /// The verdicts of the unit.
    pub verdicts: &'a [OfUnit],
    /// How many communes of the province passed how many criteria of the same set and year.
    pub peers: &'a [(i64, i64)],
    /// From district to province.
    pub above: &'a [Unit],
    pub neighbours: &'a [(Succession, Unit)],
    pub illustrative: bool,
    /// Where readers reach the site.
    pub origin: &'a str,
    /// When the data last changed.
    pub changed: Option<Day>,
    pub today: Day,
}

/// Data for the template, and pictures by name.
pub struct Sheet {
    pub data: String,
    pub pictures: Vec<(String, String)>,
}

impl Told<'_> {
    fn say(&self, phrase: Phrase) -> String {
        locale::say(self.lang, &phrase)
    }

    fn word(&self, key: &'static str) -> String {
        locale::word(self.lang, key)
    }

    /// A phrase whose number the template knows: it stands as `{count}` until then.
    fn later(&self, key: &'static str) -> String {
        self.say(Phrase::new(key).with("count", "{count}"))
    }

    /// The sheet.
    pub fn sheet(&self) -> Sheet {
        let (lang, story) = (self.lang, self.story);
        let (unit, book) = (&story.unit, &story.plan.book);
        let year = story.year.to_string();
        let title = lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en).clone();
        let mut pictures = Vec::new();
        let missing = self.missing(&mut pictures);
        let charts = self.charts(&mut pictures);
        let place: Vec<&str> = self.above.iter().map(|u| u.name.as_str()).collect();
        let code = format!("{} {}", self.word("unit-code"), unit.code);
        let (word, class) = say::state(lang, story.verdict.set);
        let strip: Vec<Value> = (book.criteria.iter().zip(&story.verdict.criteria))
            .map(|(criterion, judged)| json!({ "no": criterion.no, "class": say::state(lang, *judged).1 }))
            .collect();
        let data = json!({
            "lang": lang.tag(),
            "title": self.say(Phrase::new("sheet-title").with("name", unit.name.as_str()).with("year", year.as_str())),
            "author": self.word("sheet-author"),
            "kind": self.word("sheet-kind"),
            "period": self.say(Phrase::new("sheet-period").with("year", year.as_str()).with("set", title.as_str())),
            "place": place.into_iter().chain([code.as_str()]).collect::<Vec<_>>().join(" · "),
            "notes": self.neighbours(),
            "illustrative": self.illustrative.then(|| self.word("illustrative-banner")),
            "illustrative_law": book.is_illustrative().then(|| self.word("illustrative-law")),
            "sentence": { "class": class, "word": word, "text": self.sentence() },
            "strip_title": self.word("sheet-strip"),
            "strip": strip,
            "legend": self.legend(),
            "missing": missing,
            "charts": charts,
            "table": self.table(),
            "sources": { "title": self.word("sheet-sources"), "notes": self.sources() },
            "footer": self.say(
                Phrase::new("sheet-footer")
                    .with("name", unit.name.as_str()).with("code", unit.code.as_str()).with("day", self.today),
            ),
            "page": self.say(Phrase::new("sheet-page").with("page", "{page}").with("pages", "{pages}")),
        });
        Sheet { data: data.to_string(), pictures }
    }

    fn count(&self, status: Status) -> usize {
        self.story.verdict.criteria.iter().filter(|c| c.status == status).count()
    }

    fn sentence(&self) -> String {
        let mut said = vec![telling::sentence(self.lang, self.story)];
        let others = [
            (Status::Failed, "commune-failed"),
            (Status::Incomplete, "commune-incomplete"),
            (Status::ToBeConfirmed, "commune-confirm"),
        ];
        for (status, key) in others {
            let count = self.count(status);
            said.extend((count > 0).then(|| self.say(Phrase::new(key).with("count", count))));
        }
        said.join(" ")
    }

    fn neighbours(&self) -> Vec<String> {
        let side = |key: &'static str, before: bool| {
            let of: Vec<String> = (self.neighbours.iter())
                .filter(|(change, _)| (change.to == self.story.unit.id) == before)
                .map(|(change, other)| match change.whole {
                    true => other.name.clone(),
                    false => format!("{} ({})", other.name, self.word("unit-part")),
                })
                .collect();
            (!of.is_empty()).then(|| self.say(Phrase::new(key).with("units", of.join(", "))))
        };
        [side("sheet-before", true), side("sheet-after", false)].into_iter().flatten().collect()
    }

    /// The shapes that stand on this sheet, and what they mean.
    fn legend(&self) -> Vec<Value> {
        let word = |(status, confirmed)| json!({ "class": say::class(status, confirmed), "word": self.word(say::key(status, confirmed)) });
        STATES.map(word).into()
    }

    /// What failed, the nearest to its threshold first, each with its years where it is a number.
    fn missing(&self, pictures: &mut Vec<(String, String)>) -> Value {
        let story = self.story;
        let book = &story.plan.book;
        let failed = nearest(book, &story.verdict, &story.traits, story.year);
        let rows: Vec<Value> = (failed.iter().take(MISSING))
            .map(|distance| {
                let at = distance.node;
                let (spark, alt) = self.spark(at, pictures).unzip();
                let still = |amount| self.say(say::still(amount, book.nodes[at].unit()));
                let shortfall = distance.amount.as_ref().map(still);
                let indicator = &book.nodes[at].indicator;
                json!({
                    "no": indicator.no, "text": self.lang.pick(&indicator.text_vi, &indicator.text_en),
                    "value": self.value(at), "requirement": self.requirement(at),
                    "shortfall": shortfall.unwrap_or_else(|| "–".into()), "spark": spark, "alt": alt,
                })
            })
            .collect();
        let heads = ["no", "indicator", "value", "requirement", "shortfall", "trend"];
        json!({
            "title": self.word("sheet-missing"), "none": self.word("sheet-missing-none"), "rows": rows,
            "failed": failed.len(), "more": self.later("sheet-missing-more"), "heads": self.heads(&heads),
        })
    }

    fn heads(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| locale::say_key(self.lang, &format!("sheet-col-{name}"), &[])).collect()
    }

    fn requirement(&self, at: usize) -> String {
        let story = self.story;
        self.say(requirement(&story.plan.book, at, &story.traits, story.year))
    }

    fn decimals(&self, at: usize) -> u32 {
        telling::measure(self.law, self.story, at).map_or(2, |m| m.decimals)
    }

    fn value(&self, at: usize) -> String {
        telling::value_text(self.lang, self.law, self.story, at).unwrap_or_else(|| "–".into())
    }

    fn frame<'a>(
        &self,
        title: &'a str,
        missing: &'a str,
        say: &'a dyn Fn(&Decimal) -> String,
        width: u16,
    ) -> Frame<'a> {
        Frame { id: "c", title, desc: "", unit: "", missing, say, style: Style::Alone, width }
    }

    /// The years of a number as a picture, and in words.
    fn spark(&self, at: usize, pictures: &mut Vec<(String, String)>) -> Option<(String, String)> {
        let story = self.story;
        let indicator = &story.plan.book.nodes[at].indicator;
        let (years, values) = telling::by_year(story, at);
        if !indicator.kind.is_numeric() || values.iter().flatten().count() < 2 {
            return None;
        }
        let said: Vec<String> = (years.into_iter())
            .zip(&values)
            .filter_map(|(year, value)| {
                Some(self.year_value(year, &locale::rounded(self.lang, value.as_ref()?, self.decimals(at))))
            })
            .collect();
        let alt =
            self.say(Phrase::new("sheet-spark").with("no", indicator.no.as_str()).with("values", said.join("; ")));
        let threshold = story.plan.book.threshold(at, &story.traits, story.year);
        let frame = self.frame(&alt, "", &|_| String::new(), 110);
        let picture = Sparkline { values: &values, threshold }.draw(&frame);
        let name = format!("spark-{}.svg", pictures.len());
        pictures.push((name.clone(), picture));
        Some((name, alt))
    }

    fn year_value(&self, year: i16, value: &str) -> String {
        self.say(Phrase::new("sheet-year-value").with("year", year.to_string()).with("value", value))
    }

    /// Criteria passed over the years, and beside those of the province's other communes.
    fn charts(&self, pictures: &mut Vec<(String, String)>) -> Vec<Value> {
        let whole = |n: &Decimal| locale::exact(self.lang, n);
        let missing = self.word("status-without");
        let own: Vec<&OfUnit> = self.verdicts.iter().filter(|v| v.0 == self.story.plan.book.set()).collect();
        let title = self.word("sheet-trend");
        let years = own.first().zip(own.last()).map(|(first, last)| first.1..=last.1);
        let years: Vec<i16> = years.into_iter().flatten().collect();
        let passed = |year: &i16| own.iter().find(|v| v.1 == *year).map(|v| Decimal::from(v.4));
        let line = Line {
            axis: String::new(),
            along: years.iter().map(i16::to_string).collect(),
            series: vec![Series { name: String::new(), values: years.iter().map(passed).collect() }],
            references: Vec::new(),
            from_zero: true,
        };
        let said: Vec<String> = own.iter().map(|v| self.year_value(v.1, &format!("{}/{}", v.4, v.5))).collect();
        let said = match said.is_empty() {
            true => self.word("sheet-trend-none"),
            false => self.say(Phrase::new("sheet-trend-said").with("values", said.join("; "))),
        };
        let drawn = line.draw(&self.frame(&title, &missing, &whole, 380));
        pictures.push(("trend.svg".into(), drawn.svg));
        let trend = json!({ "title": title, "file": "trend.svg", "said": said, "alt": format!("{title}. {said}") });
        vec![trend, self.peers(pictures, &missing)]
    }

    fn peers(&self, pictures: &mut Vec<(String, String)>, missing: &str) -> Value {
        let whole = |n: &Decimal| locale::exact(self.lang, n);
        let year = self.story.year.to_string();
        let title = self.say(Phrase::new("sheet-peers").with("year", year));
        let passed = self.count(Status::Passed) as i64;
        let judged = self.peers.iter().any(|&(criteria, _)| criteria == passed)
            && self.verdicts.iter().any(|v| v.0 == self.story.plan.book.set() && v.1 == self.story.year);
        let count = |part: &dyn Fn(i64) -> bool| -> i64 {
            self.peers.iter().filter(|(criteria, _)| part(*criteria)).map(|(_, units)| units).sum()
        };
        let said = match judged {
            false => self.word("sheet-peers-none"),
            true => self.say(
                Phrase::new("sheet-peers-said")
                    .with("of", count(&|_| true))
                    .with("above", count(&|c| c > passed))
                    .with("same", count(&|c| c == passed) - 1)
                    .with("below", count(&|c| c < passed)),
            ),
        };
        let label = self.say(Phrase::new("sheet-peers-own").with("passed", passed));
        let spread = Spread {
            heads: [self.word("sheet-peers-criteria"), self.word("sheet-peers-count")],
            values: (self.peers.iter())
                .flat_map(|&(criteria, units)| std::iter::repeat_n(Decimal::from(criteria), units as usize))
                .collect(),
            threshold: None,
            chosen: judged.then(|| Reference { value: passed.into(), label }),
        };
        let unit = self.word("sheet-peers-criteria");
        let frame = Frame { unit: &unit, ..self.frame(&title, missing, &whole, 380) };
        pictures.push(("peers.svg".into(), spread.draw(&frame).svg));
        json!({ "title": title, "file": "peers.svg", "said": said, "alt": format!("{title}. {said}") })
    }

    /// Criteria and indicators in the order of the law, and in which order they matter where room is short.
    fn table(&self) -> Value {
        let (lang, story) = (self.lang, self.story);
        let book = &story.plan.book;
        let mut rows = Vec::new();
        let mut weights = Vec::new();
        let leaves = |criterion: usize| {
            (0..book.nodes.len()).filter(move |&at| book.nodes[at].criterion == criterion && book.nodes[at].is_leaf())
        };
        for (no, criterion) in book.criteria.iter().enumerate() {
            let (word, class) = say::state(lang, story.verdict.criteria[no]);
            let of = |status| leaves(no).filter(|&at| story.verdict.nodes[at].status == status).count();
            let (passed, none) = (of(Status::Passed), of(Status::NotApplicable));
            let total = leaves(no).count() - none;
            let value = Phrase::new("sheet-criterion-value").with("passed", passed).with("total", total);
            weights.push(0);
            rows.push(json!({
                "criterion": true, "no": criterion.no, "text": lang.pick(&criterion.name_vi, &criterion.name_en),
                "value": if total > 0 { self.say(value) } else { "–".into() }, "requirement": "", "class": class,
                "word": word, "source": "",
            }));
            for at in leaves(no) {
                let judged = story.verdict.nodes[at];
                let (word, class) = say::state(lang, judged);
                let indicator = &book.nodes[at].indicator;
                weights.push(match judged.status {
                    Status::Failed => 1,
                    Status::ToBeConfirmed => 2,
                    Status::Passed if judged.passed_unconfirmed() && indicator.kind.is_numeric() => 3,
                    Status::Incomplete => 4,
                    Status::Passed if indicator.kind.is_numeric() => 5,
                    Status::Passed => 6,
                    Status::NotApplicable => 7,
                });
                rows.push(json!({
                    "criterion": false, "no": indicator.no, "text": lang.pick(&indicator.text_vi, &indicator.text_en),
                    "value": self.value(at), "requirement": self.requirement(at), "class": class, "word": word,
                    "source": self.source(at),
                }));
            }
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&at| (weights[at], at));
        let heads = ["no", "indicator", "value", "requirement", "state", "source"];
        json!({
            "title": self.word("sheet-table"), "rows": rows, "order": order, "heads": self.heads(&heads),
            "more": self.later("sheet-table-more"),
        })
    }

    /// A citation as paper can hold it, without addresses of the web, with its confidence.
    fn source(&self, at: usize) -> String {
        let indicator = &self.story.plan.book.nodes[at].indicator;
        let own = indicator.overlay.as_ref().map_or(indicator.source.as_deref().unwrap_or(""), |o| o.citation.as_str());
        let kept: Vec<&str> = own.split("; ").filter(|part| !part.starts_with("http")).collect();
        let confidence = locale::say_key(self.lang, &format!("confidence-{}", indicator.confidence.name()), &[]);
        let source = if kept.is_empty() { "–".to_owned() } else { kept.join("; ") };
        self.say(Phrase::new("sheet-source").with("source", source).with("confidence", confidence))
    }

    fn sources(&self) -> Vec<String> {
        let book = &self.story.plan.book;
        let decision = &book.rulebook.decision;
        let law = Phrase::new("verdict-source")
            .with("decision", decision.number.as_deref().unwrap_or("–"))
            .with("issuer", decision.issuer.as_str())
            .with("day", book.day)
            .with("version", book.version.as_str());
        let address = format!("{}{}", self.origin, self.story.unit.id.address());
        let mut notes = vec![
            self.say(law),
            self.say(Phrase::new("sheet-hash").with("hash", book.hash.as_str())),
            self.word("sheet-method"),
            self.say(Phrase::new("sheet-address").with("address", address)),
        ];
        notes.extend(self.changed.map(|day| self.say(Phrase::new("sheet-changed").with("day", day))));
        notes
    }
}
