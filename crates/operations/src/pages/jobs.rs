//! Jobs: where they stand, tried again by hand, cancelled.

use super::{MOST, PER, back, conflict, done, export, word, words};
use documents::list_out::Kind;
use minijinja::context;
use serde_json::{Value as Json, json};
use store::{
    AuditLine, WriteTx,
    jobs::{self, JobState, Retry},
};
use units::listed::{Answer, Listed};
use web::{Asked, Asking, Ctx, Failure, Outcome, Path};

const STATES: [&str; 5] = ["waiting", "running", "failed", "cancelled", "done"];
const ORDERS: [&str; 2] = ["oldest", "name"];
const FIELDS: &[&str] =
    &["id", "job", "state", "done", "total", "phase", "tries", "problem", "person", "queued_at", "run_at", "ended_at"];

/// `GET /quan-tri/viec`. Cost: the jobs that are kept.
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, count) = jobs::list(&mut tx, &asked.listing(asked.page(), PER)).await?;
    let row = |job: &JobState| {
        context! {
            id => job.id, job => job.job, state => job.state, state_word => word(&ctx, &format!("job-state-{}", job.state)),
            done => job.done, total => job.total, tries => job.tries, problem => job.problem,
            phase => job.phase.as_deref().map(|phase| word(&ctx, phase)), queued => locale::moment(job.queued_at),
            ended => job.ended_at.map(locale::moment), due => (job.state == "waiting").then(|| locale::moment(job.run_at)),
            person => job.person.map(|person| person.0),
        }
    };
    ctx.page(
        "ops_jobs.html",
        context! {
            title => locale::word(ctx.lang, "jobs-title"), rows => found.iter().map(row).collect::<Vec<_>>(), count => count,
            pages => asked.pages(PER, count), q => asked.q, tt => asked.tt, sap => asked.sap, kept => asked.kept(), states => words(&ctx, "job-state", &STATES),
            orders => ORDERS, may => ctx.may("keep", "operation"),
        },
    )
}

const HEADINGS: [&str; 8] = [
    "jobs-number",
    "jobs-job",
    "jobs-state",
    "jobs-progress",
    "jobs-tries",
    "jobs-problem",
    "jobs-queued",
    "jobs-ended",
];

async fn file(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, _) = jobs::list(&mut tx, &asked.listing(0, MOST)).await?;
    let row = |job: &JobState| {
        vec![
            job.id.to_string(),
            job.job.clone(),
            word(ctx, &format!("job-state-{}", job.state)),
            format!("{}/{}", job.done, job.total),
            job.tries.to_string(),
            job.problem.clone().unwrap_or_default(),
            locale::moment(job.queued_at),
            job.ended_at.map(locale::moment).unwrap_or_default(),
        ]
    };
    export(ctx, "viec", "jobs-title", &HEADINGS, found.iter().map(row).collect(), kind)
}

/// `GET /quan-tri/viec.csv`
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/viec.xlsx`
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Xlsx).await
}

async fn line(tx: &mut WriteTx, action: &'static str, id: i64) -> store::Result<()> {
    tx.audit(AuditLine { action, kind: "job", subject: id.to_string(), unit: None, details: json!({}) }).await
}

/// Tries a job again. Cost: four rows.
async fn again(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    match tx.retry_job(id).await? {
        Retry::Queued => {
            line(&mut tx, "store.job-retry", id).await?;
            Ok(tx.commit().await?)
        }
        Retry::Waits => Err(conflict("jobs-waits-already")),
        Retry::NotEnded if jobs::find(&mut tx, id).await?.is_none() => Err(ctx.not_found()),
        Retry::NotEnded => Err(conflict("jobs-not-ended")),
    }
}

/// Cancels a job. Cost: three rows.
async fn stop(ctx: &Ctx, id: i64) -> Result<(), Failure> {
    let mut tx = ctx.write().await?;
    if tx.cancel_job(id).await? {
        line(&mut tx, "store.job-cancel", id).await?;
        return Ok(tx.commit().await?);
    }
    match jobs::find(&mut tx, id).await? {
        None => Err(ctx.not_found()),
        Some(_) => Err(conflict("jobs-has-ended")),
    }
}

/// `POST /quan-tri/viec/{job}/lai`
pub(super) async fn retry(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    again(&ctx, id).await?;
    back(&ctx, "/quan-tri/viec")
}

/// `POST /quan-tri/viec/{job}/huy`
pub(super) async fn cancel(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    stop(&ctx, id).await?;
    back(&ctx, "/quan-tri/viec")
}

fn told(job: &JobState) -> Json {
    json!({
        "id": job.id, "job": job.job, "state": job.state, "done": job.done, "total": job.total, "phase": job.phase,
        "tries": job.tries, "problem": job.problem, "person": job.person.map(|person| person.0),
        "queued_at": job.queued_at.rfc3339(), "run_at": job.run_at.rfc3339(), "ended_at": job.ended_at.map(|at| at.rfc3339()),
    })
}

/// `GET /api/v1/jobs`: the jobs that are kept, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", responses((status = 200, description = "A page of the jobs")),
    params(("q" = Option<String>, Query, description = "Part of a job's name or of what went wrong"),
        ("tt" = Option<String>, Query, description = "waiting, running, failed, cancelled, done"),
        ("sap" = Option<String>, Query, description = "oldest, name"), ("page" = Option<i64>, Query, description = "From 0"),
        ("per" = Option<i64>, Query, description = "At most 500"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
pub(super) async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, count) = jobs::list(&mut tx, &asked.listing(listed.page(), listed.per(PER))).await?;
    let rows = found.iter().map(told).collect();
    listed.answer(&ctx, Answer { name: "jobs", about: json!({"count": count}), fields: FIELDS, rows, next: None })
}

/// `POST /api/v1/jobs/{job}/retry`: queues a job again that failed or was cancelled.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/retry", params(("job" = i64, Path, description = "Number of the job")),
    responses((status = 200, description = "It waits"), (status = 404, description = "No such job"),
        (status = 409, description = "It has not ended, or one with its key waits already")))]
pub(super) async fn api_retry(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    again(&ctx, id).await?;
    done(&ctx, id, "waiting")
}

/// `POST /api/v1/jobs/{job}/cancel`: a job that runs stops at its next sign of progress.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/cancel", params(("job" = i64, Path, description = "Number of the job")),
    responses((status = 200, description = "It is cancelled"), (status = 404, description = "No such job"),
        (status = 409, description = "It has ended")))]
pub(super) async fn api_cancel(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    stop(&ctx, id).await?;
    done(&ctx, id, "cancelled")
}
