//! `langso import` of the snapshot of a return: checked, compared, then recorded under the origin `imported`.

use crate::stop::said;
use anyhow::{Context as _, Result};
use facts::{Law, record};
use kernel::{Actor, Clock, Phrase, SystemClock};
use locale::Lang;
use reporting::returns::receive::{self, Claims};
use std::path::{Path, PathBuf};
use store::Store;

/// What is said beside a snapshot.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Beside {
    /// Of a return: from whom it comes
    #[arg(long)]
    sender: Option<String>,
    /// Of a return: the SHA-256 that the sender named
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Of a return: the file of its proof
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// Of a return: a verifier key of the sender's ledger
    #[arg(long = "ledger", value_name = "KEY")]
    ledger: Vec<String>,
}

impl Beside {
    /// Whether anything is said that only a return has.
    pub fn is_said(&self) -> bool {
        self.sender.is_some() || self.sha256.is_some() || self.proof.is_some() || !self.ledger.is_empty()
    }

    fn claims(&self) -> Result<Claims> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| crate::stop::Stop::file(path, &error));
        Ok(Claims {
            sender: self.sender.clone().unwrap_or_default(),
            sha256: self.sha256.clone().unwrap_or_default(),
            proof: self.proof.as_deref().map(read).transpose()?.unwrap_or_default(),
            keys: self.ledger.join(" "),
        })
    }
}

/// Takes a snapshot in; the exit code. What was done is one line of JSON on standard output.
pub async fn run(
    store: Store,
    law: &Law,
    bytes: &[u8],
    beside: &Beside,
    (dry_run, publish): (bool, bool),
    lang: Lang,
) -> Result<i32> {
    let claims = beside.claims()?;
    let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
    let received = match receive::check(&mut tx, law, bytes, &claims, SystemClock.today()).await? {
        Ok(received) => received,
        Err(problems) => {
            for problem in &problems {
                eprintln!("{}", said(lang, problem));
            }
            return Ok(2);
        }
    };
    let mut told = received.told();
    if dry_run {
        let preview = record::preview(&mut tx, &received.entries).await?;
        told["outcome"] = serde_json::to_value(preview.outcome)?;
        println!("{told}");
        return Ok(0);
    }
    drop(tx);
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let (outcome, agreement) = received.commit(&mut tx, law, bytes, publish).await.context("import")?;
    tx.commit().await?;
    told["outcome"] = serde_json::to_value(outcome)?;
    told["verdicts"] = agreement.told();
    let phrase = Phrase::new("receive-verdicts").with("same", agreement.same);
    eprintln!("{}", locale::say(lang, &phrase.with("different", agreement.different.len())));
    println!("{told}");
    store.close().await;
    Ok(0)
}
