//! All that a requirement asks, of whom and when: the tables of the law unfolded, a line each. Pure.

use crate::{
    Book,
    model::{Op, Requirement, YearLimit},
    requirement::compared,
};
use indexmap::IndexMap;
use kernel::{Decimal, Phrase};

/// Of whom a requirement is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    Everybody,
    /// A region's code.
    Region(String),
    /// A group's number.
    Group(String),
    /// An attribute and its word.
    Attribute(String, String),
    /// Whoever the table does not name.
    Others,
}

/// One line of a requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The only year it is for, where there is one.
    pub year: Option<String>,
    pub whom: Whom,
    pub requirement: Phrase,
}

/// The lines of a node's requirement; none where it is no number (yes or no, a paper, a composite).
pub fn variants(book: &Book, at: usize) -> Vec<Variant> {
    let node = &book.nodes[at];
    let asked = &node.indicator.requirement;
    if !node.indicator.kind.is_numeric() || asked.op == Op::Unknown {
        return Vec::new();
    }
    let limit = |number: Option<&Decimal>| match number {
        Some(number) => compared(asked.op, number, node.unit()),
        None => Phrase::new("req-limit-unknown"),
    };
    let line = |year: Option<&str>, whom, number: Option<&Decimal>| Variant {
        year: year.map(str::to_owned),
        whom,
        requirement: limit(number),
    };
    // Whoever a table leaves out is said so: the law has a number for them that nobody has entered.
    let table = |year: Option<&str>, limits: &IndexMap<String, Decimal>, of: usize, whom: &dyn Fn(&String) -> Whom| {
        let mut lines: Vec<Variant> = limits.iter().map(|(key, number)| line(year, whom(key), Some(number))).collect();
        lines.extend((limits.len() < of).then(|| line(year, Whom::Others, None)));
        lines
    };
    let regions = book.rulebook.regions.len();
    let region = |key: &String| Whom::Region(key.clone());
    let Requirement { by_attribute, by_year, by_region, by_group, value, .. } = asked;
    if let Some(by) = by_attribute {
        let whom = |word: &String| Whom::Attribute(by.attribute.clone(), word.clone());
        return table(None, &by.limits, 2, &whom);
    }
    if let Some(years) = by_year {
        let of = |(year, limits): (&String, &YearLimit)| match limits {
            YearLimit::Plain(number) => vec![line(Some(year), Whom::Everybody, Some(number))],
            YearLimit::ByRegion(limits) => table(Some(year), limits, regions, &region),
        };
        let lines: Vec<Variant> = years.iter().flat_map(of).collect();
        let (others, mut lines): (Vec<Variant>, _) = lines.into_iter().partition(|line| line.whom == Whom::Others);
        // Left out in every year: said once.
        let once = others.len() == years.len() && !lines.is_empty();
        lines.extend(if once { vec![line(None, Whom::Others, None)] } else { others });
        return lines;
    }
    if let Some(limits) = by_region {
        return table(None, limits, regions, &region);
    }
    if let Some(limits) = by_group {
        return table(None, limits, book.rulebook.groups.len(), &|key| Whom::Group(key.clone()));
    }
    vec![line(None, Whom::Everybody, value.as_ref())]
}
