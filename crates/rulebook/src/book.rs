//! A set in force on a day, flattened so that judging is a walk over an array.

use crate::model::{Indicator, Join, Op, Requirement, Rulebook, YearLimit};
use kernel::{Day, Decimal};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// One indicator or part, in the rulebook's order (a composite before its parts).
#[derive(Clone, Debug)]
pub struct Node {
    /// The indicator as it stands on the book's day; its `parts` are emptied, see `children`.
    pub indicator: Indicator,
    /// Index of its criterion in `Book::criteria`.
    pub criterion: usize,
    /// Indices of its parts.
    pub children: Vec<usize>,
}

impl Node {
    pub fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// The unit as people write it, where there is one.
    pub fn unit(&self) -> Option<&str> {
        self.indicator.unit.as_deref().filter(|u| !u.is_empty())
    }

    pub fn join(&self) -> Join {
        self.indicator.join.unwrap_or(Join::All)
    }
}

/// One criterion: the indices of its indicators.
#[derive(Clone, Debug)]
pub struct CriterionNodes {
    pub no: String,
    pub name_vi: String,
    pub name_en: String,
    pub nodes: Vec<usize>,
}

/// A criteria set in force on a day: overlays and confirmations laid on, amendments of the day applied.
#[derive(Clone, Debug)]
pub struct Book {
    /// The set with overlays and confirmations, before amendments: the text that is hashed and kept.
    pub rulebook: Rulebook,
    pub day: Day,
    pub nodes: Vec<Node>,
    pub criteria: Vec<CriterionNodes>,
    /// `YYYY-MM-DD+` and the first 12 hexadecimal digits of `hash`.
    pub version: String,
    /// SHA-256 of `text`, in hexadecimal.
    pub hash: String,
    by_no: HashMap<String, usize>,
}

impl Book {
    pub fn new(rulebook: Rulebook, day: Day) -> Book {
        let (mut nodes, mut criteria) = (Vec::new(), Vec::new());
        let mut latest: Option<Day> = None;
        for criterion in &rulebook.criteria {
            let at = criteria.len();
            let roots = criterion.indicators.iter().map(|i| flatten(&mut nodes, at, i, day, &mut latest)).collect();
            criteria.push(CriterionNodes {
                no: criterion.no.clone(),
                name_vi: criterion.name_vi.clone(),
                name_en: criterion.name_en.clone(),
                nodes: roots,
            });
        }
        let by_no = nodes.iter().enumerate().map(|(at, n)| (n.indicator.no.clone(), at)).collect();
        let hash = hex::encode(Sha256::digest(text(&rulebook)));
        let date = latest.map_or_else(|| rulebook.decision.day(), |d| d.to_string());
        let version = format!("{date}+{}", &hash[..12]);
        Book { rulebook, day, nodes, criteria, version, hash, by_no }
    }

    pub fn set(&self) -> &str {
        &self.rulebook.set
    }

    /// The index of an indicator or part by its number.
    pub fn node(&self, no: &str) -> Option<usize> {
        self.by_no.get(no).copied()
    }

    /// The whole text that judges, as kept under its hash: RFC 8785 JSON.
    pub fn text(&self) -> Vec<u8> {
        text(&self.rulebook)
    }

    /// Whether fewer indicators are listed than the decision has.
    pub fn lists_too_few(&self) -> bool {
        self.rulebook.counts.as_ref().is_some_and(|c| c.indicators_listed < c.indicators)
    }

    /// Whether any number comes from an illustrative overlay.
    pub fn is_illustrative(&self) -> bool {
        self.nodes.iter().any(|n| n.indicator.overlay.as_ref().is_some_and(|o| o.illustrative))
    }

    /// Whether the set knows this region; one that it does not know is as if empty.
    fn region<'a>(&self, traits: &'a Traits) -> Option<&'a str> {
        traits.region.as_deref().filter(|r| self.rulebook.regions.contains_key(*r))
    }

    /// Whether this node does not apply to a unit because of the unit's region.
    pub fn excluded_by_region(&self, at: usize, traits: &Traits) -> bool {
        match (&self.nodes[at].indicator.applies_regions, self.region(traits)) {
            (Some(regions), Some(region)) => !regions.iter().any(|r| r == region),
            _ => false,
        }
    }

    /// The threshold of a node for a unit in a year; `None` where it is unknown (or the node has none).
    pub fn threshold(&self, at: usize, traits: &Traits, year: i16) -> Option<&Decimal> {
        let requirement: &Requirement = &self.nodes[at].indicator.requirement;
        if requirement.op == Op::Unknown {
            return None;
        }
        if let Some(table) = &requirement.by_attribute {
            return table.limits.get(traits.attributes.get(&table.attribute)?.as_str());
        }
        let region = |table: &'_ indexmap::IndexMap<String, Decimal>| -> Option<usize> {
            table.get_index_of(self.region(traits)?)
        };
        if let Some(table) = &requirement.by_year {
            // Years are written with four digits; formatting them allocates nothing on the heap beyond this.
            return match table.get(format!("{year:04}").as_str())? {
                YearLimit::Plain(limit) => Some(limit),
                YearLimit::ByRegion(limits) => limits.get_index(region(limits)?).map(|(_, limit)| limit),
            };
        }
        if let Some(table) = &requirement.by_region {
            return table.get_index(region(table)?).map(|(_, limit)| limit);
        }
        if let Some(table) = &requirement.by_group {
            return table.get(traits.group.as_deref()?);
        }
        requirement.value.as_ref()
    }
}

fn text(rulebook: &Rulebook) -> Vec<u8> {
    // A rulebook is plain data with text keys: canonical JSON cannot fail on it.
    serde_json_canonicalizer::to_vec(rulebook).expect("a rulebook is JSON")
}

fn flatten(nodes: &mut Vec<Node>, criterion: usize, i: &Indicator, day: Day, latest: &mut Option<Day>) -> usize {
    let at = nodes.len();
    nodes.push(Node { indicator: as_amended(i, day, latest), criterion, children: Vec::new() });
    let children = i.parts.iter().map(|part| flatten(nodes, criterion, part, day, latest)).collect();
    nodes[at].children = children;
    at
}

/// The indicator with the amendments in force on `day`, in the order of their dates; a named field replaces the old one whole.
fn as_amended(i: &Indicator, day: Day, latest: &mut Option<Day>) -> Indicator {
    let mut now = Indicator { parts: Vec::new(), amended: Vec::new(), ..i.clone() };
    for a in i.amended.iter().filter(|a| a.from <= day) {
        *latest = (*latest).max(Some(a.from));
        macro_rules! replace {
            ($($field:ident)*) => { $( if let Some(new) = &a.$field { now.$field = new.clone(); } )* };
        }
        macro_rules! replace_optional {
            ($($field:ident)*) => { $( if a.$field.is_some() { now.$field.clone_from(&a.$field); } )* };
        }
        replace!(text_vi text_en kind requirement confidence);
        replace_optional!(unit measure applies_if applies_if_en applies_regions source note);
    }
    now
}

/// What the law reads of a unit: its region, group and further attributes, in force on the day of judging.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Traits {
    pub region: Option<String>,
    pub group: Option<String>,
    /// Words in lower case: `true`, `false`.
    pub attributes: BTreeMap<String, String>,
}
