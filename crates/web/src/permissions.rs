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
    /// Who holds one of these roles; the first one held is the role an audit line names.
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
    rule("reorganise", "units", &[(Coordination, H)]),
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

/// The first role by which somebody may, and the reach of all their roles that may.
fn reach_of(rule: &Rule, who: &Who) -> Option<(Role, Places)> {
    let roles = match rule.who {
        Holders::Own => return Some((who.grants.first().map_or(Role::Reader, |grant| grant.role), Places::None)),
        Holders::Roles(roles) => roles,
    };
    let mut found: Option<(Role, Places)> = None;
    for &(role, reach) in roles {
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
            let (first, all) = found.take().unwrap_or((role, Places::None));
            found = Some((first, all.and(places)));
        }
    }
    found
}

/// The actor as which somebody may do this, with how far that reaches; `None` where they may not. A token does only what
/// it was made for.
pub fn admit(action: &str, resource: &str, who: &Who) -> Option<Actor> {
    let rule = rule_of(action, resource)?;
    if !who.token_allows(action, resource) {
        return None;
    }
    let (role, writes) = reach_of(rule, who)?;
    // What is written of a unit is judged with all of its figures, and compared with what is worked on: whoever writes there
    // does it over the working ones, whatever their pages show.
    let touched = match &writes {
        Places::Some(charges) => {
            Places::Some(charges.iter().map(|charge| Charge { criteria: None, ..charge.clone() }).collect())
        }
        Places::All if action != "read" => Places::All,
        _ => Places::None,
    };
    Some(Actor { role, person: Some(who.person), scope: Scope { working: working(who).and(touched), writes } })
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
    fn an_action_on_a_resource_has_one_rule() {
        for (at, rule) in RULES.iter().enumerate() {
            let again =
                RULES[at + 1..].iter().any(|other| (other.action, other.resource) == (rule.action, rule.resource));
            assert!(!again, "{} {}", rule.action, rule.resource);
        }
    }
}
