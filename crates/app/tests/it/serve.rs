//! `serve`, `demo` and `migrate`: the contract other programs rely on.

use crate::program::{SET, Served, langso, request, run, text, well};
use testkit::{each_url, free_port};

#[test]
fn serve_takes_flags_or_the_environment_and_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("flags");
    let mut served = Served::start(&["--data", text(&data)]);
    assert!(served.get("/").body.contains("<html lang=\"vi\""));
    assert!(data.join("langso.sqlite").exists());
    assert_eq!(served.terminate().code(), Some(0), "SIGTERM is no failure");

    let data = folder.path().join("environment");
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = langso(&["serve"]);
    command.env("LANGSO_LISTEN", &address).env("LANGSO_DATA", &data);
    command.env("LANGSO_DATABASE", format!("sqlite:{}", folder.path().join("other.sqlite").display()));
    let served = Served::wait(command, address.clone());
    assert!(folder.path().join("other.sqlite").exists() && !data.join("langso.sqlite").exists());

    // The same address a second time: said, and exit code 1.
    let ran = run(&["serve", "--listen", &address, "--data", text(&folder.path().join("third"))]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains(&format!("không phục vụ được ở {address}")), "{}", ran.err);
    drop(served);
}

#[test]
fn nobody_writes_without_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&["--data", text(folder.path())]);
    let path = format!("/api/v1/figures?set={SET}");
    let answer = request(&served.address, "POST", &path, &[], "unit_code,period,indicator,value\n").unwrap();
    assert_eq!(answer.status, 401, "{}", answer.body);
}

#[test]
fn demo_makes_the_province_once_and_serves_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let start = || {
        let address = format!("127.0.0.1:{}", free_port());
        Served::wait(langso(&["demo", "--listen", &address, "--data", text(&data)]), address)
    };
    let first = start();
    let totals = first.json("/api/v1/totals?nam=2024");
    assert!(totals["totals"]["units"].as_i64() > Some(100) && totals["illustrative"] == true, "{totals}");
    drop(first);
    let made = std::fs::metadata(data.join("langso.sqlite")).unwrap().created().ok();
    assert_eq!(start().json("/api/v1/totals?nam=2024"), totals);
    assert_eq!(std::fs::metadata(data.join("langso.sqlite")).unwrap().created().ok(), made, "it is not made again");
    // What the demo holds is well: law, chain, overlay.
    let said = well(&["doctor", "--data", text(&data)]);
    assert!(said.contains("minh-hoa") && said.contains("SQLite"), "{said}");
}

#[test]
fn migrate_brings_an_empty_database_up_on_both_engines() {
    each_url(|url| async move {
        let folder = tempfile::tempdir()?;
        let at = ["--database", &url, "--data", text(folder.path())];
        for _ in 0..2 {
            well(&[&["migrate"], &at[..]].concat());
        }
        let said = well(&[&["doctor"], &at[..]].concat());
        assert!(said.contains("Phần facts: bước") && said.contains("1 dòng chưa niêm phong"), "{said}");
        Ok(())
    });
}
