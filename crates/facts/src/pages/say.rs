//! Small words that several pages say the same way.

use kernel::Phrase;
use locale::Lang;
use rulebook::{Judged, Status};

/// The phrase of a verdict; passed on an unconfirmed number is said apart.
pub fn key(status: Status, confirmed: bool) -> &'static str {
    match status {
        Status::Passed if !confirmed => "status-passed-unconfirmed",
        Status::Passed => "status-passed",
        Status::Failed => "status-failed",
        Status::Incomplete => "status-incomplete",
        Status::NotApplicable => "status-not-applicable",
        Status::ToBeConfirmed => "status-to-be-confirmed",
    }
}

/// The class that gives a verdict its sign and colour.
pub fn class(status: Status, confirmed: bool) -> &'static str {
    match status {
        Status::Passed if !confirmed => "unconfirmed",
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Incomplete => "incomplete",
        Status::NotApplicable => "not-applicable",
        Status::ToBeConfirmed => "to-be-confirmed",
    }
}

/// Word and class of a verdict.
pub fn state(lang: Lang, judged: Judged) -> (String, &'static str) {
    let confirmed = !judged.passed_unconfirmed();
    (locale::say(lang, &Phrase::new(key(judged.status, confirmed))), class(judged.status, confirmed))
}
