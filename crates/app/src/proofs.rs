//! `langso audit`, the part of the public ledger: proofs and checkpoints checked, keys and witnesses.

use crate::{manage::Database, stop::Stop};
use anyhow::{Context as _, Result};
use kernel::{Actor, Clock, Phrase, SystemClock};
use ledger::{Keys, LedgerError, check, checkpoint, proof::Proof, witness};
use locale::Lang;
use std::path::{Path, PathBuf};
use store::{AuditLine, Query, Store, args, secrets::write_private};

/// A database and the name of its ledger
#[derive(clap::Args, Clone, Debug)]
pub struct Site {
    #[command(flatten)]
    at: Database,
    /// Where everybody reaches the pages: https://HOST; it names a ledger that has no key yet
    #[arg(long, env = "LANGSO_PUBLIC_URL", default_value = "")]
    public_url: String,
}

impl Site {
    /// The database, where there is one, brought to this program's state.
    pub async fn existing(&self) -> Result<Store> {
        self.at.existing().await?.close().await;
        self.at.open().await
    }

    fn keys(&self) -> Keys {
        Keys::of_folder(&self.at.data, &self.public_url)
    }
}

/// The same, and why
#[derive(clap::Args, Clone, Debug)]
pub struct Admit {
    #[command(flatten)]
    site: Site,
    /// Why the database was set back or moved, or how the key was lost
    #[arg(long)]
    reason: String,
}

/// A new key
#[derive(clap::Args, Clone, Debug)]
pub struct WitnessKey {
    /// What the witness is called: a host and a path, no spaces
    #[arg(long)]
    name: String,
    /// Where the private key goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Who it is
#[derive(clap::Args, Clone, Debug)]
pub struct AddWitness {
    #[command(flatten)]
    site: Site,
    /// Its verifier key
    #[arg(long)]
    key: String,
    /// The agency, as people know it
    #[arg(long)]
    holder: String,
}

/// What a witness has
#[derive(clap::Args, Clone, Debug)]
pub struct Cosign {
    /// The witness's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A verifier key of the ledger
    #[arg(long = "ledger", value_name = "KEY", required = true)]
    ledger: Vec<String>,
    /// Where the witness remembers the checkpoint it saw last
    #[arg(long, value_name = "FILE")]
    seen: PathBuf,
    /// What the site shows a witness at /tlog/witness?old=N
    request: PathBuf,
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Stop::file(path, &error).into())
}

/// A failure of the ledger, as whoever sits here is told.
fn stop(error: LedgerError) -> anyhow::Error {
    match error {
        LedgerError::Store(error) => error.into(),
        LedgerError::Files(error) => error.into(),
        LedgerError::Tree(error) => error.into(),
        other => Stop::failed(ledger::problem(other).phrase).into(),
    }
}

/// A refusal to sign, with what can be done about it here.
fn refused(error: LedgerError) -> anyhow::Error {
    if !matches!(error, LedgerError::SetBack { .. } | LedgerError::OtherKey { .. }) {
        return stop(error);
    }
    let why = ledger::problem(error).phrase;
    Stop::failed(Phrase::new("ledger-refused-how").with("why", why)).into()
}

fn say(lang: Lang, phrase: &Phrase) {
    println!("{}", locale::say(lang, phrase));
}

/// Gives waiting leaves their places and signs; the exit code.
pub async fn round(store: &Store, site: &Site, lang: Lang) -> Result<i32> {
    ledger::round(store, &SystemClock, &site.keys()).await.map_err(refused)?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    if let Some(newest) = checkpoint::newest(&mut tx).await? {
        say(lang, &Phrase::new("ledger-newest-is").with("size", newest.size as i64).with("root", newest.root));
    }
    Ok(0)
}

/// `rotate-key`.
pub async fn rotate(site: &Site, lang: Lang) -> Result<i32> {
    let store = site.existing().await?;
    let vkey = checkpoint::rotate(&store, &SystemClock, &site.keys()).await.map_err(refused)?;
    store.close().await;
    say(lang, &Phrase::new("ledger-rotated").with("key", vkey));
    Ok(0)
}

/// `admit-restore`.
pub async fn admit(args: &Admit, lang: Lang) -> Result<i32> {
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(Stop::option("--reason", Phrase::new("ledger-no-reason")).into());
    }
    let store = args.site.existing().await?;
    // Where it still refuses, the tree in the database was changed: the reason of a restore does not mend that.
    let admitted = checkpoint::admit(&store, &SystemClock, &args.site.keys(), reason).await.map_err(stop)?;
    store.close().await;
    say(lang, &Phrase::new(if admitted { "ledger-admitted" } else { "ledger-nothing-to-admit" }));
    Ok(0)
}

/// `witness-key`.
pub fn witness_key(args: &WitnessKey, lang: Lang) -> Result<i32> {
    let (skey, vkey) = witness::new_key(&args.name).map_err(stop)?;
    write_private(&args.out, &skey).with_context(|| args.out.display().to_string())?;
    say(lang, &Phrase::new("ledger-witness-made"));
    println!("{vkey}");
    Ok(0)
}

/// `add-witness`.
pub async fn add_witness(args: &AddWitness, lang: Lang) -> Result<i32> {
    let store = args.site.existing().await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    witness::add(&mut tx, &args.key, &args.holder).await.map_err(stop)?;
    let details = serde_json::json!({"key": args.key, "holder": args.holder});
    let line =
        AuditLine { action: "ledger.add-witness", kind: "ledger", subject: "ledger".into(), unit: None, details };
    tx.audit(line).await?;
    tx.commit().await?;
    store.close().await;
    say(lang, &Phrase::new("ledger-witness-added").with("holder", args.holder.as_str()));
    Ok(0)
}

/// `witness`: without database or network; prints the line to be sent.
pub fn cosign(args: &Cosign, lang: Lang) -> Result<i32> {
    let seen = match std::fs::read_to_string(&args.seen) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Stop::file(&args.seen, &error).into()),
    };
    let (key, request) = (read(&args.key)?, read(&args.request)?);
    let signed = witness::cosign(&key, &seen, &request, &args.ledger, SystemClock.now());
    let (line, remember) = signed.map_err(stop)?;
    // What is remembered stands before the signature leaves: a witness never signs two trees.
    write_private(&args.seen, &remember).with_context(|| args.seen.display().to_string())?;
    print!("{line}");
    eprintln!("{}", locale::say(lang, &Phrase::new("ledger-cosigned")));
    Ok(0)
}

/// `verify --proof`: the leaf, the tree and the signatures, without the site. What rests on a key that was given is told apart
/// from what only the file says.
pub fn verify(path: &Path, trusted: &[String], lang: Lang) -> Result<i32> {
    let checked = Proof::from_text(&read(path)?).and_then(|proof| Ok((proof.check(trusted)?, proof)));
    let (holds, proof) = checked.map_err(stop)?;
    println!("{}", proof.leaf);
    let phrase = Phrase::new("ledger-proof-holds").with("position", holds.position as i64);
    say(lang, &phrase.with("size", holds.size as i64).with("keys", holds.signed_by.join(", ")));
    if !holds.witnesses.is_empty() {
        say(lang, &Phrase::new("ledger-proof-witnessed").with("keys", holds.witnesses.join(", ")));
    }
    if !holds.named.is_empty() {
        say(lang, &Phrase::new("ledger-proof-named").with("keys", holds.named.join(", ")));
    }
    if !holds.trusted {
        say(lang, &Phrase::new("ledger-proof-own-keys").with("keys", proof.keys.join(" ")));
    }
    Ok(0)
}

/// Checks the ledger of a database, where it has one: a database of a program before has none.
pub async fn check(store: &Store, kept: &[PathBuf], trusted: &[String]) -> Result<Option<check::Report>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let there = "SELECT 1 FROM store_migration WHERE room = 'ledger'";
    if tx.row(there, args![]).await?.is_none() {
        return Ok(None);
    }
    drop(tx);
    let kept = kept.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    Ok(Some(check::all(store, &kept, trusted).await.map_err(stop)?))
}

/// Says what was seen of the ledger; how much is wrong.
pub fn tell(report: &check::Report, lang: Lang) -> usize {
    let counts = Phrase::new("ledger-counts").with("leaves", report.leaves as i64);
    say(lang, &counts.with("checkpoints", report.checkpoints as i64));
    for finding in &report.findings {
        let number = |key, n: &u64| Phrase::new(key).with("n", *n as i64);
        let phrase = match finding {
            check::Finding::LeafAltered { position, subject } => {
                number("ledger-leaf-altered", position).with("subject", subject.as_str())
            }
            check::Finding::LeafRemoved { position } => number("ledger-leaf-removed", position),
            check::Finding::NodeAltered { position } => number("ledger-node-altered", position),
            check::Finding::OtherTree { size } => number("ledger-other-tree", size),
            check::Finding::CutOff { size } => number("ledger-cut-off", size),
            check::Finding::Unsigned { size } => number("ledger-checkpoint-unsigned", size),
        };
        println!("{finding}: {}", locale::say(lang, &phrase));
    }
    report.findings.len()
}
