//! Who may record which figures: pure.

use crate::Stage;
use kernel::{Phrase, Problem, Role};
use rulebook::Origin;
use web::permissions::{Holders, rule_of};

/// Whether a role records figures of an origin: a commune declares, who verifies or appraises verifies, the Fatherland Front
/// brings what residents say; the coordination office and the machine take in all.
pub fn may_record(role: Role, origin: Origin) -> bool {
    match role {
        Role::CommuneOfficer | Role::CommuneLeader => origin == Origin::Declared,
        Role::DistrictVerifier | Role::Appraiser => origin == Origin::Verified,
        Role::FatherlandFront => origin == Origin::Survey,
        _ => true,
    }
}

/// How far a figure has come as a role writes it outside a campaign: what a commune says is a draft until somebody accepts it.
pub fn entered(role: Role) -> Stage {
    match role {
        Role::CommuneOfficer | Role::CommuneLeader => Stage::Draft,
        _ => Stage::Accepted,
    }
}

/// Whether a role makes figures public.
pub fn may_publish(role: Role) -> bool {
    let whole = matches!(role, Role::LocalAdmin | Role::System);
    let named = |roles: &[(Role, web::permissions::Reach)]| roles.iter().any(|(one, _)| *one == role);
    whole || matches!(rule_of("publish", "figures").map(|rule| rule.who), Some(Holders::Roles(roles)) if named(roles))
}

pub(crate) fn wrong_origin() -> Problem {
    Problem::forbidden(Phrase::new("record-wrong-origin")).at_field("origin")
}

pub(crate) fn no_publishing() -> Problem {
    Problem::forbidden(Phrase::new("record-no-publishing")).at_field("publish")
}

pub(crate) fn held(hold: crate::holds::Hold, indicator: &str) -> Problem {
    let key = match hold {
        crate::holds::Hold::Review => "record-held",
        crate::holds::Hold::Locked => "record-locked",
    };
    Problem::conflict(Phrase::new(key).with("measure", indicator), 409).at_field("measure")
}

pub(crate) fn not_in_charge(indicator: &str) -> Problem {
    Problem::forbidden(Phrase::new("record-not-in-charge").with("measure", indicator)).at_field("measure")
}
