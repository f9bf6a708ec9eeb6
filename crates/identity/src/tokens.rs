//! Tokens of programs: made by whoever they act for, or by an administrator for a machine client; for named actions on named
//! resources, with an end, and shown once.

use crate::{
    keeper::TOKEN,
    model::Held,
    secrets,
    store::{self, HOUR},
};
use ::store::{Result, WriteTx};
use kernel::{Day, Moment, PersonId, Phrase, Problem, Role};
use web::permissions::{RULES, Rule, rule_of};

/// The longest that a token stands, and what is proposed, in days.
pub const MOST_DAYS: i64 = 366;
pub const USUAL_DAYS: i64 = 90;
/// Tokens of one person that stand at once.
pub const MOST: usize = 50;
/// Letters of a name.
const LONGEST: usize = 100;

/// A token as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    /// `action resource`, each.
    pub only: Vec<String>,
    /// Its last day.
    pub to: Option<Day>,
}

/// The rules that a token of somebody with these roles may be made for, in the order of the table.
pub fn rules(held: &[Role]) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| rule.is_for_tokens() && rule.is_held_by(held)).collect()
}

/// The roles that stand on a day.
pub fn standing(held: &[Held], today: Day) -> Vec<Role> {
    held.iter().filter(|held| held.stands(today)).map(|h| h.role).collect()
}

/// What is wrong with it, each at its field.
pub fn check(wanted: &Wanted, held: &[Role], standing: usize, today: Day) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |field: &str, phrase: Phrase| found.push(Problem::input(phrase).at_field(field));
    let letters = wanted.name.trim().chars().count();
    if letters == 0 || letters > LONGEST {
        wrong("name", Phrase::new("token-name-missing"));
    }
    let may = |one: &String| {
        let rule = one.split_once(' ').and_then(|(action, resource)| rule_of(action, resource));
        rule.is_some_and(|rule| rule.is_for_tokens() && rule.is_held_by(held))
    };
    if wanted.only.is_empty() {
        wrong("only", Phrase::new("token-only-missing"));
    } else if let Some(one) = wanted.only.iter().find(|one| !may(one)) {
        wrong("only", Phrase::new("token-only-unknown").with("value", one.as_str()));
    }
    let last = Day::from_epoch_days(today.epoch_days() + MOST_DAYS);
    if wanted.to.is_none_or(|to| to < today || to > last) {
        wrong("to", Phrase::new("token-end-bad").with("day", locale::date(last)));
    }
    if standing >= MOST {
        wrong("name", Phrase::new("token-too-many").with("most", MOST as i64));
    }
    found
}

/// Makes it; its number and its secret, which is nowhere else. Cost: two rows and a line.
pub async fn make(tx: &mut WriteTx, person: PersonId, wanted: &Wanted) -> Result<(i64, String)> {
    let secret = format!("{TOKEN}{}", secrets::secret());
    let today = tx.now().day();
    let to = wanted.to.unwrap_or(today);
    // It stands to the end of its last day.
    let ends = Day::from_epoch_days(to.epoch_days() + 1).begins();
    let ends = Moment(ends.0.min(tx.now().0 + (MOST_DAYS + 1) * 24 * HOUR));
    let id = store::add_token(tx, person, &secrets::hash(&secret), wanted.name.trim(), &wanted.only, ends).await?;
    Ok((id, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_what_its_person_may_and_no_way_round_people() {
        let today = "2026-11-26".parse().expect("a day");
        let check = |only: &[&str], to: &str, roles: &[Role], wanted: &[&str]| {
            let only = only.iter().map(|&one| one.to_owned()).collect();
            let token = Wanted { name: "x".into(), only, to: to.parse().ok() };
            let found = super::check(&token, roles, 0, today);
            let keys: Vec<&str> = found.iter().map(|problem| problem.phrase.key).collect();
            assert_eq!(keys, wanted, "{token:?}");
        };
        use Role::{Administrator, CommuneOfficer};
        check(&["import figures"], "2026-12-01", &[CommuneOfficer], &[]);
        check(&["publish figures"], "2026-12-01", &[CommuneOfficer], &["token-only-unknown"]);
        check(&["keep own account"], "2026-12-01", &[CommuneOfficer], &["token-only-unknown"]);
        check(&["keep people"], "2026-12-01", &[Administrator], &["token-only-unknown"]);
        check(&["approve people"], "2026-12-01", &[Administrator], &["token-only-unknown"]);
        check(&["read audit"], "2027-11-27", &[Administrator], &[]);
        check(&["read audit"], "2027-11-28", &[Administrator], &["token-end-bad"]);
        check(&["read audit"], "2026-11-25", &[Administrator], &["token-end-bad"]);
        check(&[], "", &[Administrator], &["token-only-missing", "token-end-bad"]);
    }

    #[test]
    fn every_rule_has_words() {
        for rule in RULES.iter().filter(|rule| rule.is_for_tokens()) {
            for lang in [locale::Lang::Vi, locale::Lang::En] {
                let words = crate::rules::rule_word(lang, rule.action, rule.resource);
                assert!(!words.starts_with('[') && words.contains(' '), "{} {}: {words}", rule.action, rule.resource);
            }
        }
    }
}
