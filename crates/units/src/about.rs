//! What pages tell machines about a unit: an administrative area within others, and the way to it.

use crate::Unit;
use kernel::Phrase;
use locale::Lang;
use serde_json::{Value, json};
use web::{Meta, link};

/// A unit as schema.org names it, within the one above it; `ancestors` stand nearest first.
pub fn area(lang: Lang, unit: &Unit, ancestors: &[Unit]) -> Value {
    let url = |unit: &Unit| link(lang, &href(unit));
    let mut area = json!({
        "@type": "AdministrativeArea", "name": unit.name, "url": url(unit),
        "identifier": {"@type": "PropertyValue", "propertyID": "code", "value": unit.code},
    });
    if let Some(above) = ancestors.first() {
        area["containedInPlace"] = json!({"@type": "AdministrativeArea", "name": above.name, "url": url(above)});
    }
    if let Some((latitude, longitude)) = unit.lat.zip(unit.lon) {
        area["geo"] = json!({"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude});
    }
    area
}

/// The page of a unit: communes have their verdicts there, all others where they stand.
pub fn href(unit: &Unit) -> String {
    format!("/{}/{}", if unit.level == "commune" { "xa" } else { "don-vi" }, unit.id)
}

/// The way to a unit's page from the province down.
pub fn way(meta: Meta, lang: Lang, ancestors: &[Unit]) -> Meta {
    ancestors.iter().rev().fold(meta, |meta, unit| meta.crumb(unit.name.as_str(), link(lang, &href(unit))))
}

pub(crate) fn page(lang: Lang, unit: &Unit, ancestors: &[Unit]) -> Meta {
    let said = Phrase::new("meta-unit").with("name", unit.name.as_str()).with("code", unit.code.as_str());
    way(Meta::new(locale::say(lang, &said)), lang, ancestors).thing(area(lang, unit, ancestors))
}
