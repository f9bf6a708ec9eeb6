//! `backup` and `restore`, over the engines.

use crate::{
    old::tables,
    program::{Served, communes, run, text},
};
use serde_json::Value;
use std::path::Path;
use testkit::Database;

/// What readers see: figures and verdicts of some communes, totals.
fn seen(served: &Served) -> Vec<Value> {
    let mut seen = vec![served.json("/api/v1/totals?nam=2024&bo=commune-2021-2025")];
    for (id, _) in communes(served).iter().take(5) {
        seen.push(served.json(&format!("/api/v1/units/{id}/figures")));
        seen.push(served.json(&format!("/api/v1/units/{id}/verdicts")));
    }
    seen
}

fn seen_at(url: &str, data: &Path) -> Vec<Value> {
    let mut served = Served::start(&["--database", url, "--data", text(data)]);
    let seen = seen(&served);
    served.terminate();
    seen
}

#[test]
fn a_backup_of_one_engine_is_restored_in_the_other_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let sqlite = |name: &str| format!("sqlite:{}", path(name).join("langso.sqlite").display());
    std::fs::create_dir_all(path("a/overlays")).unwrap();
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks/overlays/minh-hoa.toml");
    std::fs::copy(overlay, path("a/overlays/minh-hoa.toml")).unwrap();
    tables(&path("a"), &sqlite("a"));
    let before = seen_at(&sqlite("a"), &path("a"));
    assert!(before[1]["figures"].as_array().is_some_and(|f| f.len() == 10), "{}", before[1]);

    let postgres = Database::create();
    let (one, two) = (path("one.zip"), path("two.zip"));
    let at = |url: &str, name: &str| {
        ["--database".into(), url.to_owned(), "--data".into(), path(name).display().to_string()]
    };
    let call = |command: &[&str], at: [String; 4]| {
        let at: Vec<&str> = at.iter().map(String::as_str).collect();
        run(&[command, &at].concat())
    };
    let wrote = call(&["backup", "-o", text(&one)], at(&sqlite("a"), "a"));
    assert_eq!(wrote.code, 0, "{}", wrote.err);
    for (command, url, name) in
        [(["restore", text(&one)], postgres.url.clone(), "b"), (["restore", text(&two)], sqlite("c"), "c")]
    {
        let done = call(&command, at(&url, name));
        assert_eq!(done.code, 0, "{name}: {}", done.err);
        assert!(path(name).join("overlays/minh-hoa.toml").exists(), "the overlay came along");
        assert_eq!(seen_at(&url, &path(name)), before, "{name}");
        let verified = call(&["audit", "verify"], at(&url, name));
        assert_eq!(verified.code, 0, "{}", verified.out);
        if name == "b" {
            assert_eq!(call(&["backup", "-o", text(&two)], at(&url, name)).code, 0);
            // A database with something in it is left alone.
            let again = call(&command, at(&url, name));
            assert_eq!(again.code, 2, "{}", again.out);
            assert!(again.err.contains("cơ sở dữ liệu trống"), "{}", again.err);
        }
    }
}

#[test]
fn a_broken_backup_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new");
    let file = folder.path().join("broken.zip");
    std::fs::write(&file, "PK\u{3}\u{4} no zip").unwrap();
    let ran = run(&["restore", text(&file), "--data", text(&data)]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("bản sao lưu bị hỏng"), "{}", ran.err);
    assert!(!data.exists());
}
