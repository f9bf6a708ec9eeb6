//! How the ledger is doing: for its pages, for whoever watches over the site; and told once where it signs no more, since
//! what is published meanwhile has no proof.

use crate::{Keys, LedgerError, Result, checkpoint, tree};
use kernel::{Actor, Clock, Moment, Phrase, Role};
use store::{AuditLine, Query, Store, args};
use web::notices::{self, Kind, Notice, To};

/// Why the ledger signs no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The tree does not go on from a checkpoint of so many leaves.
    SetBack { size: u64 },
    /// This folder does not hold the key that the database knows.
    OtherKey { key: String },
    /// Files of the folder, or nodes of the tree, are not as they should be; the program's log says which.
    Broken,
}

impl Refusal {
    fn of(error: &LedgerError) -> Refusal {
        match error {
            LedgerError::SetBack { size } => Refusal::SetBack { size: *size },
            LedgerError::OtherKey { key } => Refusal::OtherKey { key: key.clone() },
            _ => Refusal::Broken,
        }
    }

    /// A stable word.
    fn name(&self) -> &'static str {
        match self {
            Refusal::SetBack { .. } => "set-back",
            Refusal::OtherKey { .. } => "other-key",
            Refusal::Broken => "broken",
        }
    }

    pub fn phrase(&self) -> Phrase {
        match self {
            Refusal::SetBack { size } => Phrase::new("ledger-set-back").with("size", *size as i64),
            Refusal::OtherKey { key } => Phrase::new("ledger-other-key").with("key", key.as_str()),
            Refusal::Broken => Phrase::new("ledger-broken"),
        }
    }
}

/// How the ledger stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// When a checkpoint was signed last.
    pub last: Option<Moment>,
    /// Leaves that no checkpoint holds yet: they have no proof.
    pub waiting: u64,
    /// Why none is signed, where this process tried in vain.
    pub refused: Option<Refusal>,
}

/// How the ledger stands; `keys` are the worker's of this process, where it has one. Cost: two rows by index, and the leaves
/// that wait for a place, none on a quiet day.
pub async fn of(tx: &mut impl Query, keys: Option<&Keys>) -> store::Result<Standing> {
    let last = checkpoint::newest(tx).await?;
    let placeless = tx.row("SELECT COUNT(*) FROM ledger_leaf WHERE appended = 0", args![]).await?;
    let placeless = placeless.map_or(Ok(0), |row| row.i64(0))? as u64;
    let signed = last.as_ref().map_or(0, |last| last.size);
    let unsigned = tree::size(tx).await?.saturating_sub(signed);
    Ok(Standing {
        last: last.map(|last| last.at),
        waiting: placeless + unsigned,
        refused: keys.and_then(Keys::refused),
    })
}

/// A round of the worker, and what becomes of its refusal: pages show it as long as it stands, and whoever runs the site is
/// told once.
pub(crate) async fn tend(store: &Store, clock: &dyn Clock, keys: &Keys) -> Result<bool> {
    let outcome = crate::round(store, clock, keys).await;
    let refusal = match &outcome {
        // The database's own trouble is another matter, and says nothing about the ledger.
        Err(LedgerError::Store(_)) => return outcome,
        Err(error) => Some(Refusal::of(error)),
        Ok(_) => None,
    };
    // Of several programs over one database those without the key leave it to the one that has it, which takes a moment.
    let other = matches!(refusal, Some(Refusal::OtherKey { .. }));
    if keys.leaves_it(other, clock.now()) {
        return outcome;
    }
    if keys.refused() != refusal {
        if let Some(refusal) = &refusal {
            tell(store, clock, refusal).await?;
        }
        keys.refuse(refusal);
    }
    outcome
}

/// Tells administrators and auditors, once behind each checkpoint however often the program starts. Cost: the newest checkpoint; two rows for each
/// of the two roles, and the line.
async fn tell(store: &Store, clock: &dyn Clock, refusal: &Refusal) -> store::Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let last = checkpoint::newest(&mut tx).await?.map_or(0, |last| last.id);
    let mut new = false;
    for role in [Role::Administrator, Role::Auditor] {
        let key = format!("ledger/{}/{last}/{}", refusal.name(), role.name());
        let (phrase, link) = (Phrase::new("ledger-refused-notice"), "/quan-tri/tinh-trang".to_owned());
        let notice = Notice { to: To::Role(role), kind: Kind::Job, key, phrase, link, unit: None };
        new |= notices::tell(&mut tx, &notice).await?;
    }
    if new {
        let details = serde_json::json!({"why": refusal.name(), "checkpoint": last});
        let line = AuditLine { action: "ledger.refuse", kind: "ledger", subject: "ledger".into(), unit: None, details };
        tx.audit(line).await?;
        tx.commit().await?;
    }
    Ok(())
}
