//! The close of a year: what is accepted becomes public where that is asked for, the year is closed, and what the public then sees is fixed in
//! a snapshot that never changes, with its place in the public ledger. Done by a job in pieces: one that was killed goes on where it stood.
//!
//! - [`close`]: the job.
//! - [`snapshot`]: what a piece holds, as canonical JSON; the format is in `docs/return.md`.
//! - [`campaigns`]: the campaigns of the year, which are closed and opened again with it.
//! - [`exchange`]: the figures of a return as the intake of another Làng Số takes them.
//! - [`document`]: a snapshot read from its file; [`receive`]: one of another Làng Số taken in, a large one by [`receive_job`]; [`dhis2`]: one as a DHIS2 takes it.
//! - [`push`]: one sent on to another installation, by a job.

pub mod campaigns;
pub mod close;
pub mod dhis2;
pub mod document;
pub mod exchange;
pub mod push;
pub mod receive;
pub mod receive_job;
pub mod snapshot;

use ::store::{
    AuditLine, Query, Result, Row, StoreError, WriteTx, args,
    attachments::{self, Attachment},
};
use kernel::{Moment, Phrase, Problem, UnitId};
use serde_json::json;

/// How far a return has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Accepted figures become public.
    Publishing,
    /// The year is closed; the pieces of the snapshot are made.
    Gathering,
    Done,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Publishing => "publishing",
            State::Gathering => "gathering",
            State::Done => "done",
        }
    }

    fn of(name: &str) -> Result<State> {
        let all = [State::Publishing, State::Gathering, State::Done];
        all.into_iter().find(|state| state.name() == name).ok_or_else(|| StoreError::Corrupt(format!("state {name}")))
    }
}

/// The closing of a province's year, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub id: i64,
    pub province: UnitId,
    pub year: i16,
    /// Of the closings of this year the first, second …; 0 before the year is closed.
    pub number: i64,
    pub state: State,
    /// Whether accepted figures are made public first.
    pub publish: bool,
    /// Units done of this state.
    pub done: i64,
    pub total: i64,
    pub asked_at: Moment,
    pub done_at: Option<Moment>,
    /// The snapshot, where it is done.
    pub sha256: Option<String>,
    pub size: i64,
    pub attachment: Option<i64>,
    pub units: i64,
    pub figures: i64,
    pub verdicts: i64,
}

const COLUMNS: &str =
    "id, province, period, number, state, publish, done, total, asked_at, done_at, sha256, size, attachment,
                       units, figures, verdicts";

fn read(row: &Row) -> Result<Return> {
    Ok(Return {
        id: row.i64(0)?,
        province: UnitId(row.i64(1)?),
        year: row.text(2)?.parse().map_err(|_| StoreError::Corrupt("a period".into()))?,
        number: row.i64(3)?,
        state: State::of(&row.text(4)?)?,
        publish: row.flag(5)?,
        done: row.i64(6)?,
        total: row.i64(7)?,
        asked_at: Moment(row.i64(8)?),
        done_at: row.opt_i64(9)?.map(Moment),
        sha256: row.opt_text(10)?,
        size: row.i64(11)?,
        attachment: row.opt_i64(12)?,
        units: row.i64(13)?,
        figures: row.i64(14)?,
        verdicts: row.i64(15)?,
    })
}

impl Return {
    /// The file of its snapshot. Errors: where it is not done. Cost: one row.
    pub async fn file(&self, tx: &mut impl Query) -> Result<Attachment> {
        let missing = || StoreError::Corrupt(format!("return {} has no file", self.id));
        let id = self.attachment.ok_or_else(missing)?;
        attachments::subject(tx, id).await?.map(|(attachment, ..)| attachment).ok_or_else(missing)
    }
}

/// The returns of a province, the last first. Cost: those returns.
pub async fn of_province(tx: &mut impl Query, province: UnitId) -> Result<Vec<Return>> {
    let sql = format!("SELECT {COLUMNS} FROM reporting_return WHERE province = $1 ORDER BY id DESC");
    tx.rows(&sql, args![province]).await?.iter().map(read).collect()
}

/// Cost: one row.
pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Return>> {
    let sql = format!("SELECT {COLUMNS} FROM reporting_return WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(read).transpose()
}

/// What closing a year would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Communes of the year, and those with figures in it.
    pub communes: i64,
    pub reporting: i64,
    /// Accepted figures that the public does not see yet, and of how many units.
    pub accepted: i64,
    pub accepted_units: i64,
    /// Figures that were not accepted: they stay unpublished.
    pub open: i64,
    pub open_units: i64,
    /// The campaigns of the year that are open: they are closed with it, or stand in its way.
    pub campaigns: Vec<campaigns::Running>,
    /// Names what was seen; another one later means that somebody wrote meanwhile.
    pub seen: String,
}

/// What closing a province's year would change. Cost: one query over the figures of the year that are not public.
pub async fn preview(tx: &mut impl Query, province: UnitId, year: i16) -> Result<Preview> {
    let (period, day) = (format!("{year:04}"), rulebook::values::year_end(year));
    let sql = "SELECT COUNT(DISTINCT u.id), COUNT(DISTINCT f.unit) FROM units_tree t
               JOIN units_unit u ON u.id = t.unit AND u.kind = 'commune'
               LEFT JOIN facts_figure f ON f.unit = u.id AND f.period = $2
               WHERE t.ancestor = $1 AND t.from_day <= $3 AND t.to_day >= $3";
    let counts = tx.row(sql, args![province, period.as_str(), day]).await?;
    let (communes, reporting) = counts.map_or(Ok((0, 0)), |row| Ok::<_, StoreError>((row.i64(0)?, row.i64(1)?)))?;
    let sql = "SELECT CASE WHEN f.stage IN ('accepted', 'locked') THEN 1 ELSE 0 END, COUNT(*), COUNT(DISTINCT f.unit), MAX(f.working)
               FROM facts_figure f WHERE f.period = $2 AND (f.published IS NULL OR f.published <> f.working)
               AND f.unit IN (SELECT unit FROM units_tree WHERE ancestor = $1) GROUP BY 1 ORDER BY 1";
    let mut preview = Preview { communes, reporting, ..Preview::default() };
    let mut seen = Vec::new();
    for row in tx.rows(sql, args![province, period]).await? {
        let (count, units) = (row.i64(1)?, row.i64(2)?);
        seen.push(format!("{}:{count}:{units}:{}", row.i64(0)?, row.i64(3)?));
        match row.i64(0)? {
            1 => (preview.accepted, preview.accepted_units) = (count, units),
            _ => (preview.open, preview.open_units) = (count, units),
        }
    }
    preview.campaigns = campaigns::running(tx, province, year).await?;
    seen.extend(preview.campaigns.iter().map(|one| format!("c{}:{}", one.id, one.open)));
    preview.seen = seen.join("-");
    Ok(preview)
}

/// Whether a province's year is closed, or being closed: nothing of it is opened then. Who asks holds closings back until the transaction
/// ends. Cost: its closings.
pub async fn holds(tx: &mut WriteTx, province: UnitId, year: i16) -> Result<bool> {
    tx.lock("reporting.return").await?;
    let sql = "SELECT id FROM reporting_return WHERE province = $1 AND period = $2 AND state <> 'done'";
    let busy = tx.row(sql, args![province, format!("{year:04}")]).await?.is_some();
    Ok(busy || facts::closed::is_closed(tx, province, year).await?)
}

/// Asks for a year to be closed: its campaigns are closed and the job is queued in the same transaction. Refused while criteria of a campaign
/// wait. Cost: two rows, one a campaign, and as [`campaigns::running`].
pub async fn ask(tx: &mut WriteTx, province: UnitId, year: i16, publish: bool) -> Result<i64> {
    tx.reach(&[(province, rulebook::values::year_end(year))]).await?;
    let period = format!("{year:04}");
    if holds(tx, province, year).await? {
        let phrase = Phrase::new("year-closed-already").with("year", year.to_string());
        return Err(StoreError::Refused(Box::new(Problem::conflict(phrase, 409))));
    }
    let running = campaigns::running(tx, province, year).await?;
    if let Some(problem) = campaigns::in_the_way(&running) {
        return Err(StoreError::Refused(Box::new(problem)));
    }
    let id = tx.reserve("reporting_return", "id", 1).await?[0];
    let state = if publish { State::Publishing } else { State::Gathering };
    let sql = "INSERT INTO reporting_return (id, province, period, number, state, publish, done, total, asked_at, actor, size, units,
               figures, verdicts) VALUES ($1, $2, $3, 0, $4, $5, 0, 0, $6, $7, 0, 0, 0, 0)";
    let (at, actor) = (tx.now(), tx.actor().role.name());
    tx.execute_one(sql, args![id, province, period, state.name(), i64::from(publish), at, actor]).await?;
    campaigns::close(tx, id, &running).await?;
    let payload = web::behalf::asked_by(tx, json!({"return": id}));
    tx.enqueue(close::JOB, Some(&format!("{} {id}", close::JOB)), &payload).await?;
    let details = json!({"return": id, "year": year, "publish": publish});
    let line = AuditLine {
        action: "reporting.close",
        kind: "year",
        subject: province.to_string(),
        unit: Some(province),
        details,
    };
    tx.audit(line).await?;
    Ok(id)
}

/// Opens a closed year again with a reason, and with it the campaigns that its closing closed. Cost: as [`facts::closed::reopen_year`], a row
/// a campaign.
pub async fn reopen(tx: &mut WriteTx, province: UnitId, year: i16, reason: &str) -> Result<()> {
    tx.lock("reporting.return").await?;
    facts::closed::reopen_year(tx, province, year, reason).await?;
    campaigns::reopen(tx, province, year, reason.trim()).await
}
