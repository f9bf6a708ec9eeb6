//! What is done with evidence: taken in, used for a figure, no longer used, shown to everybody. One transaction each.

use super::{FILE, MOST_NOTE, Piece, Said, Scan, clean_name, find, look, uses};
use crate::{
    Law, figure,
    holds::{self, Hold},
    rules,
};
use futures::TryStreamExt;
use kernel::{EvidenceId, Phrase, Places, Problem, UnitId, text};
use pictures::{Bad, Measured};
use rulebook::values::year_end;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};
use store::{
    AuditLine, Query, Result, StoreError, WriteTx, args,
    attachments::{Attachments, Blob},
};
use tokio::sync::Semaphore;
use units::Unit;

/// Pieces that are measured at a time: each stands whole in memory for a moment.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// A piece as it comes in: its file is kept already, and measured.
#[derive(Clone, Debug)]
pub struct Given {
    pub unit: UnitId,
    pub blob: Blob,
    pub measured: Measured,
    /// As the sender named it.
    pub name: String,
    pub note: String,
    /// Figures of the unit that it proves: measure (as [`may_prove`] said) and year.
    pub uses: Vec<(i64, i16)>,
    /// What the sender says of its taking, where the file does not.
    pub said: Said,
    /// Parts that the sender covered.
    pub covered: i64,
}

/// A piece that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: EvidenceId,
    /// It came for the first time; the same file of the same unit is the same piece.
    pub fresh: bool,
}

/// What a kept file is, or why it is no evidence: read once more, from where it is kept. Cost: the file.
pub async fn measured(files: &Attachments, blob: &Blob) -> Result<std::result::Result<Measured, Phrase>> {
    let _turn = AT_ONCE.acquire().await;
    let bytes = whole(files, blob).await?;
    let measured = tokio::task::spawn_blocking(move || pictures::measure(&bytes)).await;
    let measured = measured.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(measured.map_err(why))
}

/// The bytes of a kept file, which is bounded.
pub(super) async fn whole(files: &Attachments, blob: &Blob) -> Result<Vec<u8>> {
    let mut content = files.get(blob).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(blob.size).unwrap_or(0));
    while let Some(part) = content.try_next().await? {
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn why(bad: Bad) -> Phrase {
    match bad {
        Bad::Unknown => Phrase::new("evidence-bad-kind"),
        Bad::Broken => Phrase::new("evidence-bad-broken"),
        Bad::TooManyPixels { width, height } => {
            Phrase::new("evidence-bad-pixels").with("width", i64::from(width)).with("height", i64::from(height))
        }
        Bad::TooManyPages(pages) => Phrase::new("evidence-bad-pages").with("pages", i64::from(pages)),
    }
}

/// The number of a measure whose figure of that unit and year a piece may prove, or why there is no such figure.
pub fn may_prove(law: &Law, unit: &Unit, code: &str, year: i16) -> std::result::Result<i64, Phrase> {
    let measure = law.library().measure(code).zip(law.measure_id(code));
    let Some((measure, id)) = measure else {
        return Err(Phrase::new("evidence-no-measure").with("measure", code));
    };
    figure::refused(law, unit, measure, year).map_or(Ok(id), Err)
}

/// Whether the actor may say what proves these figures: of units within reach, of measures in their charge. Cost: as
/// [`WriteTx::reach`].
pub async fn allowed(tx: &mut WriteTx, law: &Law, unit: UnitId, uses: &[(i64, i16)]) -> Result<()> {
    first(in_charge(tx, law, unit, uses).await?)
}

/// Refuses where one of these figures is held against the actor: what others review stays as it was sent, with what proves it.
/// Cost: what is held of the unit in these years.
pub async fn open(tx: &mut WriteTx, law: &Law, unit: UnitId, uses: &[(i64, i16)]) -> Result<()> {
    first(held(tx, law, unit, uses).await?)
}

/// Of each of these figures why this actor cannot say what proves it, for whoever shows it at its place. Cost: as [`allowed`]
/// and [`open`].
pub async fn why_not(tx: &mut WriteTx, law: &Law, unit: UnitId, uses: &[(i64, i16)]) -> Result<Vec<Option<Problem>>> {
    let charge = in_charge(tx, law, unit, uses).await?;
    let held = held(tx, law, unit, uses).await?;
    Ok(charge.into_iter().zip(held).map(|(charge, held)| charge.or(held)).collect())
}

fn first(problems: Vec<Option<Problem>>) -> Result<()> {
    let first = problems.into_iter().flatten().next();
    first.map_or(Ok(()), |problem| Err(StoreError::Refused(Box::new(problem))))
}

async fn in_charge(tx: &mut WriteTx, law: &Law, unit: UnitId, uses: &[(i64, i16)]) -> Result<Vec<Option<Problem>>> {
    if tx.scope().writes == Places::All || uses.is_empty() {
        return Ok(vec![None; uses.len()]);
    }
    let years: BTreeSet<i16> = uses.iter().map(|(_, year)| *year).collect();
    let things: Vec<_> = years.into_iter().map(|year| (unit, year_end(year))).collect();
    let reached = tx.reach(&things).await?;
    let charges: BTreeMap<i16, _> = things
        .into_iter()
        .filter_map(|(unit, day)| Some((day.year(), law.measures_of(&reached.criteria(unit, day)?))))
        .collect();
    let foreign = |(measure, year): &(i64, i16)| charges.get(year).is_some_and(|charge| !charge.contains(measure));
    Ok(uses.iter().map(|of| foreign(of).then(|| rules::not_in_charge(law.measure_code(of.0)))).collect())
}

async fn held(tx: &mut WriteTx, law: &Law, unit: UnitId, uses: &[(i64, i16)]) -> Result<Vec<Option<Problem>>> {
    if uses.is_empty() {
        return Ok(Vec::new());
    }
    let years: BTreeSet<i16> = uses.iter().map(|(_, year)| *year).collect();
    let held = holds::of(tx, &[unit], &years.into_iter().collect::<Vec<_>>()).await?;
    let role = tx.actor().role;
    let hold = |&(measure, year): &(i64, i16)| held.get(&(unit, year, measure)).filter(|hold| hold.keeps_out(role));
    Ok(uses.iter().map(|of| hold(of).map(|hold| rules::held(*hold, law.measure_code(of.0)))).collect())
}

/// Takes a piece in, once: the same file of the same unit again is the piece that is there, with what it is used for now
/// besides. A job looks at it afterwards. Refused where one of the figures takes no evidence now ([`open`]). Cost: six rows, two a
/// use, what is held of the unit.
pub async fn keep(tx: &mut WriteTx, law: &Law, given: &Given) -> Result<Kept> {
    let sha256 = given.blob.sha256.as_str();
    tx.lock(&format!("facts.evidence.{}.{sha256}", given.unit)).await?;
    let there =
        tx.row("SELECT id FROM facts_evidence WHERE unit = $1 AND sha256 = $2", args![given.unit, sha256]).await?;
    if let Some(row) = there {
        let id = EvidenceId(row.i64(0)?);
        allowed(tx, law, given.unit, &given.uses).await?;
        let there = used_for(tx, id).await?;
        // What is used already is asked for again where an answer was lost, whatever became of the figure meanwhile.
        let fresh: Vec<_> = given.uses.iter().copied().filter(|of| !there.contains(of)).collect();
        open(tx, law, given.unit, &fresh).await?;
        for (measure, year) in fresh {
            use_for(tx, law, id, given.unit, measure, year).await?;
        }
        return Ok(Kept { id, fresh: false });
    }
    let id = tx.reserve("facts_evidence", "id", 1).await?.first().copied().unwrap_or_default();
    let kind = given.measured.kind;
    let name = clean_name(&given.name, kind);
    let note: String = given.note.trim().chars().take(MOST_NOTE).collect();
    let attachment = tx.attach(&given.blob, &name, kind.media_type(), FILE, &id.to_string()).await?;
    let (role, person) = (tx.actor().role.name(), tx.actor().person.map(|person| person.0));
    let pixels = given.measured.pixels;
    let said = !given.said.is_empty();
    tx.execute_one(
        "INSERT INTO facts_evidence (id, unit, sha256, attachment, name, search, media_type, size, actor, person, at, note,
         is_public, width, height, pages, taken, lat, lon, teller, scan, covered)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        args![
            id,
            given.unit,
            sha256,
            attachment,
            name.as_str(),
            text::search_key(&format!("{name} {note}")),
            kind.media_type(),
            i64::try_from(given.blob.size).unwrap_or(i64::MAX),
            role,
            person,
            tx.now(),
            note,
            pixels.map(|(width, _)| i64::from(width)),
            pixels.map(|(_, height)| i64::from(height)),
            given.measured.pages.map(i64::from),
            given.said.taken.as_deref(),
            given.said.place.map(|(lat, _)| lat),
            given.said.place.map(|(_, lon)| lon),
            said.then_some("sender"),
            Scan::Waiting.name(),
            given.covered
        ],
    )
    .await?;
    let details = json!({"sha256": sha256, "media_type": kind.media_type(), "size": given.blob.size});
    audit(tx, "facts.evidence_kept", EvidenceId(id), given.unit, details).await?;
    // After the line of the piece: that one is held against the reach by itself.
    allowed(tx, law, given.unit, &given.uses).await?;
    open(tx, law, given.unit, &given.uses).await?;
    for &(measure, year) in &given.uses {
        use_for(tx, law, EvidenceId(id), given.unit, measure, year).await?;
    }
    tx.enqueue(look::JOB, Some(&format!("{}:{id}", look::JOB)), &json!({"evidence": id})).await?;
    Ok(Kept { id: EvidenceId(id), fresh: true })
}

async fn audit(
    tx: &mut WriteTx,
    action: &'static str,
    id: EvidenceId,
    unit: UnitId,
    details: serde_json::Value,
) -> Result<()> {
    let line = AuditLine { action, kind: EvidenceId::KIND, subject: id.to_string(), unit: Some(unit), details };
    tx.audit(line).await
}

/// The figures (measure and year) that a piece proves now.
async fn used_for(tx: &mut WriteTx, id: EvidenceId) -> Result<BTreeSet<(i64, i16)>> {
    let all = uses(tx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(all.into_iter().filter(|one| one.ended.is_none()).map(|one| (one.measure, one.year)).collect())
}

/// Says that a piece proves a figure of its unit; whether it did not already. Cost: what the piece is used for, three rows.
pub async fn link(tx: &mut WriteTx, law: &Law, piece: &Piece, measure: i64, year: i16) -> Result<bool> {
    allowed(tx, law, piece.unit, &[(measure, year)]).await?;
    if used_for(tx, piece.id).await?.contains(&(measure, year)) {
        return Ok(false);
    }
    open(tx, law, piece.unit, &[(measure, year)]).await?;
    use_for(tx, law, piece.id, piece.unit, measure, year).await
}

/// Whoever calls it has asked [`allowed`] and [`open`].
async fn use_for(tx: &mut WriteTx, law: &Law, id: EvidenceId, unit: UnitId, measure: i64, year: i16) -> Result<bool> {
    let (role, now, period) = (tx.actor().role.name(), tx.now(), format!("{year:04}"));
    let sql =
        "INSERT INTO facts_evidence_use (evidence, unit, period, measure, at, actor) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (unit, period, measure, evidence) DO UPDATE
               SET at = excluded.at, actor = excluded.actor, ended_at = NULL, ended_actor = NULL, ended_why = NULL
               WHERE facts_evidence_use.ended_at IS NOT NULL";
    let changed = tx.execute(sql, args![id.0, unit, period.as_str(), measure, now, role]).await? == 1;
    if changed {
        let details = json!({"measure": law.measure_code(measure), "period": period});
        audit(tx, "facts.evidence_used", id, unit, details).await?;
    }
    Ok(changed)
}

/// What became of the wish that a piece no longer proves a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    Done,
    /// It proves no such figure.
    Unused,
    /// Somebody relied on it already (the figure was sent in, is reviewed, accepted or published): a reason is asked for.
    NeedsReason,
    /// The figure is locked.
    Locked,
}

/// Ends a use of a piece: the line stays, with the moment and the reason. Cost: the figure's origins, three rows.
pub async fn unlink(
    tx: &mut WriteTx,
    law: &Law,
    piece: &Piece,
    (measure, year): (i64, i16),
    why: &str,
) -> Result<Unlinked> {
    allowed(tx, law, piece.unit, &[(measure, year)]).await?;
    let (period, why) = (format!("{year:04}"), why.trim());
    let held = holds::of(tx, &[piece.unit], &[year]).await?.remove(&(piece.unit, year, measure));
    if held == Some(Hold::Locked) {
        return Ok(Unlinked::Locked);
    }
    let sql = "SELECT stage, published FROM facts_figure WHERE unit = $1 AND period = $2 AND measure = $3";
    let mut relied_on = held.is_some();
    for row in tx.rows(sql, args![piece.unit, period.as_str(), measure]).await? {
        match row.text(0)?.as_str() {
            "locked" => return Ok(Unlinked::Locked),
            "draft" if row.opt_i64(1)?.is_none() => {}
            _ => relied_on = true,
        }
    }
    if relied_on && why.is_empty() {
        return Ok(Unlinked::NeedsReason);
    }
    let why: String = why.chars().take(MOST_NOTE).collect();
    let (role, now) = (tx.actor().role.name(), tx.now());
    let sql = "UPDATE facts_evidence_use SET ended_at = $5, ended_actor = $6, ended_why = $7
               WHERE unit = $1 AND period = $2 AND measure = $3 AND evidence = $4 AND ended_at IS NULL";
    let args = args![piece.unit, period.as_str(), measure, piece.id.0, now, role, why.as_str()];
    if tx.execute(sql, args).await? == 0 {
        return Ok(Unlinked::Unused);
    }
    let details = json!({"measure": law.measure_code(measure), "period": period, "why": why, "relied_on": relied_on});
    audit(tx, "facts.evidence_unused", piece.id, piece.unit, details).await?;
    Ok(Unlinked::Done)
}

/// Shows a piece to everybody from the moment on in which a published figure uses it, or no longer. Cost: three rows.
pub async fn show_to_all(tx: &mut WriteTx, id: EvidenceId, public: bool) -> Result<()> {
    let Some(piece) = find(tx, id).await? else {
        let phrase = Phrase::new("problem-not-found");
        return Err(StoreError::Refused(Box::new(Problem::not_found(phrase))));
    };
    if piece.public == public {
        return Ok(());
    }
    tx.execute_one("UPDATE facts_evidence SET is_public = $2 WHERE id = $1", args![id.0, i64::from(public)]).await?;
    audit(tx, "facts.evidence_shown", id, piece.unit, json!({"public": public})).await
}
