//! Checkpoints, keys and witnesses, as a page, a feed, files and by API.

use super::failed;
use crate::{
    Keys,
    checkpoint::{self, Signed},
    standing, witness,
};
use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use store::AuditLine;
use web::{Asking, Ctx, Outcome, Path, meta::escaped};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_list, api_one, cosign))]
pub struct Description;

/// Checkpoints on a page, in a feed and in a file at most.
const PER: i64 = 25;
const FED: i64 = 50;
const MOST: i64 = 50_000;
/// The order that is not the usual one.
const OLDEST: &str = "cu";

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Leaves, from and to.
    tu: Option<i64>,
    den: Option<i64>,
    /// `cu`: oldest first.
    sap: String,
    trang: String,
}

impl Asked {
    fn span(&self) -> (i64, i64) {
        (self.tu.unwrap_or(0), self.den.unwrap_or(i64::MAX))
    }

    fn oldest_first(&self) -> bool {
        self.sap == OLDEST
    }

    /// The part of an address that keeps search and order.
    fn kept(&self) -> String {
        let numbers = [("tu", self.tu), ("den", self.den)];
        let mut kept = form_urlencoded::Serializer::new(String::new());
        kept.extend_pairs(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string()))));
        if self.oldest_first() {
            kept.append_pair("sap", OLDEST);
        }
        kept.finish()
    }
}

/// Names of the keys that signed a note, from its signature lines.
fn signers(note: &str) -> Vec<String> {
    let (_, lines) = note.rsplit_once("\n\n").unwrap_or(("", ""));
    lines.lines().filter_map(|line| Some(line.strip_prefix("— ")?.split(' ').next()?.to_owned())).collect()
}

fn row(signed: &Signed) -> Value {
    context! { id => signed.id, size => signed.size, root => signed.root, at => locale::moment(signed.at), signers => signers(&signed.note).len() }
}

/// `GET /minh-chung`. Cost: a page of checkpoints and their count, the keys, the witnesses, how the ledger stands.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let number = web::page_from_one(&asked.trang);
    let (list, count) = checkpoint::list(&mut tx, asked.span(), asked.oldest_first(), (PER, number * PER)).await?;
    let newest = checkpoint::newest(&mut tx).await?;
    let known = checkpoint::keys(&mut tx).await?;
    let witnesses = witness::all(&mut tx).await?;
    let stands = standing::of(&mut tx, ctx.site.thing_if::<Keys>().as_deref()).await?;
    let refused = stands.refused.map(|refusal| locale::say(ctx.lang, &refusal.phrase()));
    let key = |key: &checkpoint::Key| context! { vkey => key.vkey, since => locale::moment(key.since), until => key.until.map(locale::moment) };
    let person = |w: &witness::Witness| {
        context! { holder => w.holder, vkey => w.vkey, since => locale::moment(w.since), until => w.until.map(locale::moment) }
    };
    ctx.page(
        "ledger.html",
        context! {
            title => locale::word(ctx.lang, "ledger-title"), newest => newest.as_ref().map(row), note => newest.as_ref().map(|n| &n.note),
            keys => known.iter().map(key).collect::<Vec<_>>(), witnesses => witnesses.iter().map(person).collect::<Vec<_>>(),
            list => list.iter().map(row).collect::<Vec<_>>(), count => count, kept => asked.kept(), from => asked.tu, to => asked.den,
            oldest => asked.oldest_first(), refused => refused, waiting => stands.waiting,
            pages => web::page_links(number, PER, count),
        },
    )
}

/// `GET /minh-chung/{id}`: one checkpoint as it was signed. Cost: one row.
pub async fn one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let signed = checkpoint::find(&mut tx, id).await?.ok_or_else(|| ctx.not_found())?;
    let title = locale::word(ctx.lang, "ledger-checkpoint-title");
    ctx.page(
        "ledger-checkpoint.html",
        context! { title => title, c => row(&signed), note => signed.note, signers => signers(&signed.note) },
    )
}

/// `GET /minh-chung.csv`. Cost: those checkpoints.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /minh-chung.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let (list, _) = checkpoint::list(&mut tx, asked.span(), asked.oldest_first(), (MOST, 0)).await?;
    let line = |s: &Signed| {
        [s.size.to_string(), s.root.clone(), locale::moment(s.at), s.note.clone()].map(Content::Text).to_vec()
    };
    let headings = ["ledger-size", "ledger-root", "ledger-at", "ledger-note"];
    let headings = headings.into_iter().map(|key| locale::word(ctx.lang, key)).collect();
    let name = locale::word(ctx.lang, "ledger-checkpoints");
    let bytes = List { name, headings, rows: list.iter().map(line).collect() }.bytes(of, ctx.site.clock.today())?;
    ctx.download(&format!("minh-chung.{}", of.extension()), of.media_type(), bytes)
}

/// `GET /minh-chung/tin.xml`: the newest checkpoints as an Atom feed (RFC 4287), so that others keep copies. Cost: those rows.
pub async fn feed(ctx: Ctx) -> Outcome {
    let mut tx = ctx.read().await?;
    let (list, _) = checkpoint::list(&mut tx, (0, i64::MAX), false, (FED, 0)).await?;
    let origin = &ctx.site.origin;
    let address = |path: &str| escaped(&format!("{origin}{path}"));
    let title = escaped(&locale::word(ctx.lang, "ledger-title"));
    let updated = list.first().map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |newest| newest.at.rfc3339());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{0}</id><title>{title}</title>\
         <author><name>{title}</name></author><updated>{updated}</updated><link rel=\"self\" href=\"{1}\"/><link href=\"{0}\"/>",
        address("/minh-chung"),
        address("/minh-chung/tin.xml")
    );
    for signed in &list {
        let link = address(&format!("/minh-chung/{}", signed.id));
        xml.push_str(&format!(
            "<entry><id>{link}</id><title>{} · {}</title><updated>{}</updated><link href=\"{link}\"/><content type=\"text\">{}</content></entry>",
            signed.size, signed.root, signed.at.rfc3339(), escaped(&signed.note)
        ));
    }
    xml.push_str("</feed>\n");
    let kind = HeaderValue::from_static("application/atom+xml; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], xml)
        .into_response())
}

fn as_json(signed: &Signed) -> serde_json::Value {
    json!({"id": signed.id, "size": signed.size, "root": signed.root, "at": signed.at.rfc3339(), "note": signed.note})
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Since {
    /// The number of a checkpoint; those after it are given.
    after: i64,
}

/// `GET /api/v1/checkpoints`: oldest first, a hundred at a time. Cost: those rows.
#[utoipa::path(get, path = "/api/v1/checkpoints", params(("after" = Option<i64>, Query, description = "The number of the last checkpoint seen")),
    responses((status = 200, description = "Checkpoints after it, oldest first, at most a hundred; the verifier keys and the witnesses")))]
pub async fn api_list(ctx: Ctx, Asking(since): Asking<Since>) -> Outcome {
    let mut tx = ctx.read().await?;
    let list = checkpoint::after(&mut tx, since.after, 100).await?;
    let keys = checkpoint::keys(&mut tx).await?;
    let key = |k: &checkpoint::Key| json!({"vkey": k.vkey, "since": k.since.rfc3339(), "until": k.until.map(|at| at.rfc3339())});
    let witnesses = witness::all(&mut tx).await?;
    let person = |w: &witness::Witness| json!({"holder": w.holder, "vkey": w.vkey, "since": w.since.rfc3339(), "until": w.until.map(|at| at.rfc3339())});
    ctx.json(&json!({
        "checkpoints": list.iter().map(as_json).collect::<Vec<_>>(), "keys": keys.iter().map(key).collect::<Vec<_>>(),
        "witnesses": witnesses.iter().map(person).collect::<Vec<_>>(),
    }))
}

/// `GET /api/v1/checkpoints/{id}`. Cost: one row.
#[utoipa::path(get, path = "/api/v1/checkpoints/{id}", params(("id" = i64, Path)),
    responses((status = 200, description = "Size, root, time and the signed note"), (status = 404, description = "No such checkpoint")))]
pub async fn api_one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let signed = checkpoint::find(&mut tx, id).await?.ok_or_else(|| ctx.not_found())?;
    ctx.json(&as_json(&signed))
}

/// Which checkpoint a cosignature is of, where it is not a recent one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Of {
    /// Leaves of the checkpoint.
    size: Option<i64>,
}

/// `POST /api/v1/cosignatures`: a witness's line for a checkpoint. Its signature admits it, whoever sends it; sent again, it
/// changes nothing and leaves no line. Cost: a hundred checkpoints and the witnesses read, four rows written where it is new.
#[utoipa::path(post, path = "/api/v1/cosignatures", request_body(content = String, content_type = "text/plain", description = "A cosignature/v1 line (C2SP tlog-cosignature)"),
    params(("size" = Option<i64>, Query, description = "Leaves of the checkpoint that was signed; without it the line is of one of the hundred newest")),
    responses((status = 201, description = "It stands with the checkpoint from now on"), (status = 200, description = "It stood there before; nothing changed"),
        (status = 422, description = "It is no cosignature of such a checkpoint by a known witness")))]
pub async fn cosign(ctx: Ctx, Asking(of): Asking<Of>, body: Bytes) -> Outcome {
    let line = String::from_utf8_lossy(&body).into_owned();
    // Held against the signatures on a snapshot: whoever sends nonsense keeps no writer waiting.
    let mut tx = ctx.read().await?;
    let cosigned = witness::meant(&mut tx, &line, of.size).await.map_err(|e| failed(&ctx, e))?;
    drop(tx);
    let mut tx = ctx.site.store.write(&kernel::Actor::SYSTEM, &*ctx.site.clock).await?;
    let new = witness::keep(&mut tx, &cosigned).await.map_err(|e| failed(&ctx, e))?;
    let witness::Cosigned { witness, checkpoint, .. } = cosigned;
    if new {
        let details = json!({"witness": witness.vkey, "checkpoint": checkpoint});
        let (action, subject) = ("ledger.cosign", witness.id.to_string());
        tx.audit_quietly(AuditLine { action, kind: "witness", subject, unit: None, details }).await?;
        tx.commit().await?;
    }
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    ctx.json_with(status, &json!({"witness": witness.holder, "checkpoint": checkpoint}))
}
