//! Reads data value sets from JSON and CSV, as other programs write them: nothing is looked up here, no number is rounded.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A text, or a number or a yes/no whose digits are kept as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Literal(pub String);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Literal, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get().as_bytes().first() {
            Some(b'"') => Ok(Literal(serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?)),
            Some(b'n') => Ok(Literal::default()),
            Some(b'{' | b'[') => Err(serde::de::Error::custom("a text, number or boolean expected")),
            _ => Ok(Literal(raw.get().to_owned())),
        }
    }
}

/// One data value as it was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sent {
    pub data_element: Literal,
    pub period: Literal,
    pub org_unit: Literal,
    pub category_option_combo: Literal,
    pub attribute_option_combo: Literal,
    pub value: Literal,
    pub comment: Literal,
    pub deleted: Literal,
}

/// A set of data values. What a value does not say itself, the set says for it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DataValueSet {
    pub data_set: Literal,
    pub period: Literal,
    pub org_unit: Literal,
    pub attribute_option_combo: Literal,
    pub id_scheme: Literal,
    pub data_element_id_scheme: Literal,
    pub org_unit_id_scheme: Literal,
    pub data_set_id_scheme: Literal,
    pub dry_run: Literal,
    pub import_strategy: Literal,
    pub data_values: Vec<Sent>,
}

/// Reads JSON; what is wrong with it, in the parser's words.
pub fn json(bytes: &[u8]) -> Result<DataValueSet, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut set: DataValueSet = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    for sent in &mut set.data_values {
        for (own, given) in [
            (&mut sent.period, &set.period),
            (&mut sent.org_unit, &set.org_unit),
            (&mut sent.attribute_option_combo, &set.attribute_option_combo),
        ] {
            if own.0.is_empty() {
                own.clone_from(given);
            }
        }
    }
    Ok(set)
}

/// The columns of CSV in DHIS2's order, each with the shorter names older versions wrote.
pub const COLUMNS: [(&str, &str); 11] = [
    ("dataelement", ""),
    ("period", ""),
    ("orgunit", ""),
    ("categoryoptioncombo", "catoptcombo"),
    ("attributeoptioncombo", "attroptcombo"),
    ("value", ""),
    ("storedby", "strby"),
    ("lastupdated", "lstupd"),
    ("comment", "cmt"),
    ("followup", "flwup"),
    ("deleted", ""),
];

/// Why a CSV text cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCsv {
    NoColumn(&'static str),
    Broken(String),
}

/// Reads CSV: the columns by their names, in any order.
pub fn csv(bytes: &[u8]) -> Result<DataValueSet, BadCsv> {
    let broken = |e: csv::Error| BadCsv::Broken(e.to_string());
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(broken)?.clone();
    let place = |(name, older): (&str, &str)| {
        header.iter().position(|h| h.eq_ignore_ascii_case(name) || (!older.is_empty() && h.eq_ignore_ascii_case(older)))
    };
    let places = COLUMNS.map(place);
    for at in [0, 1, 2, 5] {
        if places[at].is_none() {
            return Err(BadCsv::NoColumn(COLUMNS[at].0));
        }
    }
    let mut set = DataValueSet::default();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let cell = |at: usize| Literal(places[at].and_then(|p| record.get(p)).unwrap_or("").to_owned());
        set.data_values.push(Sent {
            data_element: cell(0),
            period: cell(1),
            org_unit: cell(2),
            category_option_combo: cell(3),
            attribute_option_combo: cell(4),
            value: cell(5),
            comment: cell(8),
            deleted: cell(10),
        });
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_sets_speak_for_their_values() {
        let set = json(
            r#"{"period":2024,"orgUnit":"02308","dataValues":[{"dataElement":"a","value":0.10000000000000000001},
               {"dataElement":"b","value":"x","orgUnit":"1","period":null},{"dataElement":"c","value":true,"unknown":[]}]}"#
                .as_bytes(),
        )
        .unwrap();
        let told: Vec<[&str; 3]> =
            set.data_values.iter().map(|v| [v.period.0.as_str(), &v.org_unit.0, &v.value.0]).collect();
        assert_eq!(told, [["2024", "02308", "0.10000000000000000001"], ["2024", "1", "x"], ["2024", "02308", "true"]]);
        assert!(json(br#"{"dataValues":[{"value":{}}]}"#).is_err());
        assert!(json(b"[").is_err());
    }

    #[test]
    fn csv_is_read_by_the_names_of_its_columns() {
        let text = "\u{feff}orgunit,dataelement,period,value,cmt\n02308,a,2024,\"1\",\"x, y\"\n02308,b,2024\n";
        let set = csv(text.as_bytes()).unwrap();
        assert_eq!((set.data_values[0].value.0.as_str(), set.data_values[0].comment.0.as_str()), ("1", "x, y"));
        assert_eq!(set.data_values[1].value.0, "");
        assert_eq!(csv(b"dataelement,period,value\n").unwrap_err(), BadCsv::NoColumn("orgunit"));
    }
}
