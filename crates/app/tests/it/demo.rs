//! The demo: the same figures whoever makes it, of every stage, all of them marked, none of them a confirmed pass.

use anyhow::{Context, Result};
use facts::{Edition, Law, law::day_of_judging, published};
use kernel::Actor;
use rulebook::{Library, Status, Value, evaluate};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fs, path::Path, process::Command};
use store::{Query, Store, StoreOptions, args};
use testkit::CLOCK;

const SET: &str = "commune-2021-2025";

/// Makes a demo of the province and a few communes beside it.
fn make(data: &Path) {
    let mut langso = Command::new(env!("CARGO_BIN_EXE_langso"));
    let ran = langso.args(["demo", "--only-create", "--communes", "20", "--data"]).arg(data).output();
    let ran = ran.expect("langso runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

async fn open(data: &Path) -> Result<Store> {
    let url = format!("sqlite:{}", data.join("langso.sqlite").display());
    Ok(Store::open(&url, StoreOptions::default()).await?)
}

/// SHA-256 of every line of history but for the time at which it was written; and how many lines.
async fn figures(store: &Store) -> Result<(String, u64)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut hash = Sha256::new();
    let sql = "SELECT revision, unit, measure, origin, period, value, num, den, stage, actor, source FROM facts_history
               ORDER BY revision";
    let count = tx
        .each(sql, args![], |row| {
            for at in 0..4 {
                hash.update(row.i64(at)?.to_be_bytes());
            }
            for at in 4..11 {
                hash.update(row.opt_text(at)?.unwrap_or_default());
                hash.update([0]);
            }
            Ok(())
        })
        .await?;
    Ok((hex::encode(hash.finalize()), count))
}

async fn texts(store: &Store, sql: &str) -> Result<Vec<String>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.rows(sql, args![]).await?.iter().map(|r| r.text(0)).collect::<store::Result<_>>()?)
}

/// The shipped law without any overlay.
fn shipped() -> Result<Library> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks");
    let mut texts = vec![("measures.toml".to_owned(), fs::read_to_string(folder.join("measures.toml"))?)];
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path().join("rulebook.toml");
        if path.exists() {
            texts.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    Library::from_files(texts.iter().map(|(n, t)| (n.as_str(), t.as_str()))).map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// How the demo's communes of 2024 come out under the law as it is confirmed today.
async fn without_overlay(store: &Store) -> Result<HashMap<Status, usize>> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let law = Law::register(&mut tx, shipped()?).await?;
    let day = rulebook::values::year_end(2024);
    let province = units::store::by_code(&mut tx, "08", day).await?.context("the province")?;
    let communes: Vec<_> = units::store::under(&mut tx, province.id, "commune", day).await?;
    let communes: Vec<_> = communes.into_iter().filter(|u| u.is_judged_commune()).collect();
    let ids: Vec<_> = communes.iter().map(|u| u.id).collect();
    let figures = published::of_units(&mut tx, &ids, 2024, None, Edition::Published).await?;
    let values: HashMap<_, Value> = figures.into_iter().map(|f| (f.key, f.value)).collect();
    let traits = units::store::traits(&mut tx, &ids, day).await?;
    let mut counts = HashMap::new();
    for unit in &communes {
        let plan = law.plan(SET, day_of_judging(unit, 2024)).context("the plan")?;
        let given = law.values(&plan, &values, unit.id, 2024);
        *counts.entry(evaluate(&plan.book, &given, &traits[&unit.id], 2024).set.status).or_insert(0) += 1;
    }
    Ok(counts)
}

#[test]
fn two_demos_hold_the_same_illustrative_figures_of_every_stage() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    folders.iter().for_each(|f| make(f.path()));
    testkit::block_on(async {
        let (one, other) = (open(folders[0].path()).await?, open(folders[1].path()).await?);
        let (hash, lines) = figures(&one).await?;
        assert!(lines > 50_000, "{lines} lines");
        assert_eq!((hash, lines), figures(&other).await?);
        let stages = texts(&one, "SELECT DISTINCT stage FROM facts_history ORDER BY stage").await?;
        assert_eq!(stages, ["accepted", "draft", "locked", "published", "submitted"]);
        let sources = texts(&one, "SELECT DISTINCT source FROM facts_history").await?;
        assert_eq!(sources, ["minh-hoa"], "every figure says that it is illustrative");
        // With the overlay communes pass, on numbers that nobody confirmed; without it none does.
        let sql = format!("SELECT DISTINCT confidence FROM facts_verdict WHERE verdict = 'p' AND set_id = '{SET}'");
        let passed = texts(&one, &sql).await?;
        assert!(!passed.is_empty() && passed.iter().all(|c| c != "v"), "{passed:?}");
        let counts = without_overlay(&one).await?;
        assert!(counts.values().sum::<usize>() > 100 && !counts.contains_key(&Status::Passed), "{counts:?}");
        anyhow::Ok(())
    })
    .expect("the demos are read");
}
