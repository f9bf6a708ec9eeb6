//! Organisation units: which of our units a name means.

use super::{Scheme, looks_like_uid, uid};
use kernel::{Day, UnitId};
use std::collections::{BTreeSet, HashMap};
use store::{Query, Result, args};
use units::Unit;

/// The uid of a unit: of its permanent id, since codes live on with another extent.
pub fn uid_of(unit: UnitId) -> String {
    uid("unit", &unit.to_string())
}

/// The units that some names mean.
#[derive(Default)]
pub struct Found {
    by_uid: HashMap<String, Unit>,
    by_code: HashMap<String, Vec<Unit>>,
}

impl Found {
    /// Loads them. Cost: the units that ever had one of the codes; with an uid among the names, the id of every unit.
    pub async fn load(tx: &mut impl Query, names: &BTreeSet<&str>, scheme: Scheme) -> Result<Found> {
        let mut ids: BTreeSet<UnitId> = BTreeSet::new();
        let codes: Vec<&str> = names.iter().copied().filter(|_| scheme != Scheme::Uid).collect();
        for chunk in codes.chunks(1000) {
            let places = store::places(1, chunk.len());
            let sql = format!("SELECT id FROM units_unit WHERE code IN ({})", places);
            for row in tx.rows(&sql, chunk.iter().map(|&c| c.into()).collect()).await? {
                ids.insert(UnitId(row.i64(0)?));
            }
        }
        let mut uids = HashMap::new();
        if scheme != Scheme::Code && names.iter().any(|n| looks_like_uid(n)) {
            for row in tx.rows("SELECT id FROM units_unit", args![]).await? {
                let id = UnitId(row.i64(0)?);
                let uid = uid_of(id);
                if names.contains(uid.as_str()) {
                    uids.insert(id, uid);
                    ids.insert(id);
                }
            }
        }
        let mut found = Found::default();
        let ids: Vec<UnitId> = ids.into_iter().collect();
        for (id, unit) in units::store::many(tx, &ids).await? {
            if let Some(uid) = uids.get(&id) {
                found.by_uid.insert(uid.clone(), unit.clone());
            }
            if scheme != Scheme::Uid && names.contains(unit.code.as_str()) {
                found.by_code.entry(unit.code.clone()).or_default().push(unit);
            }
        }
        Ok(found)
    }

    /// The unit of this name in a year: by code the one in force on `day`, by uid the one itself, if it existed in the year.
    pub fn unit(&self, name: &str, day: Day, year: i16) -> Option<&Unit> {
        let existed = |u: &&Unit| {
            u.valid_from.is_none_or(|from| from.year() <= year) && u.valid_to.is_none_or(|to| year <= to.year())
        };
        let by_code = || self.by_code.get(name)?.iter().find(|u| u.valid_on(day));
        self.by_uid.get(name).filter(existed).or_else(by_code)
    }
}
