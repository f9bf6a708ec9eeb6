//! Judging: values of one unit and year against a set in force. Pure; decimals are compared exactly.
//!
//! Cost: one visit of every node of the set; no allocation but the result, and what is asked where it was not looked up.

use crate::{
    book::{Book, Traits},
    model::{Confidence, Join, Kind, Op},
};
use kernel::Decimal;
use std::cmp::Ordering;

/// A verdict of an indicator, a criterion, a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Passed,
    Failed,
    /// A value is missing.
    Incomplete,
    NotApplicable,
    /// The law's number is unknown: nobody may decide.
    ToBeConfirmed,
}

impl Status {
    pub const ALL: [Status; 5] =
        [Status::Passed, Status::Failed, Status::Incomplete, Status::NotApplicable, Status::ToBeConfirmed];

    /// The stable name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Incomplete => "incomplete",
            Status::NotApplicable => "not_applicable",
            Status::ToBeConfirmed => "to_be_confirmed",
        }
    }

    /// One letter, as the store keeps it.
    pub fn letter(self) -> char {
        match self {
            Status::Passed => 'p',
            Status::Failed => 'f',
            Status::Incomplete => 'i',
            Status::NotApplicable => 'n',
            Status::ToBeConfirmed => 't',
        }
    }

    pub fn from_letter(letter: char) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.letter() == letter)
    }
}

/// A value as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Đạt or không đạt.
    Yes(bool),
    Number(Decimal),
    /// A percent as numerator and denominator.
    Fraction(Decimal, Decimal),
    /// "n/a": the condition of the law is not given here.
    NotApplicable,
}

impl Value {
    /// The number: of a fraction the percent, rounded half up to six decimals where they cannot hold it.
    pub fn shown(&self) -> Option<Decimal> {
        match self {
            Value::Number(number) => Some(number.clone()),
            Value::Fraction(n, d) => (n * &Decimal::from(100)).checked_div_rounded(d, 6),
            Value::Yes(_) | Value::NotApplicable => None,
        }
    }

    /// How it stands to a limit, exactly; `None` for what is no number.
    pub fn compare(&self, limit: &Decimal) -> Option<Ordering> {
        match self {
            Value::Number(number) => Some(number.cmp(limit)),
            Value::Fraction(n, d) => Some((n * &Decimal::from(100)).cmp(&(limit * d))),
            Value::Yes(_) | Value::NotApplicable => None,
        }
    }

    /// The distance to a limit, never negative; of a fraction rounded half up to six decimals.
    fn distance(&self, limit: &Decimal) -> Option<Decimal> {
        match self {
            Value::Number(number) => Some((number - limit).abs()),
            Value::Fraction(n, d) => (&(n * &Decimal::from(100)) - &(limit * d)).abs().checked_div_rounded(d, 6),
            Value::Yes(_) | Value::NotApplicable => None,
        }
    }
}

/// Whether an indicator takes this value at all; a percent is 0 to 100, a count whole and not negative, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    CompositeTakesNone,
    NotApplicableNotAllowed,
    YesNoExpected,
    NumberExpected,
    PercentOutOfRange,
    CountNotWhole,
    FractionOnlyForPercent,
    Negative,
}

/// Checks that a value fits its indicator's kind.
pub fn fits(kind: Kind, has_condition: bool, value: &Value) -> Result<(), Misfit> {
    match (kind, value) {
        (Kind::Composite, _) => Err(Misfit::CompositeTakesNone),
        (_, Value::NotApplicable) if has_condition => Ok(()),
        (_, Value::NotApplicable) => Err(Misfit::NotApplicableNotAllowed),
        (Kind::Boolean | Kind::Document, Value::Yes(_)) => Ok(()),
        (Kind::Boolean | Kind::Document, _) => Err(Misfit::YesNoExpected),
        (_, Value::Yes(_)) => Err(Misfit::NumberExpected),
        (Kind::Percent, Value::Fraction(..)) => Ok(()),
        (_, Value::Fraction(..)) => Err(Misfit::FractionOnlyForPercent),
        (Kind::Percent, Value::Number(n)) if n.is_negative() || *n > Decimal::from(100) => {
            Err(Misfit::PercentOutOfRange)
        }
        (Kind::Count, Value::Number(n)) if n.is_negative() => Err(Misfit::Negative),
        (Kind::Count, Value::Number(n)) if !n.is_integer() => Err(Misfit::CountNotWhole),
        (_, Value::Number(_)) => Ok(()),
    }
}

/// A verdict and how sure the law beneath it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub status: Status,
    pub confidence: Confidence,
}

impl Judged {
    /// Passed on a number that nobody has confirmed: "đạt, theo mức cần xác nhận".
    pub fn passed_unconfirmed(self) -> bool {
        self.status == Status::Passed && self.confidence != Confidence::Verified
    }
}

/// The verdict of one unit and year under one set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub set: Judged,
    /// In the rulebook's order.
    pub criteria: Vec<Judged>,
    /// By node of the book.
    pub nodes: Vec<Judged>,
    /// By node: the distance to the threshold of a failed number.
    pub shortfalls: Vec<Option<Decimal>>,
}

/// What a set asks of one sort of unit in one year, looked up once: judging many units of the sort looks nothing up.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By node: whether it does not apply in the units' region.
    excluded: Vec<bool>,
    /// By node: its threshold, where it is known.
    limits: Vec<Option<Decimal>>,
}

impl Asked {
    pub fn new(book: &Book, traits: &Traits, year: i16) -> Asked {
        let nodes = 0..book.nodes.len();
        Asked {
            excluded: nodes.clone().map(|at| book.excluded_by_region(at, traits)).collect(),
            limits: nodes.map(|at| book.threshold(at, traits, year).cloned()).collect(),
        }
    }

    /// The threshold of a node, where it is known.
    pub fn limit(&self, at: usize) -> Option<&Decimal> {
        self.limits[at].as_ref()
    }
}

/// Judges values, given by node of the book.
///
/// `values` has one place a node; places of composites are ignored. Values are expected to fit (`fits`): one that does
/// not leaves its indicator incomplete.
pub fn evaluate(book: &Book, values: &[Option<Value>], traits: &Traits, year: i16) -> Verdict {
    evaluate_asked(book, &Asked::new(book, traits, year), |at| values[at].as_ref())
}

/// The same where what is asked was looked up before; `value` gives a node's value.
pub fn evaluate_asked<'v>(book: &Book, asked: &Asked, value: impl Fn(usize) -> Option<&'v Value>) -> Verdict {
    let unjudged = Judged { status: Status::Incomplete, confidence: Confidence::Unknown };
    let mut verdict = Verdict {
        set: unjudged,
        criteria: Vec::with_capacity(book.criteria.len()),
        nodes: vec![unjudged; book.nodes.len()],
        shortfalls: vec![None; book.nodes.len()],
    };
    // Parts stand after their composite: judged backwards, every part is ready when its composite is reached.
    for at in (0..book.nodes.len()).rev() {
        let node = &book.nodes[at];
        verdict.nodes[at] = if node.is_leaf() {
            let status = leaf(node.indicator.requirement.op, asked, at, value(at), &mut verdict.shortfalls[at]);
            Judged { status, confidence: node.indicator.confidence }
        } else if asked.excluded[at] {
            let weakest = node.children.iter().map(|&c| verdict.nodes[c].confidence).min();
            Judged { status: Status::NotApplicable, confidence: weakest.unwrap_or(Confidence::Unknown) }
        } else {
            join(node.join(), node.children.iter().map(|&child| verdict.nodes[child]))
        };
    }
    let unknown = Judged { status: Status::ToBeConfirmed, confidence: Confidence::Unknown };
    for criterion in &book.criteria {
        let missing = criterion.nodes.is_empty().then_some(unknown);
        let members = criterion.nodes.iter().map(|&at| verdict.nodes[at]).chain(missing);
        verdict.criteria.push(join(Join::All, members));
    }
    let missing = (book.lists_too_few() || book.criteria.is_empty()).then_some(unknown);
    verdict.set = join(Join::All, verdict.criteria.iter().copied().chain(missing));
    verdict
}

fn leaf(op: Op, asked: &Asked, at: usize, value: Option<&Value>, shortfall: &mut Option<Decimal>) -> Status {
    if asked.excluded[at] {
        return Status::NotApplicable;
    }
    match value {
        None => Status::Incomplete,
        Some(Value::NotApplicable) => Status::NotApplicable,
        Some(Value::Yes(_)) if op == Op::Unknown => Status::ToBeConfirmed,
        Some(Value::Yes(true)) => Status::Passed,
        Some(Value::Yes(false)) => Status::Failed,
        Some(number) => {
            let Some(limit) = asked.limit(at) else { return Status::ToBeConfirmed };
            let Some(order) = number.compare(limit) else { return Status::Incomplete };
            let met = match op {
                Op::AtLeast => order.is_ge(),
                Op::AtMost => order.is_le(),
                Op::Exactly => order.is_eq(),
                Op::MoreThan => order.is_gt(),
                Op::LessThan => order.is_lt(),
                // Refused when the set is read; asked of a number it decides nothing.
                Op::Achieved | Op::Parts | Op::Unknown => return Status::ToBeConfirmed,
            };
            if met {
                return Status::Passed;
            }
            *shortfall = number.distance(limit);
            Status::Failed
        }
    }
}

/// Joins members in one pass; those that do not apply are left out, and where all are, neither does the whole.
fn join(how: Join, members: impl Iterator<Item = Judged>) -> Judged {
    let mut seen = [false; Status::ALL.len()];
    let (mut weakest, mut weakest_applying, mut strongest_passed) = (None, None, None);
    let least = |so_far: Option<Confidence>, c: Confidence| Some(so_far.map_or(c, |s| s.min(c)));
    for Judged { status, confidence } in members {
        seen[status as usize] = true;
        weakest = least(weakest, confidence);
        if status != Status::NotApplicable {
            weakest_applying = least(weakest_applying, confidence);
        }
        if status == Status::Passed {
            strongest_passed = strongest_passed.max(Some(confidence));
        }
    }
    let judged = |status, confidence: Option<Confidence>| Judged {
        status,
        confidence: confidence.unwrap_or(Confidence::Unknown),
    };
    if weakest_applying.is_none() {
        return judged(Status::NotApplicable, weakest);
    }
    let (order, rest) = match how {
        Join::All => ([Status::Failed, Status::Incomplete, Status::ToBeConfirmed], Status::Passed),
        Join::Any => ([Status::Passed, Status::Incomplete, Status::ToBeConfirmed], Status::Failed),
    };
    let status = order.into_iter().find(|s| seen[*s as usize]).unwrap_or(rest);
    let any_passed = how == Join::Any && status == Status::Passed;
    judged(status, if any_passed { strongest_passed } else { weakest_applying })
}
