//! Comments to and fro on a figure: open until somebody resolves them.

use crate::{model::Campaign, store as kept, told};
use ::store::{AuditLine, Query, Result, Row, StoreError, WriteTx, args};
use kernel::{Moment, PersonId, Phrase, Problem, Role, UnitId};
use rulebook::values::year_end;
use units::Unit;

/// A comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub id: i64,
    pub measure: i64,
    pub text: String,
    pub at: Moment,
    pub person: Option<PersonId>,
    pub actor: String,
    /// The comment it answers; what answers is resolved with it.
    pub answers: Option<i64>,
    pub closed_at: Option<Moment>,
    pub closed_by: Option<String>,
}

/// The longest comment.
pub const LONGEST: usize = 4_000;

fn comment(row: &Row) -> Result<Comment> {
    Ok(Comment {
        id: row.i64(0)?,
        measure: row.i64(1)?,
        text: row.text(2)?,
        at: Moment(row.i64(3)?),
        person: row.opt_i64(4)?.map(PersonId),
        actor: row.text(5)?,
        answers: row.opt_i64(6)?,
        closed_at: row.opt_i64(7)?.map(Moment),
        closed_by: row.opt_text(8)?,
    })
}

const COLUMNS: &str = "id, measure, text, at, person, actor, answers, closed_at, closed_by";

/// The comments of a unit in a campaign, in their order. Cost: those rows.
pub async fn of(tx: &mut impl Query, campaign: i64, unit: UnitId) -> Result<Vec<Comment>> {
    let sql = format!("SELECT {COLUMNS} FROM reporting_comment WHERE campaign = $1 AND unit = $2 ORDER BY id");
    tx.rows(&sql, args![campaign, unit]).await?.iter().map(comment).collect()
}

fn refuse<T>(problem: Problem) -> Result<T> {
    Err(StoreError::Refused(Box::new(problem)))
}

/// Says something of a figure, or answers. Whoever has a hand in it is told; so is whoever is named as `@login`. Its number.
/// Cost: two rows, a notice a person.
pub async fn add(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: &Unit,
    measure: i64,
    text: &str,
    answers: Option<i64>,
) -> Result<i64> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return refuse(Problem::input(Phrase::new("reporting-comment-length").with("most", LONGEST)).at_field("text"));
    }
    tx.reach(&[(unit.id, year_end(campaign.year()))]).await?;
    let before = match answers {
        Some(answers) => one(tx, campaign.id, unit.id, answers).await?,
        None => None,
    };
    if answers.is_some() && before.as_ref().is_none_or(|before| before.answers.is_some() || before.measure != measure) {
        return refuse(Problem::input(Phrase::new("reporting-no-comment")).at_field("answers"));
    }
    let id = tx.reserve("reporting_comment", "id", 1).await?[0];
    let (who, now) = (tx.actor().named(), tx.now());
    let person = tx.actor().person.map(|person| person.0);
    let sql = "INSERT INTO reporting_comment (id, campaign, unit, period, measure, text, at, person, actor, answers)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let given = args![id, campaign.id, unit.id, campaign.period_name(), measure, text, now, person, who, answers];
    tx.execute_one(sql, given).await?;
    if answers.is_none() {
        kept::count_comment(tx, campaign.id, unit.id, 1).await?;
    }
    // What was written stands in the comment alone, so that it can be erased there.
    let length = text.chars().count();
    let details = serde_json::json!({"campaign": campaign.id, "comment": id, "answers": answers, "length": length});
    let subject = id.to_string();
    tx.audit(AuditLine { action: "reporting.comment", kind: "comment", subject, unit: Some(unit.id), details }).await?;
    told::of_comment(tx, campaign, unit, measure, id, text, before.and_then(|before| before.person)).await?;
    Ok(id)
}

/// One comment of a unit. Cost: a row.
pub async fn one(tx: &mut impl Query, campaign: i64, unit: UnitId, id: i64) -> Result<Option<Comment>> {
    let sql = format!("SELECT {COLUMNS} FROM reporting_comment WHERE id = $1 AND campaign = $2 AND unit = $3");
    tx.row(&sql, args![id, campaign, unit]).await?.as_ref().map(comment).transpose()
}

/// Resolves a comment, or opens it again: whoever wrote it, and whoever reviews. Whether there was one to turn. Cost: two rows.
pub async fn turn(tx: &mut WriteTx, campaign: &Campaign, unit: UnitId, id: i64, closed: bool) -> Result<bool> {
    tx.reach(&[(unit, year_end(campaign.year()))]).await?;
    let Some(comment) = one(tx, campaign.id, unit, id).await? else { return Ok(false) };
    let actor = tx.actor().clone();
    let own = actor.person.is_some() && actor.person == comment.person;
    let reviews = !matches!(actor.role, Role::CommuneOfficer | Role::CommuneLeader);
    if !own && !reviews {
        return refuse(Problem::forbidden(Phrase::new("reporting-comment-not-yours")));
    }
    if comment.answers.is_some() || comment.closed_at.is_some() == closed {
        return Ok(false);
    }
    let (at, by) = if closed { (Some(tx.now()), Some(tx.actor().named())) } else { (None, None) };
    // Of two who turn it at the same moment one does, and it counts once.
    let sql = format!(
        "UPDATE reporting_comment SET closed_at = $1, closed_by = $2 WHERE id = $3 AND closed_at IS {}NULL",
        if closed { "" } else { "NOT " }
    );
    if tx.execute(&sql, args![at, by, id]).await? == 0 {
        return Ok(false);
    }
    kept::count_comment(tx, campaign.id, unit, if closed { -1 } else { 1 }).await?;
    let (subject, details) = (id.to_string(), serde_json::json!({"campaign": campaign.id, "closed": closed}));
    tx.audit(AuditLine { action: "reporting.comment", kind: "comment", subject, unit: Some(unit), details }).await?;
    Ok(true)
}
