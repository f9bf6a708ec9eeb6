//! How the site is doing: database, jobs, letters, audit trail, public ledger, backups.

use super::{letters::server, word};
use kernel::Moment;
use ledger::{Keys, Standing, standing::Refusal};
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use store::{
    Engine, Health,
    trail::{self, Line, Wanted},
};
use web::{Ctx, Failure, Outcome, notices::outbox};

/// Backups that are shown.
const SHOWN: i64 = 10;
/// After so long without a backup that is said loudly: a day, and some time for a night that was long.
const OLD: i64 = 26 * 3_600_000_000;

struct State {
    health: Health,
    letters: Vec<(String, i64)>,
    backups: Vec<Line>,
    /// The public ledger, where this site keeps one.
    ledger: Option<Standing>,
}

/// Cost: as [`store::Store::health`], the letters by index, ten lines of the trail, and as [`ledger::standing::of`].
async fn state(ctx: &Ctx) -> Result<State, Failure> {
    let health = ctx.site.store.health().await?;
    let mut tx = ctx.read().await?;
    let letters = outbox::counts(&mut tx).await?;
    let wanted = Wanted { action: store::backup::NOTED.to_owned(), ..Wanted::default() };
    let (backups, _) = trail::lines(&mut tx, &wanted, SHOWN, 0).await?;
    let ledger = match ctx.site.thing_if::<Keys>() {
        Some(keys) => Some(ledger::standing::of(&mut tx, Some(&*keys)).await?),
        None => None,
    };
    Ok(State { health, letters, backups, ledger })
}

/// Why the ledger signs no more, in the reader's words.
fn refusal(ctx: &Ctx, ledger: &Standing) -> Option<String> {
    ledger.refused.as_ref().map(|refusal| locale::say(ctx.lang, &refusal.phrase()))
}

/// Whether the newest backup is too old, or there is none.
fn is_late(backups: &[Line], now: Moment) -> bool {
    backups.first().is_none_or(|line| line.at.0 + OLD < now.0)
}

fn engine(health: &Health) -> &'static str {
    match health.engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    }
}

/// `GET /quan-tri/tinh-trang`. Cost: as [`state`].
pub(super) async fn page(ctx: Ctx) -> Outcome {
    let State { health, letters, backups, ledger } = state(&ctx).await?;
    let counted = |kind: &str, all: &[(String, i64)]| -> Vec<Value> {
        let one = |(name, count): &(String, i64)| context! { name => name, word => word(&ctx, &format!("{kind}-{name}")), count => count };
        all.iter().map(one).collect()
    };
    let backup = |line: &Line| {
        let details = line.details.clone().unwrap_or_default();
        context! {
            at => locale::moment(line.at), file => details["file"].as_str(), rows => details["rows"].as_i64(),
            files => details["files"].as_i64(), head => details["head"].as_str(),
        }
    };
    let ledger = ledger.map(|l| {
        let mends = l.refused.as_ref().is_some_and(|refusal| *refusal != Refusal::Broken);
        context! { refused => refusal(&ctx, &l), mends => mends, waiting => l.waiting, last => l.last.map(locale::moment) }
    });
    let rooms: Vec<Value> =
        health.rooms.iter().map(|(room, version)| context! { room => room, version => version }).collect();
    ctx.page(
        "ops_health.html",
        context! {
            title => locale::word(ctx.lang, "health-title"), engine => engine(&health), version => health.version,
            megabytes => health.bytes / 1_000_000, rooms => rooms, jobs => counted("job-state", &health.jobs),
            letters => counted("mail-state", &letters), unsealed => health.unsealed, server => server(&ctx),
            ledger => ledger, late => is_late(&backups, ctx.site.clock.now()), backups => backups.iter().map(backup).collect::<Vec<_>>(),
        },
    )
}

/// `GET /api/v1/health`: how the site is doing, for whoever watches over it.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, description = "Database, jobs, letters, public ledger, backups")))]
pub(super) async fn api(ctx: Ctx) -> Outcome {
    let State { health, letters, backups, ledger } = state(&ctx).await?;
    let counts = |all: &[(String, i64)]| -> Json {
        all.iter().map(|(name, count)| (name.clone(), json!(count))).collect::<serde_json::Map<_, _>>().into()
    };
    let ledger = ledger.map(|l| {
        json!({"last_checkpoint": l.last.map(|at| at.rfc3339()), "waiting": l.waiting, "refused": refusal(&ctx, &l)})
    });
    ctx.json(&json!({
        "engine": engine(&health), "version": health.version, "bytes": health.bytes, "migrations": counts(&health.rooms),
        "jobs": counts(&health.jobs), "ledger": ledger, "mail": counts(&letters), "mail_server": server(&ctx), "unsealed": health.unsealed,
        "last_backup": backups.first().map(|line| line.at.rfc3339()), "backup_late": is_late(&backups, ctx.site.clock.now()),
    }))
}
