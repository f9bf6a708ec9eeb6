//! What is wrong with boundaries: pure, all of it at once, each with the feature and the unit it is about.

use super::Feature;
use crate::model::Unit;
use geo::{Area, BooleanOps, BoundingRect, Contains, GeodesicArea, Intersects, MultiPolygon, Point, Rect, Validation};
use kernel::{Decimal, Phrase, Problem};
use std::collections::HashMap;

/// The units that boundaries are wanted for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In force on the day asked about, at one level.
    pub units: Vec<Unit>,
}

/// A boundary that can be kept.
#[derive(Clone, Debug)]
pub struct Given {
    pub unit: Unit,
    pub ground: MultiPolygon<f64>,
    /// On the ellipsoid, in square kilometres.
    pub area_km2: f64,
}

/// What was found: errors keep everything out, warnings are to be looked at.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub good: Vec<Given>,
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
    /// Units without a boundary.
    pub missing: Vec<Unit>,
}

/// South, west, north, east of Viet Nam with its islands, generously: what lies elsewhere is another reference system, or
/// longitude and latitude exchanged.
const COUNTRY: [f64; 4] = [6.0, 102.0, 24.0, 118.0];
/// The share of the smaller unit that two boundaries may have in common: lines drawn by different hands.
const COMMON: f64 = 0.005;

/// A code as the list has it: geographic programs drop leading zeros when they take a code for a number.
fn padded(code: &str, level: &str) -> String {
    let digits = match level {
        "province" => 2,
        "district" => 3,
        _ => 5,
    };
    if code.bytes().all(|b| b.is_ascii_digit()) { format!("{code:0>digits$}") } else { code.to_owned() }
}

fn about(key: &'static str, number: usize) -> Problem {
    Problem::input(Phrase::new(key).with("number", number)).at_field(format!("features/{}", number - 1))
}

fn named(key: &'static str, number: usize, unit: &Unit) -> Problem {
    let phrase =
        Phrase::new(key).with("number", number).with("name", unit.name.as_str()).with("code", unit.code.as_str());
    Problem::input(phrase).at_field(format!("features/{}", number - 1))
}

/// Checks features against the units they are for. Cost: every corner some times; neighbours cut against each other.
pub fn check(features: &[Feature], wanted: &Wanted) -> Report {
    let mut report = Report::default();
    let by_code: HashMap<&str, &Unit> = wanted.units.iter().map(|u| (u.code.as_str(), u)).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<(usize, Given)> = Vec::new();
    for feature in features {
        let number = feature.number;
        let Some(code) = &feature.code else {
            report.errors.push(about("boundaries-no-code", number));
            continue;
        };
        let level = wanted.units.first().map_or("commune", |u| u.level.as_str());
        let Some(unit) = by_code.get(code.as_str()).or_else(|| by_code.get(padded(code, level).as_str())) else {
            let phrase = Phrase::new("boundaries-unknown-code").with("number", number).with("code", code.as_str());
            report.errors.push(Problem::input(phrase).at_field(format!("features/{}", number - 1)));
            continue;
        };
        if let Some(first) = seen.insert(unit.code.clone(), number) {
            let phrase = Phrase::new("boundaries-duplicate").with("number", number).with("first", first);
            let phrase = phrase.with("name", unit.name.as_str()).with("code", unit.code.as_str());
            report.errors.push(Problem::input(phrase).at_field(format!("features/{}", number - 1)));
            continue;
        }
        let Some(ground) = &feature.ground else {
            report.errors.push(named("boundaries-no-polygon", number, unit));
            continue;
        };
        if !inside_country(ground) {
            report.errors.push(named("boundaries-outside-country", number, unit));
        } else if !ground.is_valid() {
            report.errors.push(named("boundaries-crossing-itself", number, unit));
        } else {
            if let Some((lat, lon)) = unit.lat.zip(unit.lon)
                && !ground.contains(&Point::new(lon, lat))
            {
                report.warnings.push(named("boundaries-point-outside", number, unit));
            }
            let area_km2 = ground.geodesic_area_unsigned() / 1e6;
            kept.push((number, Given { unit: (*unit).clone(), ground: ground.clone(), area_km2 }));
        }
    }
    report.errors.extend(overlaps(&kept));
    report.errors.sort_by_key(|p| match &p.place {
        Some(kernel::Place::Field(field)) => field.rsplit('/').next().and_then(|n| n.parse::<usize>().ok()),
        _ => None,
    });
    report.missing = wanted.units.iter().filter(|u| !seen.contains_key(&u.code)).cloned().collect();
    report.good = kept.into_iter().map(|(_, given)| given).collect();
    report
}

fn inside_country(ground: &MultiPolygon<f64>) -> bool {
    let [south, west, north, east] = COUNTRY;
    ground
        .bounding_rect()
        .is_some_and(|r| r.min().x >= west && r.max().x <= east && r.min().y >= south && r.max().y <= north)
}

/// Pairs that have more ground in common than lines drawn by different hands explain.
fn overlaps(kept: &[(usize, Given)]) -> Vec<Problem> {
    let mut boxes: Vec<(Rect<f64>, usize)> =
        kept.iter().enumerate().filter_map(|(n, (_, g))| Some((g.ground.bounding_rect()?, n))).collect();
    boxes.sort_by(|a, b| a.0.min().x.total_cmp(&b.0.min().x));
    let mut found = Vec::new();
    for (at, (here, a)) in boxes.iter().enumerate() {
        for (there, b) in boxes[at + 1..].iter().take_while(|(there, _)| there.min().x <= here.max().x) {
            if !here.intersects(there) {
                continue;
            }
            let ((na, a), (nb, b)) = (&kept[*a], &kept[*b]);
            let common = a.ground.intersection(&b.ground).unsigned_area();
            let smaller = a.ground.unsigned_area().min(b.ground.unsigned_area());
            if common > COMMON * smaller {
                let percent = (common / smaller * 1000.0).round() as i64;
                let percent =
                    Decimal::from(percent).checked_div_rounded(&Decimal::from(10), 1).unwrap_or(Decimal::ZERO);
                let phrase = Phrase::new("boundaries-overlap").with("number", (*na).max(*nb)).with("percent", percent);
                let phrase = phrase.with("name", a.unit.name.as_str()).with("other", b.unit.name.as_str());
                found.push(Problem::input(phrase).at_field(format!("features/{}", na.max(nb) - 1)));
            }
        }
    }
    found
}
