//! The audit trail and the public ledger: lines of many writers at once, a proof over ten million leaves, the chain and the
//! ledger checked.

use crate::{Bench, Line, per_second, timed};
use anyhow::{Context, Result};
use kernel::{Actor, SystemClock};
use ledger::{Keys, Leaf, check, leaf, tree};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, time::Duration};
use store::{AuditLine, Query, Store, StoreOptions, args};
use testkit::PrivateServer;
use tlog_tiles::{
    Error, Hash, HashReader, record_hash, stored_hash_count, stored_hashes_for_record_hash, sub_tree_index,
};

const WRITERS: usize = 64;
const LINES: usize = 20;
/// Lines of the chain, and leaves of the ledger, that are checked.
const CHECKED: usize = 50_000;
/// Leaves of the tree that proofs are asked of, and how many are asked.
const LEAVES: u64 = 10_000_000;
const PROOFS: u64 = 500;

async fn write_line(store: &Store, n: usize) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let details = serde_json::json!({"before": {"value": n}, "after": {"value": n + 1}, "source": "bench"});
    let line = AuditLine { action: "bench.write", kind: "bench", subject: n.to_string(), unit: None, details };
    tx.audit(line).await?;
    Ok(tx.commit().await?)
}

/// Lines by one writer after another, then by 64 at once; the longest that one of them waited.
async fn writers(store: &Store, engine: &str) -> Result<Line> {
    let (alone, ()) = timed(async {
        for n in 0..WRITERS * 2 {
            write_line(store, n).await?;
        }
        Ok(())
    })
    .await?;
    let alone = (WRITERS * 2) as f64 / alone.as_secs_f64();
    let (took, longest) = timed(async {
        let mut running = Vec::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            running.push(tokio::spawn(async move {
                let mut longest = Duration::ZERO;
                for n in 0..LINES {
                    longest = longest.max(timed(write_line(&store, writer * LINES + n)).await?.0);
                }
                anyhow::Ok(longest)
            }));
        }
        let mut longest = Duration::ZERO;
        for one in running {
            longest = longest.max(one.await??);
        }
        Ok(longest)
    })
    .await?;
    let rate = (WRITERS * LINES) as f64 / took.as_secs_f64();
    Ok(Line {
        what: format!(
            "a line of the trail in a transaction of its own, {WRITERS} writers at once, {engine}; two rows a line"
        ),
        figure: format!("{rate:.0} /s, the longest waited {longest:.1?}"),
        beside: format!("one writer {alone:.0} /s"),
        ratio: Some(rate / alone),
        goal: "",
        met: None,
    })
}

/// Nodes in memory, as the tree is filled.
struct Filling(HashMap<u64, Hash>);

impl HashReader for Filling {
    fn read_hashes(&self, ids: &[u64]) -> Result<Vec<Hash>, Error> {
        ids.iter().map(|id| self.0.get(id).copied()).collect::<Option<_>>().ok_or(Error::IndexesNotInTree)
    }
}

/// Fills the tree's nodes as so many leaves would, a hundred thousand a transaction.
async fn fill(store: &Store, leaves: u64) -> Result<()> {
    let mut known = Filling(HashMap::new());
    let mut at = 0;
    while at < leaves {
        let to = (at + 100_000).min(leaves);
        let mut rows = Vec::new();
        for n in at..to {
            let fresh = stored_hashes_for_record_hash(n, record_hash(&n.to_le_bytes()), &known)?;
            for (id, hash) in (stored_hash_count(n)..).zip(fresh) {
                known.0.insert(id, hash);
                rows.push(args![id as i64, hash.0.to_vec()]);
            }
        }
        let edge: Vec<u64> = sub_tree_index(0, to, Vec::new());
        known.0.retain(|id, _| edge.contains(id));
        let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
        tx.insert_many("ledger_node", &["id", "hash"], rows.into_iter()).await?;
        tx.commit().await?;
        at = to;
    }
    Ok(())
}

async fn proofs(store: &Store, leaves: u64) -> Result<Line> {
    fill(store, leaves).await?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let (mut most, mut longest) = (0, Duration::ZERO);
    let (took, ()) = timed(async {
        for n in 0..PROOFS {
            // Spread over the tree, the same in every run.
            let position = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % leaves;
            let (took, path) = timed(async { Ok(tree::inclusion(&mut tx, leaves, position).await?) }).await?;
            anyhow::ensure!(path.len() <= 24, "a path of {} hashes", path.len());
            most = most.max(tree::asked(leaves, position)?);
            longest = longest.max(took);
        }
        Ok(())
    })
    .await?;
    let each = took / PROOFS as u32;
    let figure = format!("{each:.1?}, the longest {longest:.1?}, at most {most} rows");
    Ok(Line::known(&format!("a proof over {leaves} leaves, SQLite"), figure, String::new()))
}

/// The chain of the trail and the ledger checked, against hashing the same bytes alone.
async fn checked(store: &Store, folder: &std::path::Path) -> Result<Vec<Line>> {
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    for n in 0..CHECKED {
        let details = serde_json::json!({"before": {"value": n}, "after": {"value": n + 1}, "source": "bench"});
        tx.audit(AuditLine { action: "bench.write", kind: "bench", subject: n.to_string(), unit: None, details })
            .await?;
    }
    let body =
        |n: usize| serde_json::json!({"unit": n, "status": "passed", "criteria": {"1": "pv", "2": "pv", "3": "fr"}});
    let leaves: Vec<Leaf> = (0..CHECKED)
        .map(|n| Leaf {
            kind: "verdict",
            subject: n.to_string(),
            body: body(n).as_object().cloned().unwrap_or_default(),
        })
        .collect();
    leaf::write(&mut tx, &leaves).await?;
    tx.commit().await?;
    let keys = Keys::of_folder(folder, "");
    let (appended, _) = timed(async {
        while ledger::round(store, &SystemClock, &keys).await? {}
        Ok(())
    })
    .await?;
    let mut lines = vec![Line::known(
        "lines sealed, leaves given their places and signed",
        per_second(CHECKED, appended),
        String::new(),
    )];
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut bytes = 0usize;
    tx.each("SELECT details FROM store_audit_details WHERE details IS NOT NULL", args![], |row| {
        // Details, the line itself (some 190 bytes of JSON) and the two links of the chain.
        bytes += row.text(0)?.len() + 190 + 2 * 65;
        Ok(())
    })
    .await?;
    drop(tx);
    let (took, report) = timed(async { Ok(store::audit::verify(store).await?) }).await?;
    anyhow::ensure!(report.findings.is_empty(), "{:?}", report.findings.first());
    let (took_ledger, found) = timed(async { Ok(check::all(store, &[], &[]).await?) }).await?;
    anyhow::ensure!(found.findings.is_empty(), "{:?}", found.findings.first());
    for (what, bytes, took, count) in [
        ("the chain of the trail checked", bytes, took, report.sealed as usize),
        ("the public ledger checked", found.bytes as usize, took_ledger, found.leaves as usize),
    ] {
        let text = vec![b'x'; bytes];
        let piece = (bytes / count.max(1)).max(1);
        let (alone, _) =
            timed(async { Ok(text.chunks(piece).map(Sha256::digest).fold(0u8, |all, hash| all ^ hash[0])) }).await?;
        let rate = |took: Duration| bytes as f64 / took.as_secs_f64() / 1e6;
        lines.push(Line {
            what: format!("{what}, {count} of them"),
            figure: format!("{:.1} MB/s, {}", rate(took), per_second(count, took)),
            beside: format!("hashing alone {:.1} MB/s", rate(alone)),
            ratio: Some(alone.as_secs_f64() / took.as_secs_f64()),
            goal: "",
            met: None,
        });
    }
    Ok(lines)
}

pub async fn run(bench: &Bench, print: fn(&[Line])) -> Result<()> {
    let rooms: &[&[store::Migration]] = &[ledger::MIGRATIONS];
    let path = |name: &str| format!("sqlite:{}", bench.folder.join(name).display());
    let server = PrivateServer::start();
    for (engine, url) in [("SQLite", path("lines.sqlite")), ("PostgreSQL", server.url())] {
        let store = Store::open(&url, StoreOptions::default()).await.context("a store")?;
        store.migrate(rooms, &SystemClock).await?;
        print(&[writers(&store, engine).await?]);
        store.close().await;
    }
    let store = Store::open(&path("chain.sqlite"), StoreOptions::default()).await?;
    store.migrate(rooms, &SystemClock).await?;
    print(&checked(&store, &bench.folder).await?);
    store.close().await;
    let store = Store::open(&path("tree.sqlite"), StoreOptions::default()).await?;
    store.migrate(rooms, &SystemClock).await?;
    print(&[proofs(&store, LEAVES).await?]);
    store.close().await;
    Ok(())
}
