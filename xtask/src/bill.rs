//! `cargo xtask bill`: what the program is made of, as a bill of materials in the form of CycloneDX 1.6: the crates that go
//! into it, by cargo's own resolution, and the npm packages of the islands, by their lock; each with its licence and hash.
//! `tests/clients/bill.py` holds it against the official schema; [`licences`] is a part of `cargo xtask tidy`.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    process::Command,
};

/// The platform whose crates are counted: the one that is packed.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
/// npm packages that the lock calls tools although what they hold goes into the program: the font's files.
const SHIPPED: [&str; 1] = ["@expo-google-fonts/be-vietnam-pro"];

/// npm packages whose lock names no licence, with the one that their README states.
const STATED: [(&str, &str); 2] = [("@mapbox/jsonlint-lines-primitives", "MIT"), ("combine-errors", "MIT")];

/// A part, named by its address (purl).
struct Part {
    purl: String,
    name: String,
    version: String,
    licence: String,
    /// Algorithm and hexadecimal.
    hash: Option<(&'static str, String)>,
    /// Whether it goes into the program, or only makes it.
    shipped: bool,
    needs: BTreeSet<String>,
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

/// An SPDX expression: cargo once took a slash for "or".
fn expression(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// Whether an expression can be taken without a licence of the GPL's or AGPL's family: of "or" one side is enough, of "and" it
/// takes both. No licence at all cannot.
fn is_free(licence: &str) -> bool {
    // Without brackets: "or" binds less than "and". Brackets hold a whole expression, the innermost are read first.
    let mut rest = expression(licence);
    while let Some(close) = rest.find(')') {
        let Some(open) = rest[..close].rfind('(') else { return false };
        let word = if is_free(&rest[open + 1..close]) { "MIT" } else { "GPL-3.0-only" };
        rest.replace_range(open..=close, word);
    }
    let one = |name: &str| {
        let name = name.trim().split(" WITH ").next().unwrap_or("").to_uppercase();
        !name.is_empty() && !name.starts_with("GPL-") && !name.starts_with("AGPL-") && !name.starts_with("SSPL-")
    };
    rest.split(" OR ").any(|all| all.split(" AND ").all(one))
}

/// Cargo's answer about the workspace. Asks nobody for what the lock names already.
fn metadata() -> Result<Value> {
    let args = ["metadata", "--format-version", "1", "--locked", "--filter-platform", PLATFORM];
    let done = Command::new("cargo").args(args).output().context("cargo metadata")?;
    if !done.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// The crates that `app` is built from, itself included, without what only its tests need.
fn crates() -> Result<Vec<Part>> {
    let told = metadata()?;
    let all = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let packages: HashMap<String, Value> =
        all(&told["packages"]).into_iter().map(|p| (text(&p, "id").to_owned(), p)).collect();
    let nodes: HashMap<String, Value> =
        all(&told["resolve"]["nodes"]).into_iter().map(|n| (text(&n, "id").to_owned(), n)).collect();
    let lock: toml::Table = fs::read_to_string("Cargo.lock")?.parse()?;
    let hashes: HashMap<(&str, &str), &str> = (lock.get("package").and_then(|p| p.as_array()).into_iter().flatten())
        .filter_map(|p| Some(((p.get("name")?.as_str()?, p.get("version")?.as_str()?), p.get("checksum")?.as_str()?)))
        .collect();
    let own = |id: &str| packages.get(id).is_some_and(|p| p["source"].is_null());
    let purl = |id: &str| {
        packages.get(id).map_or_else(String::new, |p| format!("pkg:cargo/{}@{}", text(p, "name"), text(p, "version")))
    };
    let app = packages.iter().find(|(id, p)| text(p, "name") == "app" && own(id)).context("the crate app")?.0.clone();
    let (mut seen, mut todo) = (BTreeSet::from([app.clone()]), vec![app]);
    let mut parts = Vec::new();
    while let Some(id) = todo.pop() {
        let package = packages.get(&id).with_context(|| id.clone())?;
        let is_built = |dep: &Value| all(&dep["dep_kinds"]).iter().any(|kind| text(kind, "kind") != "dev");
        let needs: BTreeSet<String> = all(&nodes.get(&id).unwrap_or(&Value::Null)["deps"])
            .iter()
            .filter(|dep| is_built(dep))
            .map(|dep| text(dep, "pkg").to_owned())
            .collect();
        todo.extend(needs.iter().filter(|need| seen.insert((*need).clone())).cloned());
        let (name, version) = (text(package, "name"), text(package, "version"));
        parts.push(Part {
            purl: purl(&id),
            name: name.to_owned(),
            version: version.to_owned(),
            licence: expression(text(package, "license")),
            hash: hashes.get(&(name, version)).map(|hash| ("SHA-256", (*hash).to_owned())),
            shipped: true,
            needs: needs.iter().map(|need| purl(need)).collect(),
        });
    }
    Ok(parts)
}

/// Sixty-four signs of six bits each as hexadecimal; npm writes hashes so.
fn hexadecimal(base64: &str) -> String {
    const SIGNS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<usize> = base64.chars().filter_map(|sign| SIGNS.find(sign)).collect();
    let mut out = String::new();
    for four in bits.chunks(4) {
        let whole = four.iter().fold(0, |sum, six| (sum << 6) | six) << (6 * (4 - four.len()));
        out += &format!("{whole:06x}")[..2 * (four.len() * 6 / 8)];
    }
    out
}

/// The npm packages of a lock.
fn packages(lock: &str) -> Result<Vec<Part>> {
    let told: Value = serde_json::from_str(&fs::read_to_string(lock).with_context(|| lock.to_owned())?)?;
    let all = told["packages"].as_object().cloned().unwrap_or_default();
    let purl = |name: &str, version: &str| format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    let mut parts = BTreeMap::new();
    for (place, package) in &all {
        let Some((_, name)) = place.rsplit_once("node_modules/") else { continue };
        let version = text(package, "version");
        let names = package["dependencies"].as_object().cloned().unwrap_or_default();
        // npm looks beside the package first, then outwards: here every name has one place or the outermost one.
        let find = |need: &String| {
            let near = all.get(&format!("{place}/node_modules/{need}"));
            near.or_else(|| all.get(&format!("node_modules/{need}"))).map(|p| purl(need, text(p, "version")))
        };
        let hash = text(package, "integrity").strip_prefix("sha512-").map(|hash| ("SHA-512", hexadecimal(hash)));
        let part = Part {
            purl: purl(name, version),
            name: name.to_owned(),
            version: version.to_owned(),
            licence: expression(match text(package, "license") {
                "" => STATED.iter().find(|(known, _)| *known == name).map_or("", |(_, licence)| licence),
                named => named,
            }),
            hash,
            shipped: package["dev"] != true || SHIPPED.contains(&name),
            needs: names.keys().filter_map(find).collect(),
        };
        parts.insert(part.purl.clone(), part);
    }
    Ok(parts.into_values().collect())
}

/// Everything that the program is made of.
fn parts() -> Result<Vec<Part>> {
    let mut parts = crates()?;
    parts.extend(packages("islands/package-lock.json")?);
    parts.sort_by(|a, b| a.purl.cmp(&b.purl));
    Ok(parts)
}

/// Parts whose licence does not let the program be handed on as it is.
pub fn licences(findings: &mut Vec<String>) -> Result<()> {
    let mut all = parts()?;
    all.extend(packages("tests/browser/package-lock.json")?);
    let bad = all.iter().filter(|part| !is_free(&part.licence));
    findings.extend(bad.map(|part| format!("{} has the licence {:?}", part.purl, part.licence)));
    Ok(())
}

/// The bill as JSON, the same for the same locks.
fn bill(all: &[Part]) -> Result<Value> {
    let root = all.iter().find(|part| part.name == "app").context("the crate app")?;
    let component = |part: &Part| {
        let mut one = Map::from_iter([
            ("type".to_owned(), json!("library")),
            ("bom-ref".to_owned(), json!(part.purl)),
            ("name".to_owned(), json!(part.name)),
            ("version".to_owned(), json!(part.version)),
            ("scope".to_owned(), json!(if part.shipped { "required" } else { "excluded" })),
            ("licenses".to_owned(), json!([{"expression": part.licence}])),
            ("purl".to_owned(), json!(part.purl)),
        ]);
        if let Some((algorithm, hash)) = &part.hash {
            one.insert("hashes".to_owned(), json!([{"alg": algorithm, "content": hash}]));
        }
        Value::Object(one)
    };
    let application = json!({
        "type": "application", "bom-ref": root.purl, "name": "langso", "version": root.version,
        "licenses": [{"expression": root.licence}],
    });
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": application},
        "components": all.iter().filter(|part| part.name != "app").map(component).collect::<Vec<_>>(),
        "dependencies": all.iter().map(|part| json!({"ref": part.purl, "dependsOn": part.needs})).collect::<Vec<_>>(),
    }))
}

/// Writes the bill to a file, or to the console; what it counts by licence goes to standard error.
pub fn run(args: &[String]) -> Result<()> {
    let all = parts()?;
    let text = format!("{}\n", serde_json::to_string_pretty(&bill(&all)?)?);
    match args {
        [] => print!("{text}"),
        [path] => fs::write(path, text).with_context(|| path.clone())?,
        _ => bail!("`cargo xtask bill` takes one file"),
    }
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for part in all {
        *count.entry(part.licence).or_default() += 1;
    }
    for (licence, number) in count {
        eprintln!("{number:5} {licence}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_of_the_gpls_family_is_taken_only_beside_another() {
        for free in
            ["MIT", "Apache-2.0 OR GPL-2.0-only", "MIT/Apache-2.0", "(MIT OR GPL-3.0-only) AND Unicode-3.0", "OFL-1.1"]
        {
            assert!(is_free(free), "{free}");
        }
        for bound in
            ["", "GPL-3.0-or-later", "MIT AND AGPL-3.0-only", "(GPL-2.0-only OR AGPL-3.0) AND MIT", "AGPL-3.0/GPL-3.0"]
        {
            assert!(!is_free(bound), "{bound}");
        }
    }

    #[test]
    fn a_hash_of_npm_is_said_in_hexadecimal() {
        assert_eq!(hexadecimal("AAEC/w=="), "000102ff");
        assert_eq!(hexadecimal("aGVsbG8h"), "68656c6c6f21");
    }

    #[test]
    fn the_bill_names_what_goes_in_and_leaves_out_what_only_tests_need() -> Result<()> {
        crate::tools::enter_root()?;
        let all = parts()?;
        let of = |name: &str| all.iter().find(|part| part.name == name);
        assert!(of("sqlx-core").is_some_and(|p| p.shipped && p.hash.is_some()) && of("store").is_some());
        assert!(of("maplibre-gl").is_some_and(|p| p.shipped) && of("vite").is_some_and(|p| !p.shipped));
        assert!(of("testkit").is_none() && of("proptest").is_none(), "of tests alone");
        let known: BTreeSet<&String> = all.iter().map(|part| &part.purl).collect();
        let lost: Vec<&String> = all.iter().flat_map(|part| &part.needs).filter(|need| !known.contains(need)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        Ok(())
    }
}
