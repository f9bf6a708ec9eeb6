//! Why a verdict is what it is: every step of its derivation as a phrase, made from the data. Pure.
//!
//! A leaf names its figure and what is asked; a composite, a criterion and a set name the members that decided, in the
//! order in which `evaluate` looks for them.

use crate::{
    Book, Judged, Status, Traits, Value, Verdict,
    model::Join,
    requirement::{limit, requirement},
};
use kernel::{Arg, Decimal, Phrase};

/// One judging: what `evaluate` read and what it gave.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub book: &'a Book,
    /// By node of the book, as given to `evaluate`.
    pub values: &'a [Option<Value>],
    pub verdict: &'a Verdict,
    pub traits: &'a Traits,
    pub year: i16,
}

impl Case<'_> {
    /// Why an indicator or part came out as it did.
    pub fn node(&self, at: usize) -> Phrase {
        let node = &self.book.nodes[at];
        let judged = self.verdict.nodes[at];
        if self.book.excluded_by_region(at, self.traits) {
            return Phrase::new("why-region");
        }
        if node.is_leaf() {
            return unconfirmed(judged, self.leaf(at));
        }
        let members = node.children.iter().map(|&c| (self.name(c), self.verdict.nodes[c])).collect();
        whole(judged, joined(node.join(), judged.status, members))
    }

    /// Why a criterion came out as it did, by its index in `Book::criteria`.
    pub fn criterion(&self, at: usize) -> Phrase {
        let criterion = &self.book.criteria[at];
        let judged = self.verdict.criteria[at];
        if criterion.nodes.is_empty() {
            return whole(judged, Phrase::new("why-nothing-listed"));
        }
        let members = criterion.nodes.iter().map(|&n| (self.name(n), self.verdict.nodes[n])).collect();
        whole(judged, joined(Join::All, judged.status, members))
    }

    /// Why the set came out as it did.
    pub fn set(&self) -> Phrase {
        let judged = self.verdict.set;
        let members: Vec<(Phrase, Judged)> = (self.book.criteria.iter().zip(&self.verdict.criteria))
            .map(|(c, judged)| {
                let name = Phrase::new("why-member").with("no", c.no.as_str()).both("name", &c.name_vi, &c.name_en);
                (name, *judged)
            })
            .collect();
        let decided = members.iter().any(|(_, m)| m.status == judged.status);
        let reason = match &self.book.rulebook.counts {
            // No criterion asks for confirmation: the list itself is what is not whole.
            Some(counts) if self.book.lists_too_few() && !decided => Phrase::new("why-lists-too-few")
                .with("listed", i64::from(counts.indicators_listed))
                .with("counted", i64::from(counts.indicators)),
            _ if members.is_empty() => Phrase::new("why-nothing-listed"),
            _ => joined(Join::All, judged.status, members),
        };
        whole(judged, reason)
    }

    fn name(&self, at: usize) -> Phrase {
        let i = &self.book.nodes[at].indicator;
        Phrase::new("why-member").with("no", i.no.as_str()).both("name", &i.text_vi, &i.text_en)
    }

    fn leaf(&self, at: usize) -> Phrase {
        let node = &self.book.nodes[at];
        let Some(value) = &self.values[at] else { return self.asked(at, "why-incomplete") };
        let unit = node.unit();
        let value: Arg = match value {
            Value::NotApplicable => {
                let vi = node.indicator.applies_if.as_deref().unwrap_or_default();
                let en = node.indicator.applies_if_en.as_deref().unwrap_or(vi);
                return Phrase::new("why-condition").both("condition", vi, en);
            }
            Value::Yes(yes) => {
                let value = Phrase::new(if *yes { "why-value-yes" } else { "why-value-no" });
                let key = match self.verdict.nodes[at].status {
                    Status::ToBeConfirmed => "why-recorded-unknown",
                    _ => "why-recorded",
                };
                return self.asked(at, key).with("value", value);
            }
            Value::Number(number) => limit(number, unit).into(),
            // The fraction is what was compared; the percent beside it may be rounded.
            Value::Fraction(n, d) => Phrase::new("why-value-fraction")
                .with("numerator", n.clone())
                .with("denominator", d.clone())
                .with("percent", value.shown().unwrap_or(Decimal::ZERO))
                .into(),
        };
        let key = match (self.verdict.nodes[at].status, &self.verdict.shortfalls[at]) {
            (Status::Passed, _) => "why-passed",
            (Status::Failed, Some(amount)) => {
                return self.asked(at, "why-failed-by").with("value", value).with("amount", distance(amount, unit));
            }
            (Status::Failed, None) => "why-failed",
            // A value that does not fit its indicator is as if it were not there.
            (Status::Incomplete | Status::NotApplicable, _) => return self.asked(at, "why-incomplete"),
            (Status::ToBeConfirmed, _) => "why-unknown",
        };
        self.asked(at, key).with("value", value)
    }

    fn asked(&self, at: usize, key: &'static str) -> Phrase {
        Phrase::new(key).with("requirement", requirement(self.book, at, self.traits, self.year))
    }
}

/// How far from a threshold: percents differ by percentage points.
fn distance(amount: &Decimal, unit: Option<&str>) -> Phrase {
    match unit {
        Some("%") => {
            let count = if *amount == Decimal::from(1) { 1_i64 } else { 2 };
            Phrase::new("why-amount-percent").with("number", amount.clone()).with("count", count)
        }
        _ => limit(amount, unit),
    }
}

/// Says so where the outcome stands on a number nobody has confirmed.
fn unconfirmed(judged: Judged, reason: Phrase) -> Phrase {
    if judged.passed_unconfirmed() { Phrase::new("why-unconfirmed").with("reason", reason) } else { reason }
}

fn whole(judged: Judged, reason: Phrase) -> Phrase {
    let status = match judged.status {
        Status::Passed if judged.passed_unconfirmed() => "status-passed-unconfirmed",
        Status::Passed => "status-passed",
        Status::Failed => "status-failed",
        Status::Incomplete => "status-incomplete",
        Status::NotApplicable => "status-not-applicable",
        Status::ToBeConfirmed => "status-to-be-confirmed",
    };
    Phrase::new("why-whole").with("reason", reason).with("status", Phrase::new(status))
}

/// The members that decided, by the outcome they led to.
fn joined(how: Join, status: Status, members: Vec<(Phrase, Judged)>) -> Phrase {
    let applying = members.iter().filter(|(_, m)| m.status != Status::NotApplicable).count();
    let key = match (status, how) {
        (Status::NotApplicable, _) => return Phrase::new("why-none-apply"),
        (Status::Passed, Join::All) => return Phrase::new("why-all-passed").with("count", applying),
        (Status::Failed, Join::Any) => return Phrase::new("why-any-failed"),
        (Status::Passed, Join::Any) => "why-any-passed",
        (Status::Failed, Join::All) => "why-members-failed",
        (Status::Incomplete, _) => "why-members-incomplete",
        (Status::ToBeConfirmed, _) => "why-members-to-be-confirmed",
    };
    let names: Vec<Phrase> = members.into_iter().filter(|(_, m)| m.status == status).map(|(name, _)| name).collect();
    Phrase::new(key).with("members", names)
}
