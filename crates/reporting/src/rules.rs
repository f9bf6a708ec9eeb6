//! Who may do what next, and what it leads to: pure.

use crate::model::{Action, After, Campaign, Course, State, Term};
use facts::{Stage, checks::Side, holds::Hold};
use kernel::{AgencyId, Day, Decimal, PersonId, Role, WorkDays};
use rulebook::measure::OverTime;
use std::collections::BTreeSet;
use web::permissions::rule_of;

/// Whether a criterion in a state takes an action at all, and the state it leads to.
pub fn next(state: State, action: Action) -> Option<State> {
    use State::{Accepted, Confirmed, Draft, Empty, Locked, Returned, Sent};
    match (action, state) {
        (Action::Send, Empty | Draft | Returned) => Some(Sent),
        (Action::Return, Sent | Accepted) => Some(Returned),
        (Action::Accept, Sent) => Some(Accepted),
        (Action::Confirm, Accepted) => Some(Confirmed),
        (Action::Lock, Confirmed) => Some(Locked),
        (Action::Reopen, Accepted | Confirmed | Locked) => Some(Returned),
        _ => None,
    }
}

/// What the permission table calls an action: whoever looks a second time gives back by their own right, too.
pub fn rights(action: Action) -> &'static [&'static str] {
    match action {
        Action::Send => &["send"],
        Action::Accept => &["review"],
        Action::Return => &["review", "lock"],
        Action::Confirm | Action::Lock | Action::Reopen => &["lock"],
    }
}

/// Whether a role does this somewhere; the permission table, and who works at the machine itself.
pub fn does(role: Role, action: Action) -> bool {
    let held = |right: &&str| rule_of(right, "reporting").is_some_and(|rule| rule.is_held_by(&[role]));
    role == Role::LocalAdmin || rights(action).iter().any(held)
}

/// Whether an action is a review: for whom another agency's criteria are not theirs.
pub fn reviews(action: Action) -> bool {
    matches!(action, Action::Accept | Action::Return)
}

/// Whether whoever appraises in these agencies (`None`: bound to none) reviews a criterion that was given to an agency, or to none.
pub fn is_reviewed_by(agency: Option<AgencyId>, own: Option<&BTreeSet<AgencyId>>) -> bool {
    agency.is_none_or(|agency| own.is_none_or(|own| own.contains(&agency)))
}

/// Whether an action needs a reason that others read.
pub fn needs_reason(action: Action) -> bool {
    matches!(action, Action::Return | Action::Reopen)
}

/// Whether values of a criterion in this state are still the unit's to change.
pub fn is_open(state: State) -> bool {
    matches!(state, State::Empty | State::Draft | State::Returned)
}

/// Whether somebody reviews what they entered themselves: never.
pub fn reviews_own(person: Option<PersonId>, hands: &BTreeSet<PersonId>) -> bool {
    person.is_some_and(|person| hands.contains(&person))
}

/// On which side a role answers doubts of a figure whose criterion is in a state: the unit while it may still change the figure,
/// everybody else as those who review.
pub fn answers(role: Role, state: State) -> Option<Side> {
    match role {
        Role::CommuneOfficer | Role::CommuneLeader => is_open(state).then_some(Side::Unit),
        Role::LocalAdmin if is_open(state) => Some(Side::Unit),
        _ => Some(Side::Review),
    }
}

/// What a criterion is in once values of it were written: whoever writes into what was given back leaves it given back until it
/// is sent again, so that its reason stays in sight.
pub fn after_entry(state: State, filled: i64) -> State {
    match state {
        State::Empty if filled > 0 => State::Draft,
        other => other,
    }
}

/// How firmly a criterion in a state holds the year's figures that it asks for, and how far they have come with it.
pub fn held(state: State) -> (Option<Hold>, Stage) {
    match state {
        State::Empty | State::Draft | State::Returned => (None, Stage::Draft),
        State::Sent => (Some(Hold::Review), Stage::Submitted),
        State::Accepted | State::Confirmed => (Some(Hold::Review), Stage::Accepted),
        State::Locked => (Some(Hold::Locked), Stage::Locked),
    }
}

/// The state of a unit over its criteria: what it must do next decides, then what others must.
pub fn over(states: impl Iterator<Item = State> + Clone) -> State {
    let any = |wanted: State| states.clone().any(|state| state == wanted);
    let none_but = |wanted: &[State]| states.clone().all(|state| wanted.contains(&state));
    if none_but(&[State::Empty]) {
        return State::Empty;
    }
    if any(State::Returned) {
        return State::Returned;
    }
    if any(State::Draft) || any(State::Empty) {
        return State::Draft;
    }
    [State::Sent, State::Accepted, State::Confirmed].into_iter().find(|wanted| any(*wanted)).unwrap_or(State::Locked)
}

/// Whether a campaign goes from one course to another.
pub fn turns(from: Course, to: Course) -> bool {
    matches!(
        (from, to),
        (Course::Draft, Course::Open) | (Course::Open, Course::Closed) | (Course::Closed, Course::Open)
    )
}

/// The most working days of a term: some four years.
pub const LONGEST_TERM: i32 = 1_000;

/// Whether a term has days that can be counted.
pub fn runs(term: &Term) -> bool {
    (1..=LONGEST_TERM).contains(&term.days)
}

/// The day to which a term leads. `None` where it has no days, or the calendar ends before.
fn led_to(term: Term, one: &Campaign, work: &WorkDays) -> Option<Day> {
    let from = match term.after {
        After::Opens => one.opens,
        After::PeriodEnd => one.period.last_day(),
        After::Due => one.due,
    };
    runs(&term).then(|| work.add_working(from, term.days)).flatten()
}

/// A campaign with the days to which its terms lead, by this calendar; a term that leads nowhere leaves its day as it is.
/// Of the deadlines that are over before `today` none moves.
pub fn by_calendar(one: &Campaign, work: &WorkDays, today: Option<Day>) -> Campaign {
    let mut made = one.clone();
    let stays = |day: Day| today.is_some_and(|today| day < today);
    if let Some(due) = one.terms.due.filter(|_| !stays(one.due)).and_then(|term| led_to(term, &made, work)) {
        made.due = due;
    }
    // It may run from the day on which units send last.
    let review = one.terms.review.filter(|_| !stays(one.review_due));
    if let Some(due) = review.and_then(|term| led_to(term, &made, work)) {
        made.review_due = due;
    }
    made
}

/// The year's value of the numbers of its periods, in their order; `None` of none. Yes and no, and what does not apply, are
/// never summed: of them the last one stands.
pub fn of_year(how: OverTime, values: &[Decimal]) -> Option<Decimal> {
    let last = values.last()?;
    let sum = || values.iter().fold(Decimal::ZERO, |sum, value| &sum + value);
    match how {
        OverTime::Last => Some(last.clone()),
        OverTime::Sum => Some(sum()),
        OverTime::Mean => sum().checked_div_rounded(&Decimal::from(i64::try_from(values.len()).ok()?), 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_criterion_walks_from_entry_to_lock_and_back() {
        let mut state = after_entry(State::Empty, 1);
        for (action, wanted) in [
            (Action::Send, State::Sent),
            (Action::Return, State::Returned),
            (Action::Send, State::Sent),
            (Action::Accept, State::Accepted),
            (Action::Confirm, State::Confirmed),
            (Action::Lock, State::Locked),
            (Action::Reopen, State::Returned),
        ] {
            state = next(state, action).unwrap_or_else(|| panic!("{action:?} from {state:?}"));
            assert_eq!(state, wanted);
        }
    }

    #[test]
    fn nothing_is_skipped() {
        for (state, action) in [
            (State::Empty, Action::Accept),
            (State::Draft, Action::Accept),
            (State::Sent, Action::Confirm),
            (State::Sent, Action::Lock),
            (State::Accepted, Action::Lock),
            (State::Locked, Action::Send),
            (State::Sent, Action::Send),
            (State::Locked, Action::Return),
        ] {
            assert_eq!(next(state, action), None, "{action:?} from {state:?}");
        }
    }

    #[test]
    fn a_unit_is_where_it_has_to_do_something() {
        use State::{Accepted, Draft, Empty, Locked, Returned, Sent};
        for (states, wanted) in [
            (&[Empty, Empty][..], Empty),
            (&[Empty, Draft], Draft),
            (&[Empty, Sent], Draft),
            (&[Sent, Accepted], Sent),
            (&[Sent, Returned], Returned),
            (&[Accepted, Locked], Accepted),
            (&[Locked, Locked], Locked),
        ] {
            assert_eq!(over(states.iter().copied()), wanted, "{states:?}");
        }
    }

    #[test]
    fn a_unit_answers_while_it_may_change_and_who_reviews_whenever_they_look() {
        for (role, state, wanted) in [
            (Role::CommuneOfficer, State::Draft, Some(Side::Unit)),
            (Role::CommuneLeader, State::Returned, Some(Side::Unit)),
            (Role::CommuneLeader, State::Sent, None),
            (Role::CommuneOfficer, State::Locked, None),
            (Role::Appraiser, State::Sent, Some(Side::Review)),
            (Role::DistrictVerifier, State::Returned, Some(Side::Review)),
            (Role::Coordination, State::Accepted, Some(Side::Review)),
        ] {
            assert_eq!(answers(role, state), wanted, "{role:?} {state:?}");
        }
    }

    #[test]
    fn shorter_periods_feed_the_year() {
        let values: Vec<Decimal> = ["10", "12.5", "1"].map(|text| text.parse().expect("a number")).to_vec();
        let said = |how| of_year(how, &values).map(|value| value.to_string());
        assert_eq!(said(OverTime::Last).as_deref(), Some("1"));
        assert_eq!(said(OverTime::Sum).as_deref(), Some("23.5"));
        assert_eq!(said(OverTime::Mean).as_deref(), Some("7.833333"));
        assert_eq!(of_year(OverTime::Sum, &[]), None);
    }
}
