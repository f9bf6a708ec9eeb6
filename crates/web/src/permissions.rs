//! Who may do what: one table, role by action by resource, with how far each role reaches.
//!
//! A route names its action and resource; what everybody may read or tell (`Routes::read`, `Routes::write_public`) needs no
//! rule, everything else has exactly one here. A route without a rule answers nobody, and a test finds it. Units are held
//! against the tree of the day of the thing by `store`; see `store::Within` and `WriteTx::reach`.

use crate::people::Who;
use kernel::{Actor, Charge, Places, Role, Scope};

/// How far a role reaches for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Everything in the house; the thing belongs to no unit.
    House,
    /// The units under the one in which the role is held, as the tree stood on the day of the thing; of a role in an agency
    /// without a unit those under the agency's own; of an agency that ended things of days until then.
    Units,
    /// Of those units the criteria that the role names; all, where it names none.
    Criteria,
}

impl Reach {
    pub fn name(self) -> &'static str {
        match self {
            Reach::House => "house",
            Reach::Units => "units",
            Reach::Criteria => "criteria",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub action: &'static str,
    pub resource: &'static str,
    pub who: Holders,
}

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holders {
    /// Whoever is logged in, of their own things.
    Own,
    /// Who holds one of these roles; an audit line names the one by which it was done.
    Roles(&'static [(Role, Reach)]),
}

use Reach::{Criteria as C, House as H, Units as U};
use Role::{
    Administrator, Appraiser, Auditor, CommuneLeader, CommuneOfficer, Coordination, CouncilChair, CouncilMember,
    CouncilSecretary, DistrictLeader, DistrictVerifier, Editor, FatherlandFront, Machine, MinistryReader,
    ProvinceChair, ProvinceLeader,
};

const fn rule(action: &'static str, resource: &'static str, who: &'static [(Role, Reach)]) -> Rule {
    Rule { action, resource, who: Holders::Roles(who) }
}

const fn own(action: &'static str, resource: &'static str) -> Rule {
    Rule { action, resource, who: Holders::Own }
}

/// Action and resource of the rule that says where unpublished figures are seen; no route has it, every page asks it.
pub const WORKING: (&str, &str) = ("read", "working figures");

/// Who takes in tables of figures.
const TAKE_IN: &[(Role, Reach)] =
    &[(CommuneOfficer, C), (CommuneLeader, U), (DistrictVerifier, U), (Appraiser, C), (Coordination, U), (Machine, C)];

/// Whether whoever imports takes in a whole province or more, and may send as much.
pub fn takes_much(role: Role) -> bool {
    matches!(role, Role::LocalAdmin | Coordination | Machine)
}

/// The table. Whoever administers has no power over figures; whoever reads all writes nothing.
pub const RULES: &[Rule] = &[
    own("read", "own account"),
    own("keep", "own account"),
    own("read", "own notices"),
    own("keep", "own notices"),
    rule(
        WORKING.0,
        WORKING.1,
        &[
            (CommuneOfficer, U),
            (CommuneLeader, U),
            (FatherlandFront, U),
            (DistrictVerifier, U),
            (DistrictLeader, U),
            (Appraiser, U),
            (Coordination, U),
            (CouncilChair, U),
            (CouncilSecretary, U),
            (CouncilMember, U),
            (ProvinceChair, U),
            (ProvinceLeader, U),
            (MinistryReader, U),
            (Auditor, U),
            (Machine, U),
        ],
    ),
    rule(
        "edit",
        "figures",
        &[(CommuneOfficer, C), (CommuneLeader, U), (DistrictVerifier, U), (Appraiser, C), (Coordination, U)],
    ),
    rule("check", "figures", TAKE_IN),
    rule("import", "figures", TAKE_IN),
    rule("read", "figures", &[(Coordination, U), (ProvinceLeader, U), (Auditor, H)]),
    rule("publish", "figures", &[(Coordination, U)]),
    // The year of a province: closed with what was accepted made public, opened again with a reason.
    rule("close", "years", &[(Coordination, U)]),
    // Where returns are sent on to; who closes years keeps them.
    rule("read", "receivers", &[(Coordination, H), (ProvinceLeader, H), (Auditor, H)]),
    // What proves figures: by whoever brings the figures, and programs for them.
    rule("attach", "evidence", TAKE_IN),
    // Photographs show faces: only whoever publishes figures shows them to everybody.
    rule("publish", "evidence", &[(Coordination, U)]),
    rule(
        "read",
        "jobs",
        &[
            (CommuneOfficer, H),
            (CommuneLeader, H),
            (DistrictVerifier, H),
            (Appraiser, H),
            (Coordination, H),
            (Auditor, H),
            (Administrator, H),
            (Machine, H),
        ],
    ),
    // What quality checks found, of the figures within reach.
    rule("read", "checks", &[(Coordination, H), (Appraiser, H), (ProvinceLeader, H), (Auditor, H)]),
    rule("read", "reports", &[(Coordination, H), (ProvinceLeader, H), (Auditor, H), (Editor, H)]),
    rule("answer", "reports", &[(Coordination, H), (Editor, H)]),
    rule("read", "unit administration", &[(Coordination, H), (Administrator, H), (ProvinceLeader, H), (Auditor, H)]),
    rule("check", "units", &[(Coordination, H), (Administrator, H)]),
    rule("correct", "units", &[(Coordination, H), (Administrator, H)]),
    rule("import", "units", &[(Coordination, H), (Administrator, H)]),
    // Which days are worked moves deadlines: whoever runs the programme says so, not whoever administers.
    rule("keep", "calendar", &[(Coordination, H)]),
    rule(
        "read",
        "reorganisations",
        &[
            (Coordination, H),
            (CouncilChair, H),
            (ProvinceChair, H),
            (ProvinceLeader, H),
            (Auditor, H),
            (Administrator, H),
        ],
    ),
    rule("prepare", "reorganisations", &[(Coordination, H)]),
    // Never whoever prepared it: `units::plans`.
    rule("approve", "reorganisations", &[(Coordination, H), (CouncilChair, H)]),
    rule(
        "read",
        "law administration",
        &[(Coordination, H), (CouncilChair, H), (CouncilSecretary, H), (ProvinceLeader, H), (Auditor, H)],
    ),
    rule("check", "law", &[(Coordination, H)]),
    rule("overlay", "law", &[(Coordination, H)]),
    rule("draft", "law", &[(Coordination, H)]),
    // Never whoever drafted it, whatever their roles: `facts::drafts`.
    rule("approve", "law", &[(Coordination, H), (CouncilChair, H)]),
    // Campaigns of reporting: each sees the units it sees working figures of.
    rule(
        "read",
        "reporting",
        &[
            (CommuneOfficer, U),
            (CommuneLeader, U),
            (FatherlandFront, U),
            (DistrictVerifier, U),
            (DistrictLeader, U),
            (Appraiser, U),
            (Coordination, U),
            (CouncilChair, U),
            (CouncilSecretary, U),
            (CouncilMember, U),
            (ProvinceChair, U),
            (ProvinceLeader, U),
            (MinistryReader, H),
            (Auditor, H),
        ],
    ),
    rule("read", "campaigns", &[(Coordination, H), (ProvinceLeader, H), (Auditor, H)]),
    rule("keep", "campaigns", &[(Coordination, H)]),
    rule("enter", "reporting", &[(CommuneOfficer, C), (CommuneLeader, U)]),
    rule("assign", "reporting", &[(CommuneLeader, U)]),
    rule("send", "reporting", &[(CommuneLeader, U)]),
    // Never what they entered themselves: `reporting::actions`.
    rule("review", "reporting", &[(DistrictVerifier, U), (Appraiser, C)]),
    rule("lock", "reporting", &[(Coordination, U)]),
    rule(
        "comment",
        "reporting",
        &[(CommuneOfficer, U), (CommuneLeader, U), (DistrictVerifier, U), (Appraiser, U), (Coordination, U)],
    ),
    rule("read", "people", &[(Administrator, H), (Auditor, H)]),
    rule("keep", "people", &[(Administrator, H)]),
    // Never whoever asked for it: `identity::proposals`.
    rule("approve", "people", &[(Administrator, H)]),
    rule("import", "people", &[(Administrator, H)]),
    rule("read", "personal data", &[(Administrator, H)]),
    rule("erase", "personal data", &[(Administrator, H)]),
    rule("read", "audit", &[(Auditor, H), (Administrator, H)]),
    // Jobs, letters, how the database and its backups are doing.
    rule("read", "operation", &[(Administrator, H), (Auditor, H)]),
    rule("keep", "operation", &[(Administrator, H)]),
    rule("read", "webhooks", &[(Administrator, H), (Auditor, H)]),
    rule("keep", "webhooks", &[(Administrator, H)]),
];

impl Rule {
    /// Whether a token may be made for it: nothing of one's own account, and nothing that takes a person who decides or keeps
    /// people, so that no program goes round the second factor.
    pub fn is_for_tokens(&self) -> bool {
        let personal = matches!(
            (self.action, self.resource),
            ("approve", _) | ("keep" | "import", "people") | (_, "personal data")
        );
        matches!(self.who, Holders::Roles(_)) && !personal
    }

    /// Whether one of these roles may, somewhere.
    pub fn is_held_by(&self, held: &[Role]) -> bool {
        matches!(self.who, Holders::Roles(roles) if roles.iter().any(|(role, _)| held.contains(role)))
    }
}

/// Whether a role can be held for named criteria: for any other one they would bound nothing.
pub fn takes_criteria(role: Role) -> bool {
    let by = |rule: &Rule| matches!(rule.who, Holders::Roles(roles) if roles.contains(&(role, Reach::Criteria)));
    RULES.iter().any(by)
}

/// The rule of an action on a resource.
pub fn rule_of(action: &str, resource: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.action == action && rule.resource == resource)
}

/// Where somebody sees unpublished figures: nowhere by a token that was made for something else, nor before what must be done
/// first (a second factor) is done.
pub fn working(who: &Who) -> Places {
    if who.first.is_some() || !who.token_allows(WORKING.0, WORKING.1) {
        return Places::None;
    }
    rule_of(WORKING.0, WORKING.1).and_then(|rule| reach_of(rule, who)).map_or(Places::None, |(_, places)| places)
}

/// A role by which somebody may, and how far that role alone reaches.
struct Held {
    role: Role,
    places: Places,
    /// Whether it is held only in what has ended.
    past: bool,
}

/// The roles by which somebody may, in the order of the table, each with its own reach: what one role may do it never does in
/// the places of another.
fn held(rule: &Rule, who: &Who) -> Vec<Held> {
    let roles = match rule.who {
        Holders::Own => {
            let role = who.grants.first().map_or(Role::Reader, |grant| grant.role);
            return vec![Held { role, places: Places::None, past: false }];
        }
        Holders::Roles(roles) => roles,
    };
    let one = |&(role, reach): &(Role, Reach)| {
        let mut found: Option<Held> = None;
        for grant in who.grants.iter().filter(|grant| grant.role == role) {
            let places = match reach {
                // What belongs to no unit is of today: a role of what has ended reads it, and changes nothing.
                Reach::House if grant.past && rule.action != "read" => continue,
                Reach::House => Places::All,
                Reach::Units => grant.places(),
                Reach::Criteria => grant.charges(),
            };
            // In an agency that is of no unit there is nothing to reach.
            if places.is_none() {
                continue;
            }
            let held = found.take().unwrap_or(Held { role, places: Places::None, past: true });
            found = Some(Held { role, places: held.places.and(places), past: held.past && grant.past });
        }
        found
    };
    roles.iter().filter_map(one).collect()
}

/// The first role by which somebody may read, and the reach of all their roles that may.
fn reach_of(rule: &Rule, who: &Who) -> Option<(Role, Places)> {
    let together = |(role, all): (Role, Places), held: Held| (role, all.and(held.places));
    let mut held = held(rule, who).into_iter();
    let first = held.next()?;
    Some(held.fold((first.role, first.places), together))
}

/// The actors as which somebody may do this: for a reading one, of all their roles together; for anything else one a role, in
/// the order of the table. A token does only what it was made for.
pub fn actors(action: &str, resource: &str, who: &Who) -> Vec<Actor> {
    let Some(rule) = rule_of(action, resource).filter(|_| who.token_allows(action, resource)) else {
        return Vec::new();
    };
    if action == "read" {
        return reach_of(rule, who).map(|(role, writes)| actor(action, who, role, writes)).into_iter().collect();
    }
    held(rule, who).into_iter().map(|held| actor(action, who, held.role, held.places)).collect()
}

fn actor(action: &str, who: &Who, role: Role, writes: Places) -> Actor {
    // What is written of a unit is judged with all of its figures, and compared with what is worked on: whoever writes there
    // does it over the working ones, whatever their pages show.
    let touched = match &writes {
        Places::Some(charges) => {
            Places::Some(charges.iter().map(|charge| Charge { criteria: None, ..charge.clone() }).collect())
        }
        Places::All if action != "read" => Places::All,
        _ => Places::None,
    };
    Actor { role, person: Some(who.person), scope: Scope { working: working(who).and(touched), writes } }
}

/// The actor as which somebody may do this where nothing says in which unit: by the role that reaches everything; otherwise by
/// one of what stands before one of what has ended, and of those by the last of the table, which runs from communes to the
/// province. `None` where they may not.
pub fn admit(action: &str, resource: &str, who: &Who) -> Option<Actor> {
    if action == "read" {
        return actors(action, resource, who).pop();
    }
    let rule = rule_of(action, resource).filter(|_| who.token_allows(action, resource))?;
    let mut held = held(rule, who);
    let whole = held.iter().position(|held| held.places == Places::All);
    let standing = || held.iter().rposition(|held| !held.past);
    let at = whole.or_else(standing).or(held.len().checked_sub(1))?;
    let Held { role, places, .. } = held.swap_remove(at);
    Some(actor(action, who, role, places))
}

/// The actor as whom somebody reads what everybody may read, or tells what everybody may tell.
pub fn at_large(who: &Who, writes: bool) -> Actor {
    let role = who.grants.first().map_or(Role::Reader, |grant| grant.role);
    let writes = if writes { Places::All } else { Places::None };
    Actor { role, person: Some(who.person), scope: Scope { working: working(who), writes } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Grant, PersonId, UnitId};

    fn who(role: Role, only: Option<&[&str]>, first: Option<&'static str>) -> Who {
        let grant = Grant { id: 1, role, unit: Some(UnitId(250)), agency: None, criteria: None, past: false };
        let only = only.map(|only| only.iter().map(|&one| one.to_owned()).collect());
        let (person, name, session) = (PersonId(1), String::new(), String::new());
        Who { person, name, grants: vec![grant], session, only, first }
    }

    #[test]
    fn a_narrow_token_and_half_an_account_see_what_everybody_sees() {
        let sees = |who: &Who| !at_large(who, false).scope.working.is_none();
        assert!(sees(&who(Role::Coordination, None, None)));
        assert!(sees(&who(Role::Coordination, Some(&["read working figures"]), None)));
        assert!(!sees(&who(Role::Coordination, Some(&["read jobs"]), None)), "a token made for something else");
        assert!(!sees(&who(Role::Coordination, None, Some("/tai-khoan/xac-thuc"))), "before the second factor");
        assert!(!sees(&who(Role::Editor, None, None)));
    }

    #[test]
    fn whoever_writes_of_a_unit_judges_it_with_all_its_figures() {
        let machine = who(Role::Machine, Some(&["import figures"]), None);
        let actor = admit("import", "figures", &machine).expect("it was made for this");
        assert!(!actor.scope.working.is_none());
        assert!(admit("edit", "figures", &machine).is_none());
        let keeper = admit("correct", "units", &who(Role::Administrator, None, None)).expect("a rule");
        assert_eq!(keeper.scope.working, Places::All);
        let reader = admit("read", "people", &who(Role::Administrator, None, None)).expect("a rule");
        assert!(reader.scope.working.is_none(), "no power over figures, nor a look at drafts");
    }

    #[test]
    fn a_role_of_what_has_ended_reads_what_belongs_to_no_unit_and_changes_nothing_of_it() {
        let mut office = who(Role::Coordination, None, None);
        assert!(admit("overlay", "law", &office).is_some());
        office.grants[0].past = true;
        assert!(admit("overlay", "law", &office).is_none() && admit("approve", "reorganisations", &office).is_none());
        assert!(admit("read", "reports", &office).is_some(), "its past is read");
        assert!(admit("edit", "figures", &office).is_some(), "figures of its past are held against their day");
    }

    #[test]
    fn a_role_in_an_agency_of_no_unit_reaches_no_figures() {
        let mut office = who(Role::Coordination, None, None);
        let agency = kernel::Office { id: kernel::AgencyId(14), units: Vec::new(), last: None };
        (office.grants[0].unit, office.grants[0].agency) = (None, Some(agency));
        assert!(admit("edit", "figures", &office).is_none() && working(&office).is_none());
        assert!(admit("read", "reports", &office).is_some());
    }

    #[test]
    fn what_one_role_may_is_not_done_in_the_places_of_another() {
        let mut two = who(Role::DistrictVerifier, None, None);
        two.grants[0].past = true;
        two.grants.push(Grant { id: 2, role: Role::CommuneLeader, unit: Some(UnitId(330)), ..two.grants[0].clone() });
        two.grants[1].past = false;
        let units = |actor: &Actor| match &actor.scope.writes {
            Places::Some(charges) => charges.iter().map(|charge| charge.unit.0).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let all = actors("edit", "figures", &two);
        let found: Vec<_> = all.iter().map(|actor| (actor.role, units(actor))).collect();
        assert_eq!(found, [(Role::CommuneLeader, vec![330]), (Role::DistrictVerifier, vec![250])]);
        // Where nothing says in which unit: what stands comes first, what reaches everything before that.
        assert_eq!(admit("edit", "figures", &two).map(|actor| actor.role), Some(Role::CommuneLeader));
        two.grants.push(Grant { role: Role::Coordination, unit: None, ..two.grants[1].clone() });
        let whole = admit("edit", "figures", &two).expect("a role");
        assert_eq!((whole.role, whole.scope.writes), (Role::Coordination, Places::All));
        // What is read is read with all of them.
        let seen = who(Role::CommuneLeader, None, None);
        let both = Who { grants: vec![seen.grants[0].clone(), two.grants[1].clone()], ..seen };
        assert_eq!(actors("read", "working figures", &both).len(), 1);
    }

    #[test]
    fn an_action_on_a_resource_has_one_rule() {
        for (at, rule) in RULES.iter().enumerate() {
            let again =
                RULES[at + 1..].iter().any(|other| (other.action, other.resource) == (rule.action, rule.resource));
            assert!(!again, "{} {}", rule.action, rule.resource);
        }
    }
}
