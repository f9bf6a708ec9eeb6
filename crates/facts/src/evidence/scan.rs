//! What a virus scanner says of a piece. Where the site has one, nothing goes to the public that it has not called clean, and
//! what it calls infected goes to nobody; where it has none, the page says that nobody looked.

use super::{Scan, look::Means};
use kernel::{Actor, EvidenceId};
use scanner::Verdict;
use serde_json::json;
use store::{AuditLine, Result, StoreError, args, jobs::Work};

/// Asks the scanner, and writes down what it says. Where it cannot be asked the job fails, and is tried again. Cost: the file
/// once over the line, a row.
pub(super) async fn ask(work: &Work, means: &Means, id: EvidenceId, bytes: &[u8]) -> Result<()> {
    let (scan, said) = match &means.scanner {
        None => (Scan::Unscanned, None),
        Some(scanner) => match scanner.scan(bytes).await {
            Ok(Verdict::Clean) => (Scan::Clean, None),
            Ok(Verdict::Infected(name)) => (Scan::Infected, Some(name)),
            Err(error) => return Err(StoreError::Files(std::io::Error::other(error))),
        },
    };
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    let sql = "UPDATE facts_evidence SET scan = $2, scan_said = $3, scanned_at = $4 WHERE id = $1";
    tx.execute_one(sql, args![id.0, scan.name(), said.as_deref(), tx.now()]).await?;
    if scan == Scan::Infected {
        let details = json!({"said": said});
        let (kind, subject) = (EvidenceId::KIND, id.to_string());
        tx.audit(AuditLine { action: "facts.evidence_infected", kind, subject, unit: None, details }).await?;
    }
    tx.commit().await
}
