//! The command line in the user's language. Every text of `--help` and of a refused command line is a key of
//! `locales/*/cli.ftl`, found by the names of the command and the option: `cli-serve-about`, `cli-serve-listen`; an
//! option that several commands share may stand once, as `cli-arg-listen`.

use clap::{
    Arg, ArgAction, Command,
    builder::{Resettable, StyledStr},
    error::{ContextKind, ContextValue, ErrorKind},
};
use kernel::{Arg as Said, Phrase};
use locale::Lang;

/// The language of the user's environment: the first of LC_ALL, LC_MESSAGES, LANG that is set. `C` and `POSIX` name no
/// language, and then it is Vietnamese; whoever asks for a language we do not speak is answered in English.
pub fn language(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
    match named.as_deref().map(|tag| tag.split(['.', '@']).next().unwrap_or("")) {
        None | Some("C" | "POSIX" | "") => Lang::Vi,
        Some(tag) => Lang::from_tag(tag).unwrap_or(Lang::En),
    }
}

/// What clap's derive made, with every text in this language.
pub fn localized(command: Command, lang: Lang) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let command = command.disable_version_flag(true).arg(version);
    let name = command.get_name().to_owned();
    translated(command, "cli", &name, lang)
}

/// A command and those beneath it; `key` begins the names of its texts, `path` is how it is called.
fn translated(command: Command, key: &str, path: &str, lang: Lang) -> Command {
    let word = |key: &str| locale::say_key(lang, key, &[]);
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let mut command = command
        .about(text(lang, &[format!("{key}-about")]))
        .long_about(Resettable::Reset)
        .bin_name(path)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .subcommand_help_heading(word("cli-commands"))
        .subcommand_value_name(word("cli-command"))
        .help_template(format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}", word("cli-usage")))
        .mut_args(|arg| described(arg, key, lang));
    if key == "cli" {
        command = command.after_help(word("cli-after"));
    }
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        command =
            command.mut_subcommand(&name, |c| translated(c, &format!("{key}-{name}"), &format!("{path} {name}"), lang));
    }
    let usage = command.clone().render_usage().to_string();
    // Its first word is the English heading; the only other English word is the one for options.
    let usage = usage.split_once(' ').map_or("", |(_, usage)| usage).replace("[OPTIONS]", &word("cli-some-options"));
    command.override_usage(usage)
}

/// The first of these keys that the language has.
fn text(lang: Lang, keys: &[String]) -> String {
    let there = keys.iter().find(|key| locale::has(lang, key)).or(keys.first());
    locale::say_key(lang, there.map_or("", String::as_str), &[])
}

/// An option with its sentence, its default, its variable of the environment and its choices.
fn described(arg: Arg, command: &str, lang: Lang) -> Arg {
    let name = arg.get_id().as_str().replace('_', "-");
    let mut help = text(lang, &[format!("{command}-{name}"), format!("cli-arg-{name}")]);
    let mut add = |key: &str, value: String| {
        help += " ";
        help += &locale::say_key(lang, key, &[("value", Said::Text(value))]);
    };
    let values = arg.get_action().takes_values();
    if values {
        let choices: Vec<_> = arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
        if !choices.is_empty() {
            add("cli-choices", choices.join(", "));
        }
        let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
        if !defaults.is_empty() {
            add("cli-default", defaults.join(", "));
        }
        if let Some(variable) = arg.get_env() {
            add("cli-environment", variable.to_string_lossy().into_owned());
        }
    }
    let arg = if values { arg.hide_default_value(true).hide_env(true).hide_possible_values(true) } else { arg };
    let heading = if arg.is_positional() { "cli-arguments" } else { "cli-options" };
    arg.help(help).long_help(Resettable::<StyledStr>::Reset).help_heading(locale::say_key(lang, heading, &[]))
}

/// `langso help serve` means `langso serve --help`.
pub fn arguments(given: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut all: Vec<_> = given.collect();
    if all.get(1).is_some_and(|word| word == "help") {
        all.remove(1);
        all.push("--help".into());
    }
    all
}

/// Shows the help that was asked for, or says what is wrong with the command line; the exit code.
pub fn stopped(error: &clap::Error, lang: Lang) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            return 0;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return 2;
        }
        _ => {}
    }
    match refusal(error) {
        Some(phrase) => eprintln!("{}", locale::say(lang, &phrase)),
        None => eprintln!("{error}"),
    }
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
        if let Some(nearest) = said(error, kind) {
            eprintln!("{}", locale::say(lang, &Phrase::new("cli-error-nearest").with("nearest", nearest)));
        }
    }
    eprintln!("{}", locale::word(lang, "cli-error-more"));
    2
}

/// What clap remembers of an error.
fn said(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An error of the command line as a phrase, where it is one that users make.
fn refusal(error: &clap::Error) -> Option<Phrase> {
    let argument = said(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = said(error, ContextKind::InvalidValue).unwrap_or_default();
    let about = |key| Phrase::new(key).with("argument", argument.as_str());
    Some(match error.kind() {
        ErrorKind::UnknownArgument => about("cli-error-unknown"),
        ErrorKind::MissingRequiredArgument => about("cli-error-missing"),
        ErrorKind::ArgumentConflict => about("cli-error-conflict"),
        ErrorKind::InvalidSubcommand => {
            let given = said(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            Phrase::new("cli-error-command").with("command", given)
        }
        ErrorKind::InvalidValue if value.is_empty() => about("cli-error-no-value"),
        ErrorKind::InvalidValue => {
            let choices = said(error, ContextKind::ValidValue).unwrap_or_default();
            about("cli-error-choice").with("value", value).with("choices", choices)
        }
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            about("cli-error-value").with("value", value).with("reason", reason)
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => about("cli-error-too-many"),
        ErrorKind::MissingSubcommand => Phrase::new("cli-error-no-command"),
        ErrorKind::InvalidUtf8 => Phrase::new("cli-error-utf8"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{language, localized};
    use clap::CommandFactory;
    use locale::Lang;

    #[test]
    fn the_environment_names_the_language() {
        let table: [(&[(&str, &str)], Lang); 9] = [
            (&[], Lang::Vi),
            (&[("LANG", "C.UTF-8")], Lang::Vi),
            (&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")], Lang::Vi),
            (&[("LANG", "vi_VN.UTF-8")], Lang::Vi),
            (&[("LANG", "en_GB.UTF-8")], Lang::En),
            (&[("LC_ALL", ""), ("LC_MESSAGES", "en_US"), ("LANG", "vi_VN")], Lang::En),
            (&[("LC_ALL", "vi_VN"), ("LANG", "en_US")], Lang::Vi),
            (&[("LANG", "fr_FR.UTF-8")], Lang::En),
            (&[("LANG", "ca_ES@valencia")], Lang::En),
        ];
        for (set, expected) in table {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(language(variable), expected, "{set:?}");
        }
    }

    fn walk(command: &clap::Command, lang: Lang, seen: &mut usize) {
        let mut texts: Vec<String> = command.get_about().iter().map(ToString::to_string).collect();
        texts.extend(command.get_arguments().filter_map(|a| a.get_help()).map(ToString::to_string));
        let arguments = command.get_arguments().count();
        assert_eq!(texts.len(), 1 + arguments, "{} has a text for itself and each option", command.get_name());
        for text in texts {
            assert!(!text.starts_with('[') && !text.trim().is_empty(), "{} {lang:?}: {text}", command.get_name());
            *seen += 1;
        }
        for english in
            ["Usage:", "Options:", "Commands:", "Arguments:", "[OPTIONS]", "[default:", "[env:", "Print help"]
        {
            let help = command.clone().render_long_help().to_string();
            assert!(lang == Lang::En || !help.contains(english), "{}: {english} in {help}", command.get_name());
        }
        command.get_subcommands().for_each(|c| walk(c, lang, seen));
    }

    #[test]
    fn every_command_and_option_is_described_in_both_languages() {
        for lang in Lang::ALL {
            let mut command = localized(crate::Cli::command(), lang);
            command.build();
            let mut seen = 0;
            walk(&command, lang, &mut seen);
            assert!(seen > 60, "{seen}");
        }
    }
}
