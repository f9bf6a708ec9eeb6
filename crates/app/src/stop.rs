//! Failures as whoever runs the program reads them, in their language, with the exit code that fits: 1 where something
//! failed, 2 where what was given cannot be used.

use kernel::{Phrase, Place, Problem};
use locale::Lang;
use std::{fmt, path::Path};
use store::StoreError;

/// A failure with words of our own.
#[derive(Debug)]
pub struct Stop {
    problem: Problem,
    code: u8,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.phrase.key)
    }
}

impl std::error::Error for Stop {}

impl Stop {
    /// What was given cannot be used.
    pub fn input(phrase: Phrase) -> Stop {
        Stop { problem: Problem::input(phrase), code: 2 }
    }

    /// The same, of an option.
    pub fn option(name: &'static str, phrase: Phrase) -> Stop {
        Stop { problem: Problem::input(phrase).at(Place::Option(name)), code: 2 }
    }

    /// Something did not work.
    pub fn failed(phrase: Phrase) -> Stop {
        Stop { problem: Problem::input(phrase), code: 1 }
    }

    /// A file that was named cannot be read or written.
    pub fn file(path: &Path, error: &std::io::Error) -> Stop {
        let phrase = Phrase::new("evaluate-file").with("file", path.display().to_string());
        Stop::input(phrase.with("reason", error.to_string()))
    }
}

/// A database's address as it may be shown: without its password.
pub fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let Some((login, server)) = rest.rsplit_once('@') else { return address.to_owned() };
    let user = login.split_once(':').map_or(login, |(user, _)| user);
    format!("{scheme}://{user}@{server}")
}

/// Says a failure on standard error; the exit code.
pub fn report(lang: Lang, error: &anyhow::Error) -> u8 {
    if let Some(fault) = error.downcast_ref::<Stop>() {
        eprintln!("{}", locale::problem(lang, &fault.problem));
        return fault.code;
    }
    let Some(beneath) = error.downcast_ref::<StoreError>() else {
        eprintln!("{error:#}");
        return 1;
    };
    let problem = match beneath {
        StoreError::Address(address) => StoreError::Address(shown(address)).problem(),
        other => other.problem(),
    };
    eprintln!("{}", locale::problem(lang, &problem));
    // Our own catalogue says all; what a database says of itself is for whoever looks after it.
    if problem.status >= 500 && matches!(beneath, StoreError::Database(_) | StoreError::Sqlite { .. }) {
        eprintln!("{error:#}");
    }
    let given = matches!(beneath, StoreError::Address(_) | StoreError::BackupBroken(_) | StoreError::BackupNotEmpty);
    if given { 2 } else { 1 }
}

/// A problem as the command line says it: what is too large for a page may be read here with an option.
pub fn said(lang: Lang, problem: &Problem) -> String {
    let said = locale::problem(lang, problem);
    match problem.phrase.key {
        "values-too-large" | "values-too-many-rows" | "sheet-too-large" | "sheet-too-many-rows" => {
            locale::say(lang, &Phrase::new("cli-large").with("problem", said))
        }
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, expected) in [
            ("postgres://langso:p@ss:word@db/langso", "postgres://langso@db/langso"),
            ("postgres://langso@db:5432/langso?sslmode=require", "postgres://langso@db:5432/langso?sslmode=require"),
            ("sqlite:data/langso.sqlite", "sqlite:data/langso.sqlite"),
        ] {
            assert_eq!(super::shown(address), expected);
        }
    }
}
