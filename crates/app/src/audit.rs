//! `langso audit`: the chain of the audit trail, checked and sealed.

use crate::{manage::Database, proofs, stop::Stop};
use anyhow::Result;
use kernel::{Phrase, SystemClock};
use locale::Lang;
use std::path::PathBuf;
use store::audit::{Finding, Head, Report};

/// The audit trail
#[derive(clap::Args, Clone, Debug)]
pub struct Audit {
    #[command(subcommand)]
    what: Command,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    /// Check the whole chain
    Verify(Verify),
    /// Seal committed lines now, and sign a checkpoint of the public ledger
    Seal(proofs::Site),
    /// Sign checkpoints by another key from now on
    RotateKey(proofs::Site),
    /// Say in the ledger that the database was set back on purpose, and sign on
    AdmitRestore(proofs::Admit),
    /// Make a key for a witness
    WitnessKey(proofs::WitnessKey),
    /// Make a witness known
    AddWitness(proofs::AddWitness),
    /// Work as a witness: check that the ledger goes on, and sign
    Witness(proofs::Cosign),
}

#[derive(clap::Args, Clone, Debug)]
struct Verify {
    #[command(flatten)]
    at: Database,
    /// A head noted earlier, that must be in the chain
    #[arg(long, value_name = "POSITION CHAIN")]
    head: Vec<String>,
    /// A checkpoint kept elsewhere, that the ledger must go on from
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    checkpoint: Vec<PathBuf>,
    /// Check the proof of one result instead; needs no database
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// A verifier key of the ledger or of a witness that you trust
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
}

/// Runs; the exit code is 1 where the chain does not hold.
pub async fn audit(args: &Audit, lang: Lang) -> Result<i32> {
    match &args.what {
        Command::Seal(site) => {
            let store = site.existing().await?;
            let count = store::audit::seal(&store, &SystemClock).await?;
            println!("{}", locale::say(lang, &Phrase::new("audit-sealed-now").with("count", count as i64)));
            let signed = proofs::round(&store, site, lang).await;
            store.close().await;
            signed
        }
        Command::RotateKey(site) => proofs::rotate(site, lang).await,
        Command::AdmitRestore(args) => proofs::admit(args, lang).await,
        Command::WitnessKey(args) => proofs::witness_key(args, lang),
        Command::AddWitness(args) => proofs::add_witness(args, lang).await,
        Command::Witness(args) => proofs::cosign(args, lang),
        Command::Verify(Verify { proof: Some(proof), key, .. }) => proofs::verify(proof, key, lang),
        Command::Verify(args) => {
            let bad = |given: String| Stop::option("--head", Phrase::new("audit-head-bad").with("head", given));
            let heads: Vec<Head> = args.head.iter().map(|h| h.parse().map_err(bad)).collect::<Result<_, _>>()?;
            let store = args.at.existing().await?;
            let found = chain_and_ledger(&store, heads, &args.checkpoint, &args.key, lang).await;
            store.close().await;
            Ok(i32::from(found? > 0))
        }
    }
}

/// Checks the chain, the figures that its lines speak of, and the public ledger with the heads it noted; how much is wrong,
/// each said.
pub async fn chain_and_ledger(
    store: &store::Store,
    mut heads: Vec<Head>,
    kept: &[PathBuf],
    keys: &[String],
    lang: Lang,
) -> Result<usize> {
    let ledger = proofs::check(store, kept, keys).await?;
    heads.extend(ledger.iter().flat_map(|report| report.heads.clone()));
    let report = store::audit::verify_against(store, &heads).await?;
    tell(&report, lang);
    let figures = figures(store, lang).await?;
    let ledger = ledger.map_or(0, |ledger| proofs::tell(&ledger, lang));
    Ok(report.findings.len() + figures + ledger)
}

/// Holds the history of figures against what audit lines say of it; how many do not agree, each said.
pub async fn figures(store: &store::Store, lang: Lang) -> Result<usize> {
    let facts::proof::Findings { altered, unclaimed } = facts::proof::check(store).await?;
    for line in &altered {
        let phrase = Phrase::new("audit-figures-altered").with("line", line.to_string());
        println!("figures altered {line}: {}", locale::say(lang, &phrase));
    }
    if unclaimed > 0 {
        let phrase = Phrase::new("audit-figures-unclaimed").with("count", unclaimed);
        println!("figures unclaimed {unclaimed}: {}", locale::say(lang, &phrase));
    }
    Ok(altered.len() + usize::from(unclaimed > 0))
}

/// A finding as a sentence.
fn sentence(finding: &Finding) -> Phrase {
    let line = |key, seq: &i64| Phrase::new(key).with("line", seq.to_string());
    let place = |key, position: &i64| Phrase::new(key).with("place", position.to_string());
    match finding {
        Finding::Altered { seq } => line("audit-altered", seq),
        Finding::Removed { seq } => line("audit-removed", seq),
        Finding::DetailsAltered { seq } => line("audit-details-altered", seq),
        Finding::DetailsRemoved { seq } => line("audit-details-removed", seq),
        Finding::ErasureUntold { seq } => line("audit-erasure-untold", seq),
        Finding::ErasureAltered { seq } => line("audit-erasure-altered", seq),
        Finding::SealRemoved { position } => place("audit-seal-removed", position),
        Finding::HeadMissing { position } => place("audit-head-missing", position),
        Finding::Reordered { seq, position } => place("audit-reordered", position).with("line", seq.to_string()),
        Finding::SealAltered { seq, position } => place("audit-seal-altered", position).with("line", seq.to_string()),
    }
}

/// What verification saw: counts and head, then every finding, its stable word first.
pub fn tell(report: &Report, lang: Lang) {
    let counts = Phrase::new("audit-counts").with("sealed", report.sealed as i64);
    let erased = report.erased.values().sum::<u64>() + report.erased_before;
    let counts = counts.with("unsealed", report.unsealed as i64).with("erased", erased as i64);
    println!("{}", locale::say(lang, &counts));
    if let Some(head) = &report.head {
        println!("{}", locale::say(lang, &Phrase::new("audit-head").with("head", head.to_string())));
    }
    for (reason, count) in &report.erased {
        let phrase = Phrase::new("audit-erased").with("count", *count as i64).with("reason", reason.as_str());
        println!("{}", locale::say(lang, &phrase));
    }
    if report.erased_before > 0 {
        let phrase = Phrase::new("audit-erased-before").with("count", report.erased_before as i64);
        println!("{}", locale::say(lang, &phrase));
    }
    for finding in &report.findings {
        println!("{finding}: {}", locale::say(lang, &sentence(finding)));
    }
}
