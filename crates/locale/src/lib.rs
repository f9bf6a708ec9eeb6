//! Says phrases: Fluent messages of `locales/`, numbers and dates as each language writes them. Vietnamese first.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kernel::{Arg, Day, Decimal, Moment, Phrase, Place, Problem};
use std::{fmt::Write, sync::LazyLock};

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Vi,
    En,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::Vi, Lang::En];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    /// The language of a tag such as `vi`, `vi_VN.UTF-8`, `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "vi" => Some(Lang::Vi),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// Picks the text of a pair.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}

#[derive(rust_embed::RustEmbed)]
#[folder = "../../locales"]
#[include = "*.ftl"]
struct Files;

/// All messages of a language.
struct Messages(FluentBundle<FluentResource>);

static MESSAGES: LazyLock<[Messages; 2]> = LazyLock::new(|| Lang::ALL.map(load));

fn load(lang: Lang) -> Messages {
    let tag = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks would stand in CSV files and terminals as odd characters.
    bundle.set_use_isolating(false);
    for (file, text) in sources(lang) {
        let resource = match FluentResource::try_new(text) {
            Ok(resource) => resource,
            Err((_, errors)) => panic!("{file}: {errors:?}"),
        };
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("{file}: {errors:?}");
        }
    }
    Messages(bundle)
}

/// The locale files of a language: path and text. For tests and `xtask tidy`.
pub fn sources(lang: Lang) -> Vec<(String, String)> {
    let mut files: Vec<_> = Files::iter().filter(|f| f.starts_with(lang.tag())).collect();
    files.sort();
    let text = |file: &str| Files::get(file).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    files.into_iter().filter_map(|f| Some((f.to_string(), text(&f)?))).collect()
}

/// Says a phrase. A key that does not exist is said as itself in brackets; a test finds such keys.
pub fn say(lang: Lang, phrase: &Phrase) -> String {
    say_key(lang, phrase.key, &phrase.args)
}

/// A key without arguments.
pub fn word(lang: Lang, key: &'static str) -> String {
    say(lang, &Phrase::new(key))
}

/// Whether a language has this key.
pub fn has(lang: Lang, key: &str) -> bool {
    MESSAGES[lang as usize].0.has_message(key)
}

/// Says a key whose name is known only at run time (a template's).
pub fn say_key(lang: Lang, key: &str, args: &[(&str, Arg)]) -> String {
    let bundle = &MESSAGES[lang as usize].0;
    let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
        return format!("[{key}]");
    };
    let mut fluent = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        fluent.set(*name, value(lang, arg));
    }
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&fluent), &mut errors).into_owned()
}

fn count(lang: Lang, n: i64) -> FluentValue<'static> {
    // English tells one from many; everything else is said as grouped text.
    if n.abs() < 1000 { FluentValue::from(n) } else { FluentValue::from(integer(lang, n)) }
}

fn value(lang: Lang, arg: &Arg) -> FluentValue<'static> {
    match arg {
        Arg::Int(n) => count(lang, *n),
        other => FluentValue::from(text(lang, other)),
    }
}

fn text(lang: Lang, arg: &Arg) -> String {
    match arg {
        Arg::Text(text) => text.clone(),
        Arg::Both { vi, en } => lang.pick(vi, en).clone(),
        Arg::Number(number) => exact(lang, number),
        Arg::Int(n) => integer(lang, *n),
        Arg::Day(day) => date(*day),
        Arg::Phrase(phrase) => say(lang, phrase),
        Arg::List(list) => list.iter().map(|p| say(lang, p)).collect::<Vec<_>>().join("; "),
    }
}

/// A day, dd/mm/yyyy in both languages (as the province writes it).
pub fn date(day: Day) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

/// The time of day that it is in Viet Nam, `17:05`.
pub fn clock(at: Moment) -> String {
    let (hour, minute) = at.wall_clock();
    format!("{hour:02}:{minute:02}")
}

/// A day and the time of day that it is in Viet Nam, `26/11/2026 17:05`.
pub fn moment(at: Moment) -> String {
    format!("{} {}", date(at.day()), clock(at))
}

/// A whole number, grouped by thousands: `1.234.567` in Vietnamese, `1,234,567` in English.
pub fn integer(lang: Lang, n: i64) -> String {
    group(lang, &n.to_string())
}

fn group(lang: Lang, digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |d| ("-", d));
    let mut out = String::from(sign);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(lang.pick('.', ','));
        }
        out.push(c);
    }
    out
}

/// A decimal with all its digits and the language's decimal sign.
pub fn exact(lang: Lang, number: &Decimal) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((whole, part)) => format!("{}{}{part}", group(lang, whole), lang.pick(',', '.')),
        None => group(lang, &text),
    }
}

/// A decimal as a person types it into a field: the language's decimal sign, no grouping. Three digits after the sign get
/// a fourth, so that nobody reads them as thousands.
pub fn plain(lang: Lang, number: &Decimal) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((whole, part)) if part.len() == 3 => format!("{whole}{}{part}0", lang.pick(',', '.')),
        Some((whole, part)) => format!("{whole}{}{part}", lang.pick(',', '.')),
        None => text,
    }
}

/// A decimal rounded half up to so many digits after the point, trailing zeros left out.
pub fn rounded(lang: Lang, number: &Decimal, decimals: u32) -> String {
    exact(lang, &number.round_half_up(decimals))
}

/// A value beside its threshold: rounded half up to the measure's decimals, with as many more digits as it takes for the
/// shown number to stand on the same side of the threshold as the exact one (94,996 beside ≥ 95).
pub fn beside(lang: Lang, number: &Decimal, decimals: u32, threshold: Option<&Decimal>) -> String {
    let Some(threshold) = threshold else { return rounded(lang, number, decimals) };
    let places = (decimals..number.digits_after_point().max(decimals))
        .find(|&p| number.round_half_up(p).cmp(threshold) == number.cmp(threshold))
        .unwrap_or(number.digits_after_point());
    rounded(lang, number, places)
}

/// A problem as one line: its place, then what is wrong.
pub fn problem(lang: Lang, problem: &Problem) -> String {
    let mut out = String::new();
    let place = match &problem.place {
        Some(Place::Line(line)) => Phrase::new("place-line").with("line", Arg::Text(line.to_string())),
        Some(Place::Cell { sheet, cell }) => {
            Phrase::new("place-cell").with("sheet", sheet.as_str()).with("cell", cell.as_str())
        }
        Some(Place::Field(field)) => Phrase::new("place-field").with("field", field.as_str()),
        Some(Place::Option(option)) => Phrase::new("place-option").with("option", *option),
        None => return say(lang, &problem.phrase),
    };
    let _ = write!(out, "{}: {}", say(lang, &place), say(lang, &problem.phrase));
    out
}
