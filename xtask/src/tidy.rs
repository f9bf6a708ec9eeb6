//! What matters is checked by machine: floors, paths named in documents, locale keys, user text in code, file lengths,
//! dependencies and licences that must not come in.

use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

/// The floor of each crate; a crate imports only from lower floors. `testkit` stands outside.
const FLOORS: [(&str, u8); 22] = [
    ("kernel", 0),
    ("rulebook", 1),
    ("locale", 1),
    ("charts", 1),
    ("store", 2),
    ("oidc", 2),
    ("paper", 2),
    ("mail", 2),
    ("caller", 2),
    ("passkeys", 2),
    ("pictures", 2),
    ("scanner", 2),
    ("web", 3),
    ("documents", 3),
    ("units", 4),
    ("ledger", 4),
    ("identity", 5),
    ("facts", 5),
    ("operations", 5),
    ("reporting", 6),
    ("app", 7),
    ("testkit", 6),
];

/// Crates that must not come in, whoever wants them.
const FORBIDDEN: [&str; 5] = ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "openssl"];
/// Crates of which there must be one major version.
const ONE_MAJOR: [&str; 4] = ["reqwest", "hyper", "sqlx", "axum"];
const LONGEST: usize = 600;

/// Runs every check; all findings, not only the first.
pub fn report() -> Result<()> {
    let mut findings = Vec::new();
    floors(&mut findings)?;
    dependencies(&mut findings)?;
    crate::bill::licences(&mut findings)?;
    locale_keys(&mut findings)?;
    code(&mut findings)?;
    documents(&mut findings)?;
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        println!("tidy: {finding}");
    }
    bail!("{} findings", findings.len())
}

fn files(dir: &Path, ending: &str, out: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if path.is_dir() {
            if !matches!(name, "target" | "node_modules" | "dist" | ".git" | "data") {
                files(&path, ending, out)?;
            }
        } else if name.ends_with(ending) {
            out.push(path);
        }
    }
    out.sort();
    Ok(())
}

fn floors(findings: &mut Vec<String>) -> Result<()> {
    let floor: BTreeMap<&str, u8> = FLOORS.into_iter().collect();
    for entry in fs::read_dir("crates")? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("").to_owned();
        let Some(&own) = floor.get(name.as_str()) else {
            findings
                .push(format!("crates/{name} stands on no floor: name it in xtask/src/tidy.rs and ARCHITECTURE.md"));
            continue;
        };
        let manifest: toml::Table = fs::read_to_string(path.join("Cargo.toml"))?.parse()?;
        let dependencies = manifest.get("dependencies").and_then(|d| d.as_table());
        for other in dependencies.into_iter().flatten().map(|(n, _)| n.as_str()).filter(|n| floor.contains_key(n)) {
            if name != "testkit" && (floor[other] >= own || other == "testkit") {
                findings
                    .push(format!("{name} (floor {own}) imports {other} (floor {}): only lower floors", floor[other]));
            }
        }
    }
    Ok(())
}

fn dependencies(findings: &mut Vec<String>) -> Result<()> {
    let lock: toml::Table = fs::read_to_string("Cargo.lock")?.parse()?;
    let packages = lock.get("package").and_then(|p| p.as_array()).context("Cargo.lock lists packages")?;
    let mut majors: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in packages {
        let text = |key| package.get(key).and_then(|v| v.as_str()).unwrap_or("");
        if FORBIDDEN.contains(&text("name")) {
            findings.push(format!("{} must not come in", text("name")));
        }
        if ONE_MAJOR.contains(&text("name")) {
            let version = text("version");
            let parts: Vec<&str> = version.split('.').collect();
            let major = if parts[0] == "0" { parts[..2].join(".") } else { parts[0].to_owned() };
            majors.entry(text("name")).or_default().insert(major);
        }
    }
    for (name, versions) in majors.into_iter().filter(|(_, v)| v.len() > 1) {
        findings.push(format!("{name} comes in {versions:?}: one major version only"));
    }
    Ok(())
}

/// Message keys of a locale file, each with the variables its message names.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        let begins = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        if begins && let Some((key, _)) = line.split_once('=') {
            current = Some(key.trim().to_owned());
            keys.entry(key.trim().to_owned()).or_default();
        }
        if let Some(key) = &current {
            for part in line.split('$').skip(1) {
                let name: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-').collect();
                keys.entry(key.clone()).or_default().insert(name);
            }
        }
    }
    keys
}

fn locale_keys(findings: &mut Vec<String>) -> Result<()> {
    let mut all: Vec<BTreeMap<String, BTreeSet<String>>> = Vec::new();
    for lang in ["vi", "en"] {
        let mut paths = Vec::new();
        files(&Path::new("locales").join(lang), ".ftl", &mut paths)?;
        let mut keys = BTreeMap::new();
        for path in paths {
            for (key, variables) in messages(&fs::read_to_string(&path)?) {
                if keys.insert(key.clone(), variables).is_some() {
                    findings.push(format!("{}: `{key}` stands twice", path.display()));
                }
            }
        }
        all.push(keys);
    }
    let (vi, en) = (&all[0], &all[1]);
    for key in vi.keys().chain(en.keys()).collect::<BTreeSet<_>>() {
        match (vi.get(key), en.get(key)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => findings.push(format!("locale key `{key}` names other variables in vi and en")),
            (None, _) => findings.push(format!("locale key `{key}` is missing in vi")),
            (_, None) => findings.push(format!("locale key `{key}` is missing in en")),
        }
    }
    Ok(())
}

/// Letters only Vietnamese uses: their presence in a string of the program is user text in code.
const VIETNAMESE: &str = "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ";

fn code(findings: &mut Vec<String>) -> Result<()> {
    let mut sources = Vec::new();
    files(Path::new("crates"), ".rs", &mut sources)?;
    files(Path::new("xtask"), ".rs", &mut sources)?;
    for path in sources {
        let text = fs::read_to_string(&path)?;
        let name = path.display().to_string();
        let lines = text.lines().count();
        if lines > LONGEST && !text.contains("// Long because:") {
            findings.push(format!("{name} has {lines} lines and no `// Long because:`"));
        }
        // Input that people type (and tests) may be Vietnamese; what the program says may not.
        if name.contains("/tests/") || name.starts_with("xtask") {
            continue;
        }
        for (at, line) in text.lines().enumerate().take_while(|(_, l)| !l.starts_with("#[cfg(test)]")) {
            let code = line.split("//").next().unwrap_or("");
            let quoted =
                code.split('"').skip(1).step_by(2).any(|s| s.to_lowercase().chars().any(|c| VIETNAMESE.contains(c)));
            if quoted && !line.contains("// input:") && !name.ends_with("kernel/src/text.rs") {
                findings.push(format!("{name}:{}: user text in code; it belongs in locales/", at + 1));
            }
        }
    }
    Ok(())
}

/// Whether what a document has in backticks names a test of ours (`t CRATE NAME`, `t CRATE FILE::`) or a walk (`walk TOPIC`)
/// that does not exist.
fn names_no_test(quoted: &str, read: &mut HashMap<String, String>) -> Result<bool> {
    let words: Vec<&str> = quoted.split(' ').collect();
    let there = match words[..] {
        ["walk", topic] => Path::new(&format!("tests/browser/{topic}.mjs")).exists(),
        ["t", krate, name] if name.ends_with("::") => {
            Path::new(&format!("crates/{krate}/tests/it/{}.rs", name.trim_end_matches("::"))).exists()
        }
        ["t", krate, name] => {
            if !read.contains_key(krate) {
                read.insert(krate.to_owned(), sources_of(krate)?);
            }
            read[krate].contains(&format!("fn {name}("))
        }
        _ => true,
    };
    Ok(!there)
}

/// What a crate's sources and tests say, all of them.
fn sources_of(krate: &str) -> Result<String> {
    let mut sources = Vec::new();
    // xtask stands beside the crates.
    let root = if krate == "xtask" { Path::new(krate).to_owned() } else { Path::new("crates").join(krate) };
    for folder in ["src", "tests"].map(|folder| root.join(folder)) {
        if folder.exists() {
            files(&folder, ".rs", &mut sources)?;
        }
    }
    Ok(sources.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?.concat())
}

/// Paths and tests that documents name in backticks must exist.
fn documents(findings: &mut Vec<String>) -> Result<()> {
    let (mut papers, mut read) = (Vec::new(), HashMap::new());
    files(Path::new("."), ".md", &mut papers)?;
    for paper in papers.iter().filter(|p| !p.starts_with("./docs/trace")) {
        let text = fs::read_to_string(paper)?;
        for quoted in text.split('`').skip(1).step_by(2) {
            let looks_like_path = [
                "crates/",
                "scripts/",
                "fuzz/",
                "docs/",
                "rulebooks/",
                "reference/",
                "locales/",
                "islands/",
                "tests/",
                "xtask/",
                ".ci/",
            ]
            .iter()
            .any(|start| quoted.starts_with(start));
            let plain = !quoted.contains(['*', '{', ' ', '<', '…']);
            let path = quoted.split(':').next().unwrap_or("");
            if looks_like_path && plain && !Path::new(path).exists() && !path.starts_with("islands/dist") {
                findings.push(format!("{}: `{quoted}` does not exist", paper.display()));
            }
            if names_no_test(quoted, &mut read)? {
                findings.push(format!("{}: there is no test `{quoted}`", paper.display()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod naming {
    use super::names_no_test;
    use std::collections::HashMap;

    #[test]
    fn a_test_that_a_document_names_exists() {
        std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
        let table = [
            ("t web an_action_on_a_resource_has_one_rule", false),
            ("t web an_action_on_a_resource", true),
            ("t nothing an_action_on_a_resource_has_one_rule", true),
            ("t facts scope::", false),
            ("t facts nothing::", true),
            ("walk login", false),
            ("walk nowhere", true),
            ("the words of a sentence", false),
        ];
        for (quoted, missing) in table {
            assert_eq!(names_no_test(quoted, &mut HashMap::new()).unwrap(), missing, "{quoted}");
        }
    }
}
