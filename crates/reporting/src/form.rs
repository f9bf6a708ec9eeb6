//! What a unit is asked for in a campaign, with what it has said so far: the one form that pages, saves and reviews read.
//!
//! Cost of [`load`]: the unit's figures of the year and of the year before, its entries of a shorter period; the law is kept
//! ready.

use crate::{
    entry::{self, Typed},
    model::{Campaign, Criterion, Item, State},
    rules,
};
use ::store::{Query, Result};
use facts::{
    Edition, Figure, Key, Law,
    law::{Plan, day_of_judging},
    published,
};
use kernel::{Decimal, Moment, PersonId, UnitId};
use rulebook::{
    Confidence, Kind, Measure, Origin, Traits, Value,
    evaluate::{Asked, Judged, Verdict, evaluate_asked},
    model::Op,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use units::Unit;

/// A value that is asked for, or that is computed from others.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its indicator in the book; `None` of an input of a computed measure.
    pub node: Option<usize>,
    pub measure: i64,
    pub about: Arc<Measure>,
    /// Whether the unit is asked to say it: measures that come from surveys, or are computed, are shown only.
    pub asked: bool,
    /// What the unit says now, and when it said so.
    pub declared: Option<Said>,
    /// What a reviewer says instead.
    pub verified: Option<Figure>,
    /// What a verdict reads, from which origin.
    pub read: Option<(Origin, Value)>,
    /// What a verdict read for the year before.
    pub before: Option<Value>,
}

/// What was said of a value.
#[derive(Clone, Debug)]
pub struct Said {
    pub value: Value,
    /// What names this saying: whoever changes it names what they saw.
    pub version: i64,
    pub at: Moment,
    pub person: Option<PersonId>,
    /// Why it does not apply, or what else there is to say.
    pub note: String,
}

/// A criterion with its values, in the order of the law; a composite's parts follow it.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub criterion: Criterion,
    pub name_vi: String,
    pub name_en: String,
    /// Its place in the book of its set.
    pub at: usize,
    pub fields: Vec<Field>,
}

impl Sheet {
    pub fn asked(&self) -> i64 {
        self.fields.iter().filter(|field| field.asked).count() as i64
    }

    pub fn filled(&self) -> i64 {
        self.fields.iter().filter(|field| field.asked && field.declared.is_some()).count() as i64
    }

    /// The measures that the unit is asked for.
    pub fn measures(&self) -> Vec<i64> {
        self.fields.iter().filter(|field| field.asked).map(|field| field.measure).collect()
    }
}

/// A set of the campaign as it asks one unit.
#[derive(Clone, Debug)]
pub struct SetForm {
    pub plan: Arc<Plan>,
    pub asked: Asked,
    pub traits: Traits,
    pub sheets: Vec<Sheet>,
    /// By node, what a verdict reads now.
    values: Vec<Option<Value>>,
    /// The verdict on it.
    pub verdict: Verdict,
}

impl SetForm {
    /// The verdict of a field's indicator.
    pub fn judged(&self, field: &Field) -> Option<Judged> {
        field.node.map(|node| self.verdict.nodes[node])
    }

    /// What a field's indicator compares with: how, and the threshold where it is known.
    pub fn requirement(&self, field: &Field) -> (Op, Option<&Decimal>, Confidence) {
        let Some(node) = field.node else { return (Op::Unknown, None, Confidence::Unknown) };
        let indicator = &self.plan.book.nodes[node].indicator;
        (indicator.requirement.op, self.asked.limit(node), indicator.confidence)
    }

    /// Whether the law lets a field be said not to apply.
    pub fn has_condition(&self, field: &Field) -> bool {
        field.node.is_some_and(|node| self.plan.book.nodes[node].indicator.applies_if.is_some())
    }
}

/// Everything a unit is asked for in a campaign.
#[derive(Clone, Debug)]
pub struct Form {
    pub unit: Unit,
    pub year: i16,
    pub sets: Vec<SetForm>,
}

impl Form {
    /// A criterion, with the set it stands in.
    pub fn sheet(&self, criterion: &Criterion) -> Option<(&SetForm, &Sheet)> {
        let of = |set: &SetForm| set.plan.book.set() == criterion.set;
        let set = self.sets.iter().find(|set| of(set))?;
        set.sheets.iter().find(|sheet| sheet.criterion == *criterion).map(|sheet| (set, sheet))
    }

    /// Every criterion of every set, in order.
    pub fn sheets(&self) -> impl Iterator<Item = (&SetForm, &Sheet)> {
        self.sets.iter().flat_map(|set| set.sheets.iter().map(move |sheet| (set, sheet)))
    }

    /// A field by its measure, the first that asks for it.
    pub fn field(&self, measure: i64) -> Option<(&SetForm, &Field)> {
        self.sheets().find_map(|(set, sheet)| {
            sheet.fields.iter().find(|field| field.measure == measure && field.asked).map(|field| (set, field))
        })
    }
}

/// The sets of a campaign that judge a unit, in the campaign's order.
pub fn sets_of(law: &Law, campaign: &Campaign, unit: &Unit) -> Vec<String> {
    let judging = law.sets_for(unit, campaign.year());
    campaign.sets.iter().filter(|set| judging.contains(set)).cloned().collect()
}

/// What a unit is asked for as a campaign opens, with the figures of the year that were there before it. Cost: none.
pub fn opening(law: &Law, campaign: &Campaign, unit: &Unit, traits: &Traits, figures: Vec<Figure>) -> Form {
    let now = figures.into_iter().map(|figure| (figure.key, figure)).collect();
    build(law, campaign, unit, traits, &Known { now, ..Known::default() })
}

/// What is known of a unit's values.
#[derive(Default)]
struct Known {
    now: HashMap<Key, Figure>,
    before: HashMap<Key, Value>,
    entries: BTreeMap<i64, Said>,
}

/// A unit whose form is loaded; after values were written it is asked again of these alone.
pub struct Loaded {
    unit: Unit,
    traits: Traits,
    known: Known,
}

impl Loaded {
    /// Cost: the unit's figures of the year and of the year before, its entries.
    pub async fn of(tx: &mut impl Query, campaign: &Campaign, unit: &Unit) -> Result<Loaded> {
        let year = campaign.year();
        let attributes = units::store::Attributes::of(tx, &[unit.id]).await?;
        let traits = attributes.on(unit, day_of_judging(unit, year));
        let before = published::figures(tx, unit.id, Some(year - 1), Edition::Working).await?;
        let before = before.into_iter().map(|figure| (figure.key, figure.value)).collect();
        let now = published::figures(tx, unit.id, Some(year), Edition::Working).await?;
        let now = now.into_iter().map(|figure| (figure.key, figure)).collect();
        let entries = entry::of_unit(tx, campaign, unit.id, None).await?;
        Ok(Loaded { unit: unit.clone(), traits, known: Known { now, before, entries } })
    }

    /// Reads these measures again and brings the form to what is known then: their fields, those computed from them, the
    /// verdicts. Cost: the figures and entries of these measures.
    pub async fn renew(
        &mut self,
        tx: &mut impl Query,
        law: &Law,
        campaign: &Campaign,
        form: &mut Form,
        measures: &BTreeSet<i64>,
    ) -> Result<()> {
        if measures.is_empty() {
            return Ok(());
        }
        let (unit, year) = (self.unit.id, campaign.year());
        self.known.now.retain(|key, _| !measures.contains(&key.measure));
        self.known.entries.retain(|measure, _| !measures.contains(measure));
        let now = published::of_units(tx, &[unit], year, Some(measures), Edition::Working).await?;
        self.known.now.extend(now.into_iter().map(|figure| (figure.key, figure)));
        self.known.entries.extend(entry::of_unit(tx, campaign, unit, Some(measures)).await?);
        let maker = Maker { law, campaign, unit, said: &self.known };
        let touched = |measure: i64, computed: bool| {
            let inputs = || law.needed(law.measure_code(measure)).iter().any(|input| measures.contains(input));
            measures.contains(&measure) || (computed && inputs())
        };
        for set in &mut form.sets {
            let fields = set.sheets.iter_mut().flat_map(|sheet| &mut sheet.fields);
            for field in fields.filter(|field| touched(field.measure, field.about.computed.is_some())) {
                if let Some(fresh) = maker.field(field.node, field.measure) {
                    *field = fresh;
                }
            }
            for (value, &measure) in set.values.iter_mut().zip(&set.plan.measures) {
                let Some(about) = measure.and_then(|measure| law.measure(measure)) else { continue };
                if let Some(measure) = measure.filter(|measure| touched(*measure, about.computed.is_some())) {
                    *value = maker.read(measure).map(|(_, value)| value);
                }
            }
            set.verdict = evaluate_asked(&set.plan.book, &set.asked, |at| set.values[at].as_ref());
        }
        Ok(())
    }

    /// The form as it is known. Cost: none.
    pub fn form(&self, law: &Law, campaign: &Campaign) -> Form {
        build(law, campaign, &self.unit, &self.traits, &self.known)
    }
}

/// The form of a unit. Cost: see above.
pub async fn load(tx: &mut impl Query, law: &Law, campaign: &Campaign, unit: &Unit) -> Result<Form> {
    Ok(Loaded::of(tx, campaign, unit).await?.form(law, campaign))
}

fn build(law: &Law, campaign: &Campaign, unit: &Unit, traits: &Traits, said: &Known) -> Form {
    let year = campaign.year();
    let day = day_of_judging(unit, year);
    let maker = Maker { law, campaign, unit: unit.id, said };
    let sets = sets_of(law, campaign, unit).into_iter().filter_map(|set| {
        let plan = law.plan(&set, day)?;
        let asked = Asked::new(&plan.book, traits, year);
        let values: Vec<Option<Value>> =
            plan.measures.iter().map(|measure| measure.and_then(|m| maker.read(m)).map(|(_, value)| value)).collect();
        let verdict = evaluate_asked(&plan.book, &asked, |at| values[at].as_ref());
        let sheets = (0..plan.book.criteria.len()).map(|at| maker.sheet(&plan, traits, at)).collect();
        Some(SetForm { asked, traits: traits.clone(), sheets, values, verdict, plan })
    });
    Form { unit: unit.clone(), year, sets: sets.collect() }
}

struct Maker<'a> {
    law: &'a Law,
    campaign: &'a Campaign,
    unit: UnitId,
    said: &'a Known,
}

impl Maker<'_> {
    fn sheet(&self, plan: &Plan, traits: &Traits, at: usize) -> Sheet {
        let criterion = &plan.book.criteria[at];
        let (mut fields, mut seen) = (Vec::new(), BTreeSet::new());
        for (node, of) in plan.book.nodes.iter().enumerate().filter(|(_, node)| node.criterion == at) {
            let left_out =
                !of.is_leaf() || of.indicator.kind == Kind::Composite || plan.book.excluded_by_region(node, traits);
            let Some(measure) = plan.measures[node].filter(|_| !left_out) else { continue };
            if !seen.insert(measure) {
                continue;
            }
            let Some(field) = self.field(Some(node), measure) else { continue };
            let computed = field.about.computed.is_some() && !field.asked;
            fields.push(field);
            if computed {
                // What it is computed from is asked for beneath it.
                let inputs = self.law.needed(self.law.measure_code(measure)).into_iter().skip(1);
                let inputs: Vec<i64> = inputs.filter(|input| seen.insert(*input)).collect();
                fields
                    .extend(inputs.into_iter().filter_map(|input| self.field(None, input)).filter(|field| field.asked));
            }
        }
        let criterion_name = Criterion { set: plan.book.set().to_owned(), no: criterion.no.clone() };
        let (name_vi, name_en) = (criterion.name_vi.clone(), criterion.name_en.clone());
        Sheet { criterion: criterion_name, name_vi, name_en, at, fields }
    }

    /// What a verdict reads of a measure, from which origin.
    fn read(&self, measure: i64) -> Option<(Origin, Value)> {
        let (year, unit) = (self.campaign.year(), self.unit);
        let find = |measure, origin| Some(&self.said.now.get(&Key { unit, year, measure, origin })?.value);
        self.law.read_by(measure, &find).map(|(origin, value)| (origin, value.into_owned()))
    }

    fn field(&self, node: Option<usize>, measure: i64) -> Option<Field> {
        let about = self.law.measure(measure)?.clone();
        let (year, unit) = (self.campaign.year(), self.unit);
        let key = |origin| Key { unit, year, measure, origin };
        let asked = about.reads.contains(&Origin::Declared);
        let declared = if self.campaign.is_yearly() {
            let entry = self.said.entries.get(&measure);
            self.said.now.get(&key(Origin::Declared)).map(|figure| Said {
                value: figure.value.clone(),
                version: figure.revision.0,
                at: figure.at,
                // Who wrote this line here; what came by another door has another number.
                person: entry.filter(|e| e.version == figure.revision.0).and_then(|entry| entry.person),
                note: figure.note.clone().unwrap_or_default(),
            })
        } else {
            self.said.entries.get(&measure).cloned()
        };
        let read = self.read(measure);
        let before = self.law.read(&self.said.before, unit, year - 1, measure).map(|(_, value)| value.into_owned());
        let verified = self.said.now.get(&key(Origin::Verified)).cloned();
        Some(Field { node, measure, about, asked, declared, verified, read, before })
    }
}

/// The criteria of a form as a campaign keeps them when it opens.
pub fn items(form: &Form, now: Moment) -> Vec<Item> {
    let item = |(place, (_, sheet)): (usize, (&SetForm, &Sheet))| Item {
        criterion: sheet.criterion.clone(),
        place: place as i64,
        state: rules::after_entry(State::Empty, sheet.filled()),
        since: now,
        asked: sheet.asked(),
        filled: sheet.filled(),
        agency: None,
        officer: None,
    };
    form.sheets().enumerate().map(item).collect()
}

/// A field as a form shows what was typed.
pub fn typed(lang: locale::Lang, value: Option<&Value>) -> Typed {
    let text = |number: &Decimal| locale::plain(lang, number);
    let one = |value: String| Typed { value, ..Typed::default() };
    match value {
        None => Typed::default(),
        Some(Value::Yes(yes)) => one(yes.to_string()),
        Some(Value::NotApplicable) => one("n/a".to_owned()),
        Some(Value::Number(number)) => one(text(number)),
        Some(Value::Fraction(n, d)) => Typed { value: String::new(), numerator: text(n), denominator: text(d) },
    }
}
