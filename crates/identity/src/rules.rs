//! What people type about people, read: pure.

use kernel::{CriterionRef, Day, Role, text};
use locale::Lang;

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
