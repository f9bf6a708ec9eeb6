//! The tree as C2SP tlog-tiles, for whoever keeps a copy or watches it.

use super::{failed, plain};
use crate::{checkpoint, tree, witness};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use store::{Query, args};
use tlog_tiles::stored_hash_index;
use web::{Asking, Ctx, Outcome, Path};

/// Hashes of a tile, and levels of the tree between two of its levels: 2^8 and 8.
const WIDTH: u64 = 256;
const HEIGHT: u8 = 8;

/// A tile's number and how many hashes of it are asked for: `x001/x234/067` or, of one that is not full, `067.p/9`.
fn parse(path: &str) -> Option<(u64, u64)> {
    let (path, width) = match path.rsplit_once(".p/") {
        Some((path, width)) => (path, width.parse().ok().filter(|w| (1..WIDTH).contains(w) && w.to_string() == width)?),
        None => (path, WIDTH),
    };
    let mut number = 0u64;
    let parts: Vec<&str> = path.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        let digits = if at + 1 < parts.len() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    (parts.len() == 1 || parts[0] != "x000").then_some((number, width))
}

fn bytes(body: Vec<u8>) -> Response {
    // What a tile says never changes.
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static("application/octet-stream");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], body).into_response()
}

/// `GET /tlog/checkpoint`: the newest one. Cost: one row.
pub async fn checkpoint(ctx: Ctx) -> Outcome {
    let mut tx = ctx.read().await?;
    let newest = checkpoint::newest(&mut tx).await?.ok_or_else(|| ctx.not_found())?;
    Ok(plain(newest.note))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Since {
    /// Leaves of the checkpoint that the witness saw last.
    old: u64,
}

/// `GET /tlog/witness?old=N`: what a witness is shown. Cost: as [`witness::request`].
pub async fn witness(ctx: Ctx, Asking(since): Asking<Since>) -> Outcome {
    let mut tx = ctx.read().await?;
    let text = witness::request(&mut tx, since.old).await.map_err(|e| failed(&ctx, e))?;
    Ok(plain(text.ok_or_else(|| ctx.not_found())?))
}

/// Leaves that anybody may see: those of the newest checkpoint.
async fn published(ctx: &Ctx, tx: &mut impl Query) -> Result<u64, web::Failure> {
    let newest = checkpoint::newest(tx).await?.ok_or_else(|| ctx.not_found())?;
    Ok(newest.size)
}

/// `GET /tlog/tile/{level}/{path}`: hashes of a level, 256 or fewer. Cost: those rows.
pub async fn tile(ctx: Ctx, Path((level, path)): Path<(u8, String)>) -> Outcome {
    let (number, width) = parse(&path).filter(|_| level < 8).ok_or_else(|| ctx.not_found())?;
    let mut tx = ctx.read().await?;
    let there = published(&ctx, &mut tx).await? >> (level * HEIGHT);
    let first = number.checked_mul(WIDTH).filter(|first| first + width <= there).ok_or_else(|| ctx.not_found())?;
    let ids: Vec<u64> = (first..first + width).map(|n| stored_hash_index(level * HEIGHT, n)).collect();
    let known = tree::read(&mut tx, &ids).await?;
    let hashes = ids.iter().map(|id| known.get(id).map(|hash| hash.0)).collect::<Option<Vec<_>>>();
    Ok(bytes(hashes.ok_or_else(|| ctx.not_found())?.concat()))
}

/// `GET /tlog/tile/entries/{path}`: the leaves themselves, each after its length in two bytes. Cost: two rows a leaf.
pub async fn entries(ctx: Ctx, Path(path): Path<String>) -> Outcome {
    let (number, width) = parse(&path).ok_or_else(|| ctx.not_found())?;
    let mut tx = ctx.read().await?;
    let there = published(&ctx, &mut tx).await?;
    let first = number.checked_mul(WIDTH).filter(|first| first + width <= there).ok_or_else(|| ctx.not_found())?;
    let sql = "SELECT l.body FROM ledger_entry e JOIN ledger_leaf l ON l.id = e.leaf
               WHERE e.position >= $1 AND e.position < $2 ORDER BY e.position";
    let mut body = Vec::new();
    for row in tx.rows(sql, args![first as i64, (first + width) as i64]).await? {
        let leaf = row.text(0)?;
        body.extend(u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
        body.extend(leaf.as_bytes());
    }
    Ok(bytes(body))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_tile_is_named_in_one_way() {
        assert_eq!(parse("000"), Some((0, 256)));
        assert_eq!(parse("x001/x234/067"), Some((1_234_067, 256)));
        assert_eq!(parse("x001/067.p/9"), Some((1_067, 9)));
        for bad in [
            "",
            "0",
            "0000",
            "x001/x234",
            "001/067",
            "000.p/0",
            "000.p/256",
            "000.p/09",
            "x000/001",
            "-01",
            "x001/067.p/",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
