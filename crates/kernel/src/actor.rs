//! Who acts, in which role, and how far it reaches.

use crate::{AgencyId, Day, PersonId, UnitId};
use serde::{Deserialize, Serialize};

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// What somebody may be. People hold roles in a unit for a span of time; the last two are no people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            /// Every role, in the order of the permission table.
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// The stable name used in the permission table, in the store and in audit lines.
            pub fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)* }
            }

            pub fn from_name(name: &str) -> Option<Role> {
                match name { $($name => Some(Role::$role),)* _ => None }
            }
        }
    };
}

roles! {
    /// Anybody: reads what is published.
    Reader = "reader",
    /// Enters a commune's figures, of all criteria or of those named.
    CommuneOfficer = "commune_officer",
    /// Answers for a commune: its chair or vice-chair.
    CommuneLeader = "commune_leader",
    /// The Fatherland Front of a unit: asks residents, watches the process.
    FatherlandFront = "fatherland_front",
    /// Asks residents in a survey.
    Interviewer = "interviewer",
    /// Verifies dossiers for a district, until there were districts.
    DistrictVerifier = "district_verifier",
    /// Answers for a district.
    DistrictLeader = "district_leader",
    /// Appraises for a department the criteria in its charge.
    Appraiser = "appraiser",
    /// The province's coordination office of the programme.
    Coordination = "coordination",
    CouncilChair = "council_chair",
    CouncilSecretary = "council_secretary",
    CouncilMember = "council_member",
    /// Decides on recognition: the chair of the provincial People's Committee.
    ProvinceChair = "province_chair",
    /// Reads everything of a province.
    ProvinceLeader = "province_leader",
    /// Reads what the ministry follows.
    MinistryReader = "ministry_reader",
    /// Reads everything and the trail.
    Auditor = "auditor",
    /// Writes what the public reads beside figures.
    Editor = "editor",
    /// Keeps people, roles, units and the machine; has no power over figures.
    Administrator = "administrator",
    /// A program of somebody else, with a token.
    Machine = "machine",
    /// Whoever works at the machine's own command line.
    LocalAdmin = "local_admin",
    /// The program itself: migrations, jobs, the demo.
    System = "system",
}

impl Role {
    /// Whether a person can be given it.
    pub fn is_held(self) -> bool {
        !matches!(self, Role::Reader | Role::LocalAdmin | Role::System)
    }

    /// Whether it is held in the whole house rather than in a unit.
    pub fn is_of_house(self) -> bool {
        matches!(self, Role::Administrator | Role::Auditor | Role::Editor | Role::Machine | Role::MinistryReader)
    }

    /// The levels of unit in which it may be held, in the unit itself or in an agency of it; what is held in a province may be
    /// held everywhere, too. An appraiser's department may give each of its people some communes. Everybody who gives roles asks
    /// here: otherwise who keeps people would make the leader of a commune one of every commune.
    pub fn levels(self) -> &'static [&'static str] {
        match self {
            Role::CommuneOfficer | Role::CommuneLeader | Role::Interviewer => &["commune"],
            Role::DistrictVerifier | Role::DistrictLeader => &["district"],
            Role::FatherlandFront | Role::Appraiser | Role::Machine => &["commune", "district", "province"],
            Role::Coordination
            | Role::CouncilChair
            | Role::CouncilSecretary
            | Role::CouncilMember
            | Role::ProvinceChair
            | Role::ProvinceLeader
            | Role::MinistryReader
            | Role::Auditor
            | Role::Editor
            | Role::Administrator => &["province"],
            Role::Reader | Role::LocalAdmin | Role::System => &[],
        }
    }

    /// Whether it is of districts alone, which are no more.
    pub fn is_of_districts(self) -> bool {
        self.levels() == ["district"]
    }

    /// Whether who holds it must log in with a second factor: who reviews, decides or administers.
    pub fn needs_second_factor(self) -> bool {
        matches!(
            self,
            Role::DistrictVerifier
                | Role::DistrictLeader
                | Role::Appraiser
                | Role::Coordination
                | Role::CouncilChair
                | Role::CouncilSecretary
                | Role::ProvinceChair
                | Role::Auditor
                | Role::Administrator
        )
    }
}

/// A criterion of a set: the number means one thing in one set and another in the next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CriterionRef {
    pub set: String,
    pub no: String,
}

/// An agency as a role in it reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Office {
    pub id: AgencyId,
    /// The units whose agency it is: of one that outlives a merger the one before and the one after.
    pub units: Vec<UnitId>,
    /// Its last day; `None`: it stands.
    pub last: Option<Day>,
}

/// A role that somebody holds today, and where: in the subtree of a unit, as that subtree stood on the day of the thing; in an
/// agency without a unit, in those of the agency's own units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    pub id: i64,
    pub role: Role,
    /// `None`: where the agency is; without an agency, everywhere.
    pub unit: Option<UnitId>,
    pub agency: Option<Office>,
    /// The criteria in its charge; `None`: all.
    pub criteria: Option<Vec<CriterionRef>>,
    /// Whether its unit or agency has ended: it goes on for that one's past, and changes nothing of what belongs to no unit.
    pub past: bool,
}

impl Grant {
    /// The units it reaches, whatever the criterion.
    pub fn places(&self) -> Places {
        self.over(None)
    }

    /// The units and criteria it reaches.
    pub fn charges(&self) -> Places {
        self.over(self.criteria.as_ref())
    }

    fn over(&self, criteria: Option<&Vec<CriterionRef>>) -> Places {
        let units = match (self.unit, &self.agency) {
            (None, None) => return Places::All,
            (Some(unit), _) => vec![unit],
            // Never everywhere: an agency that is of no unit reaches none.
            (None, Some(office)) => office.units.clone(),
        };
        let until = self.agency.as_ref().and_then(|office| office.last);
        let charge = |unit| Charge { unit, criteria: criteria.cloned(), until };
        let charges: Vec<Charge> = units.into_iter().map(charge).collect();
        if charges.is_empty() { Places::None } else { Places::Some(charges) }
    }
}

/// A subtree of units, and within it criteria.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Charge {
    pub unit: UnitId,
    /// `None`: all.
    pub criteria: Option<Vec<CriterionRef>>,
    /// The last day whose things are reached, where the agency that reaches them ended; `None`: all days.
    pub until: Option<Day>,
}

impl Charge {
    /// A whole subtree.
    pub fn of(unit: UnitId) -> Charge {
        Charge { unit, criteria: None, until: None }
    }
}

/// How far something reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Places {
    None,
    /// These subtrees.
    Some(Vec<Charge>),
    All,
}

impl Places {
    /// Together with others. A whole subtree and one of named criteria both stand.
    #[must_use]
    pub fn and(self, other: Places) -> Places {
        match (self, other) {
            (Places::All, _) | (_, Places::All) => Places::All,
            (Places::None, some) | (some, Places::None) => some,
            (Places::Some(mut some), Places::Some(more)) => {
                some.extend(more);
                Places::Some(some)
            }
        }
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Places::None)
    }
}

/// What may be reached; the store answers no query without one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Where working (unpublished) versions are seen; elsewhere there is only what is published.
    pub working: Places,
    /// Where this request may write.
    pub writes: Places,
}

impl Scope {
    /// What anybody sees.
    pub const PUBLIC: Scope = Scope { working: Places::None, writes: Places::None };
    /// Everything.
    pub const WHOLE: Scope = Scope { working: Places::All, writes: Places::All };
}

/// Who acts: every action takes one, every audit line names it. Of a person, the role by which this request may pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    pub role: Role,
    pub person: Option<PersonId>,
    pub scope: Scope,
}

impl Actor {
    pub const READER: Actor = Actor { role: Role::Reader, person: None, scope: Scope::PUBLIC };
    pub const LOCAL_ADMIN: Actor = Actor { role: Role::LocalAdmin, person: None, scope: Scope::WHOLE };
    pub const SYSTEM: Actor = Actor { role: Role::System, person: None, scope: Scope::WHOLE };

    /// Whether this actor is a second person beside whoever drafted something: never the drafter, and nobody whose name is not
    /// known. Who sits at the machine itself is nobody in particular: what a named person drafted has a second one in them.
    pub fn is_second(&self, drafter: Option<PersonId>) -> bool {
        match (self.person, drafter) {
            (Some(person), drafter) => drafter != Some(person),
            (None, Some(_)) => self.role == Role::LocalAdmin,
            (None, None) => false,
        }
    }

    /// In one word, as columns of actors hold it: `local_admin`, or `editor:17` where the person is known.
    pub fn named(&self) -> String {
        match self.person {
            Some(person) => format!("{}:{person}", self.role.name()),
            None => self.role.name().to_owned(),
        }
    }

    /// What this actor may reach.
    pub fn scope(&self) -> Scope {
        self.scope.clone()
    }
}

/// The name of the role and the person in what [`Actor::named`] wrote.
pub fn of_name(named: &str) -> (&str, Option<PersonId>) {
    match named.split_once(':') {
        Some((role, person)) => (role, person.parse().ok().map(PersonId)),
        None => (named, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_back_from_their_name() {
        let editor = Actor { role: Role::Editor, person: Some(PersonId(17)), scope: Scope::PUBLIC };
        for (actor, wanted) in [(editor, "editor:17"), (Actor::LOCAL_ADMIN, "local_admin")] {
            assert_eq!(actor.named(), wanted);
            assert_eq!(of_name(wanted), (actor.role.name(), actor.person));
        }
    }

    #[test]
    fn a_role_is_found_by_its_name() {
        for &role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }

    #[test]
    fn every_role_that_is_held_is_held_somewhere_and_what_is_of_the_house_in_a_province() {
        for &role in Role::ALL {
            assert_eq!(!role.levels().is_empty(), role.is_held(), "{role:?}");
            assert!(!role.is_of_house() || role.levels().contains(&"province"), "{role:?}");
        }
        assert!(Role::DistrictVerifier.is_of_districts() && !Role::Machine.is_of_districts());
    }

    #[test]
    fn reaches_add_up() {
        let place = |unit| Places::Some(vec![Charge::of(UnitId(unit))]);
        assert_eq!(Places::None.and(place(1)), place(1));
        assert_eq!(place(1).and(Places::All), Places::All);
        let Places::Some(both) = place(1).and(place(2)) else { panic!("two places") };
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn a_role_in_an_agency_reaches_the_units_of_the_agency_and_never_everywhere() {
        let last = Day::new(2025, 6, 30);
        let check = |unit: Option<i64>, of: Option<&[i64]>, wanted: &[(i64, Option<Day>)]| {
            let office =
                |units: &[i64]| Office { id: AgencyId(2), units: units.iter().map(|&u| UnitId(u)).collect(), last };
            let (unit, agency) = (unit.map(UnitId), of.map(office));
            let grant = Grant { id: 1, role: Role::Appraiser, unit, agency, criteria: None, past: false };
            let found = match grant.charges() {
                Places::All => return assert!(wanted.is_empty() && of.is_none(), "everywhere"),
                Places::None => Vec::new(),
                Places::Some(found) => found.iter().map(|charge| (charge.unit.0, charge.until)).collect(),
            };
            assert_eq!(found, wanted);
        };
        check(None, None, &[]);
        check(None, Some(&[]), &[]);
        check(Some(7), None, &[(7, None)]);
        check(None, Some(&[206, 1001]), &[(206, last), (1001, last)]);
        check(Some(7), Some(&[206]), &[(7, last)]);
    }
}
