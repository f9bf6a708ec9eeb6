//! Criteria sets that were entered from a table: kept as drafts, approved by a second person, then part of the law.

use rulebook::{Library, model::Rulebook};
use store::{Query, Result, args};

/// The library of the files with the sets in use that were entered; of one id the one approved last. Cost: those sets.
pub(crate) async fn in_use(tx: &mut impl Query, files: &Library) -> Result<Library> {
    let mut library = files.clone();
    for row in tx.rows("SELECT body FROM facts_draft WHERE state = 'approved' ORDER BY decided_at, id", args![]).await?
    {
        let book: Rulebook = serde_json::from_str(&row.text(0)?)?;
        library = library.with_set(book);
    }
    Ok(library)
}
