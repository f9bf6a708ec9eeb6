//! A job as whoever waits for it sees it: a page that renews itself while it runs, and the same for programs.

use crate::uploads;
use minijinja::{Value, context};
use serde_json::json;
use store::jobs::{self, JobState};
use web::{Ctx, Failure, Outcome, Path};

/// The job, and what it did where it is done: names of files and problems in their rows are shown to whoever asked for it and to
/// whoever may read of the site's operation. Numbers run in sequence, so to others there is no such job.
async fn load(ctx: &Ctx, id: i64) -> Result<(JobState, Option<(String, serde_json::Value)>), Failure> {
    let mut tx = ctx.read().await?;
    let job = jobs::find(&mut tx, id).await?;
    let is_own = |job: &JobState| job.person.is_some() && job.person == ctx.actor.person;
    let Some(job) = job.filter(|job| is_own(job) || ctx.may("read", "operation")) else {
        return Err(ctx.not_found());
    };
    let answer = uploads::answered(&mut tx, id).await?;
    Ok((job, answer))
}

/// `GET /viec/{id}`. Cost: two rows.
pub async fn page(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let (job, answer) = load(&ctx, id).await?;
    let word = |key: &str| locale::say_key(ctx.lang, key, &[]);
    let waits = matches!(job.state.as_str(), "waiting" | "running");
    let (file, answer) = answer.map_or((String::new(), None), |(file, answer)| (file, Some(answer)));
    ctx.page(
        "job.html",
        context! {
            title => locale::word(ctx.lang, "job-title"), waits => waits, state => word(&format!("job-state-{}", job.state)),
            phase => job.phase.as_deref().filter(|_| waits).map(word), done => job.done, total => job.total,
            file => file, answer => answer.map(Value::from_serialize), failed => job.state == "failed",
            again => job.problem.is_some() && waits, number => id,
        },
    )
}

/// `GET /api/v1/jobs/{id}`: where a job stands.
#[utoipa::path(get, path = "/api/v1/jobs/{id}",
    responses((status = 200, description = "Where a job stands, and what it did"), (status = 404, description = "No such job of whoever asks")),
    params(("id" = i64, Path, description = "Number of the job")))]
pub async fn api(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let (job, answer) = load(&ctx, id).await?;
    ctx.json(&json!({
        "id": job.id, "job": job.job, "state": job.state, "done": job.done, "total": job.total, "phase": job.phase,
        "queued_at": job.queued_at.rfc3339(), "ended_at": job.ended_at.map(|at| at.rfc3339()),
        "answer": answer.map(|(_, answer)| answer),
    }))
}
