//! A database written by yesterday's program opens in today's. `tests/old` keeps a small one of each engine from the
//! end of each issue, made by `cargo xtask keep-database NAME`; all of them are migrated and read here, and a new one.

use crate::program::{SET, Served, communes, text, well};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};
use testkit::Database;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/old")
}

fn pack(path: &Path, bytes: &[u8]) {
    let mut gz = GzEncoder::new(File::create(path).unwrap(), Compression::best());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap();
}

fn unpack(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// What must be readable for ever: figures and verdicts of these communes, and how many units the totals count.
fn read(served: &Served, ids: &[i64]) -> Value {
    let pick = |list: &Value, keys: &[&str]| -> Vec<Value> {
        let one = |v: &Value| keys.iter().map(|k| ((*k).to_owned(), v[*k].clone())).collect::<serde_json::Map<_, _>>();
        list.as_array().expect("a list").iter().map(|v| one(v).into()).collect()
    };
    let mut units = serde_json::Map::new();
    for id in ids {
        let figures = served.json(&format!("/api/v1/units/{id}/figures"));
        let verdicts = served.json(&format!("/api/v1/units/{id}/verdicts"));
        let figures =
            pick(&figures["figures"], &["measure", "period", "origin", "value", "numerator", "denominator", "source"]);
        let verdicts = pick(&verdicts["verdicts"], &["set", "period", "verdict", "criteria_passed", "criteria"]);
        units.insert(id.to_string(), json!({"figures": figures, "verdicts": verdicts}));
    }
    let totals = served.json(&format!("/api/v1/totals?nam=2024&bo={SET}"));
    let totals = pick(&json!([totals["totals"]]), &["units", "passed", "passed_unconfirmed", "failed", "incomplete"]);
    json!({"units": units, "totals": totals})
}

/// The same of a database; without ids the communes that [`tables`] tells of.
fn read_at(url: &str, data: &Path, ids: Option<&[i64]>) -> Value {
    let mut served = Served::start(&["--database", url, "--data", text(data)]);
    let told = || communes(&served).into_iter().take(4).map(|(id, _)| id).collect();
    let seen = read(&served, &ids.map_or_else(told, <[i64]>::to_vec));
    served.terminate();
    seen
}

/// Figures of a few communes: whole numbers, fractions, yes and no, two years, one correction.
pub fn tables(data: &Path, url: &str) {
    let codes = {
        let served = Served::start(&["--database", url, "--data", text(data)]);
        communes(&served).into_iter().take(4).map(|(_, code)| code).collect::<Vec<_>>()
    };
    for (at, change) in [(0, "80.5"), (1, "79,9")] {
        let mut rows = String::from("unit_code;period;indicator;value;numerator;denominator\n");
        for (n, code) in codes.iter().enumerate() {
            for year in [2023, 2024] {
                let _ = write!(rows, "{code};{year};8.4;đạt;;\n{code};{year};15.3;;{};1000\n", 200 + n * 50);
                let _ =
                    write!(rows, "{code};{year};3.1;{change};;\n{code};{year};9.1;{n};;\n{code};{year};13.4;n/a;;\n");
            }
        }
        let file = data.join(format!("bảng-{at}.csv"));
        fs::write(&file, rows).unwrap();
        well(&["import", "--publish", "--database", url, "--data", text(data), text(&file)]);
    }
    well(&["audit", "seal", "--database", url, "--data", text(data)]);
}

/// Writes `NAME.sqlite.gz`, `NAME.sql.gz` and `NAME.json` (what was read when they were written).
fn keep(name: &str, to: &Path) {
    let work = tempfile::tempdir().unwrap();
    let file = work.path().join("langso.sqlite");
    let sqlite = format!("sqlite:{}", file.display());
    let postgres = Database::create();
    let mut seen = Vec::new();
    for (url, data) in [(&sqlite, "one"), (&postgres.url, "two")] {
        // A folder of their own: the ledger's key and last checkpoint are of one database.
        let data = work.path().join(data);
        fs::create_dir(&data).unwrap();
        tables(&data, url);
        seen.push(read_at(url, &data, None));
    }
    assert_eq!(seen[0], seen[1], "both engines are read the same");
    let left = work.path().join("langso.sqlite-wal");
    assert!(fs::metadata(left).map_or(0, |m| m.len()) == 0, "everything is in the one file");
    pack(&to.join(format!("{name}.sqlite.gz")), &fs::read(&file).unwrap());
    pack(&to.join(format!("{name}.sql.gz")), postgres.dump().as_bytes());
    fs::write(to.join(format!("{name}.json")), format!("{:#}\n", seen[0])).unwrap();
}

/// Opens both databases of a name: migrated, well, and read as they were.
fn check(name: &str, from: &Path) {
    let expected: Value = serde_json::from_slice(&fs::read(from.join(format!("{name}.json"))).unwrap()).unwrap();
    // By their ids: in which order a list names them may change.
    let ids: Vec<i64> = expected["units"].as_object().unwrap().keys().map(|id| id.parse().unwrap()).collect();
    let work = tempfile::tempdir().unwrap();
    let file = work.path().join("langso.sqlite");
    fs::write(&file, unpack(&from.join(format!("{name}.sqlite.gz")))).unwrap();
    let dump = String::from_utf8(unpack(&from.join(format!("{name}.sql.gz")))).unwrap();
    let postgres = Database::from_dump(&dump);
    for (url, data) in [(&format!("sqlite:{}", file.display()), "one"), (&postgres.url, "two")] {
        let data = work.path().join(data);
        let at = ["--database", url, "--data", text(&data)];
        well(&[&["migrate"], &at[..]].concat());
        well(&[&["audit", "verify"], &at[..]].concat());
        assert_eq!(read_at(url, &data, Some(&ids)), expected, "{name} in {url}");
        well(&[&["doctor"], &at[..]].concat());
    }
}

#[test]
fn every_kept_database_opens_and_so_does_a_new_one() {
    let fresh = tempfile::tempdir().unwrap();
    keep("fresh", fresh.path());
    check("fresh", fresh.path());
    let mut bytes = 0;
    for entry in fs::read_dir(fresh.path()).unwrap().flatten() {
        bytes = entry.metadata().unwrap().len().max(bytes);
    }
    assert!(bytes < 200_000, "a kept database is small: {bytes} bytes");

    let mut names: Vec<String> =
        fs::read_dir(folder()).unwrap().flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    for name in names.iter().filter_map(|n| n.strip_suffix(".json")) {
        check(name, &folder());
    }
}

/// `cargo xtask keep-database NAME`.
#[test]
#[ignore = "writes into tests/old; called by `cargo xtask keep-database`"]
fn keep_a_database() {
    let name = std::env::var("LANGSO_KEEP").expect("LANGSO_KEEP names it");
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name:?} is no name");
    keep(&name, &folder());
}
