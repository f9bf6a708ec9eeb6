//! What people type about people, read: pure.

use kernel::{CriterionRef, Day, Role, text};
use locale::Lang;
use units::Unit;

/// A role in words.
pub fn role_word(lang: Lang, role: Role) -> String {
    locale::say_key(lang, &format!("role-{}", role.name().replace('_', "-")), &[])
}

/// What a rule of the permission table allows, in words.
pub fn rule_word(lang: Lang, action: &str, resource: &str) -> String {
    locale::say_key(lang, &format!("right-{action}-{resource}").replace(' ', "-"), &[])
}

/// A role by its name, or by what either language calls it.
pub fn role_named(typed: &str) -> Option<Role> {
    let wanted = text::search_key(typed);
    let called = |role: Role, lang| text::search_key(&role_word(lang, role)) == wanted;
    let mut held = Role::ALL.iter().copied().filter(|role| role.is_held());
    held.find(|&role| role.name() == typed || called(role, Lang::Vi) || called(role, Lang::En))
}

/// Whether something may be a login name: three characters or more, without blanks.
pub fn is_login(typed: &str) -> bool {
    let login = typed.trim();
    login.chars().count() >= 3 && !login.contains(char::is_whitespace)
}

/// `set/number`, separated by commas.
pub fn criteria(text: &str) -> Option<Option<Vec<CriterionRef>>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    let one = |part: &str| {
        let (set, no) = part.trim().rsplit_once('/')?;
        Some(CriterionRef { set: set.trim().to_owned(), no: no.trim().to_owned() })
            .filter(|c| !c.set.is_empty() && !c.no.is_empty())
    };
    text.split(',').map(one).collect::<Option<Vec<_>>>().map(Some)
}

/// A day of a form; the other way round, too, as people write it.
pub fn day(text: &str) -> Option<Day> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let parts: Vec<i16> = text.split('/').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [day, month, year] = parts[..] else { return None };
        Day::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    })
}

/// What stands against a role in a place: the field and the key of a phrase. `office`: the units of its agency, where no unit is
/// named; neither of both: everywhere. Whoever had a district in their charge had it while there was one.
pub fn misplaced(
    role: Role,
    unit: Option<&Unit>,
    office: &[&Unit],
    span: (Day, Option<Day>),
) -> Option<(&'static str, &'static str)> {
    let (field, places) = match unit {
        Some(_) => ("unit", unit.as_slice()),
        None if office.is_empty() => {
            return (!role.levels().contains(&"province")).then_some(("unit", "role-not-there"));
        }
        None => ("agency", office),
    };
    if places.iter().any(|unit| !role.levels().contains(&unit.level.as_str())) {
        return Some((field, "role-not-there"));
    }
    let meets = |unit: &&Unit| {
        unit.valid_to.is_none_or(|last| span.0 <= last)
            && unit.valid_from.zip(span.1).is_none_or(|(first, to)| first <= to)
    };
    (role.is_of_districts() && !places.iter().all(meets)).then_some(("from", "role-after-unit"))
}

/// What stands against a role for these criteria: the field and the key of a phrase. A limit that bounds nothing, or that no
/// criterion meets, would read as one to whoever lets the role pass.
pub fn unbounded(
    role: Role,
    criteria: Option<&[CriterionRef]>,
    law: &web::Criteria,
) -> Option<(&'static str, &'static str)> {
    let named = criteria?;
    let wrong = match () {
        () if !web::permissions::takes_criteria(role) => "role-without-criteria",
        () if law.unknown(named).is_some() => "criteria-unknown",
        () => return None,
    };
    Some(("criteria", wrong))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::UnitId;

    fn unit(level: &str, last: Option<Day>) -> Unit {
        let (level, kind, code) = (level.to_owned(), String::new(), String::new());
        let (name, confidence, note) = (String::new(), String::new(), String::new());
        let (parent, valid_from, valid_to, lat, lon) = (None, Day::new(2000, 1, 1), last, None, None);
        Unit { id: UnitId(7), level, kind, code, name, parent, valid_from, valid_to, lat, lon, confidence, note }
    }

    #[test]
    fn a_role_is_held_in_a_unit_of_its_level_in_an_agency_of_one_or_in_a_province_everywhere() {
        let day = |year, month, day| Day::new(year, month, day).expect("a day");
        let ended = Day::new(2025, 6, 30);
        let places = ["commune", "district", "province"].map(|level| unit(level, ended));
        let now = (day(2026, 11, 27), None);
        for &role in Role::ALL.iter().filter(|role| role.is_held() && !role.is_of_districts()) {
            for place in &places {
                let may = role.levels().contains(&place.level.as_str());
                let wrong = |field| (!may).then_some((field, "role-not-there"));
                assert_eq!(misplaced(role, Some(place), &[], now), wrong("unit"), "{role:?} {place:?}");
                assert_eq!(misplaced(role, None, &[place], now), wrong("agency"), "{role:?} {place:?}");
            }
        }
        assert_eq!(misplaced(Role::CommuneLeader, None, &[], now), Some(("unit", "role-not-there")));
        assert_eq!(misplaced(Role::Coordination, None, &[], now), None);
        assert!(misplaced(Role::CommuneLeader, None, &[&places[0], &places[2]], now).is_some(), "one is enough");
    }

    #[test]
    fn criteria_are_named_for_roles_that_they_bound_and_for_no_others() {
        let some = [CriterionRef { set: "commune-2021-2025".into(), no: "17".into() }];
        let name = || (String::new(), String::new());
        let criteria = vec![("17".to_owned(), name())];
        let law = web::Criteria(vec![web::CriteriaSet { id: "commune-2021-2025".into(), name: name(), criteria }]);
        for role in [Role::CommuneOfficer, Role::Appraiser] {
            assert_eq!(unbounded(role, Some(&some), &law), None, "{role:?}");
            let none = [CriterionRef { no: "71".into(), ..some[0].clone() }];
            assert_eq!(unbounded(role, Some(&none), &law), Some(("criteria", "criteria-unknown")), "{role:?}");
        }
        for role in [Role::CommuneLeader, Role::DistrictVerifier, Role::Coordination, Role::Administrator] {
            assert_eq!(unbounded(role, Some(&some), &law), Some(("criteria", "role-without-criteria")), "{role:?}");
            assert_eq!(unbounded(role, None, &law), None);
        }
    }

    #[test]
    fn a_role_of_a_district_meets_the_days_of_the_district() {
        let day = |year, month, day| Day::new(year, month, day).expect("a day");
        let district = unit("district", Day::new(2025, 6, 30));
        let check = |from, to, may: bool| {
            let wrong = (!may).then_some(("from", "role-after-unit"));
            assert_eq!(misplaced(Role::DistrictVerifier, Some(&district), &[], (from, to)), wrong, "{from} {to:?}");
        };
        check(day(2025, 6, 30), None, true);
        check(day(2025, 7, 1), None, false);
        check(day(1999, 1, 1), Day::new(1999, 12, 31), false);
        check(day(1999, 1, 1), Day::new(2000, 1, 1), true);
    }
}
