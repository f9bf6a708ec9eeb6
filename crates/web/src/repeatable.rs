//! Every write can be repeated: a key gets the first answer again, the same key with another request is refused.

use crate::{Ctx, Failure, Outcome};
use axum::http::StatusCode;
use kernel::{Phrase, Problem};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Replay, Stored, WriteTx};

/// A write under its key: from the `Idempotency-Key` header of a program, or from a form's hidden field.
pub struct Repeatable<'a> {
    ctx: &'a Ctx,
    key: Option<String>,
    route: String,
    hash: String,
}

impl<'a> Repeatable<'a> {
    /// Of a program: key and address from the request, the body as it came.
    pub fn new(ctx: &'a Ctx, body: &[u8]) -> Repeatable<'a> {
        let key = ctx.headers.get("idempotency-key").and_then(|k| k.to_str().ok()).map(str::to_owned);
        Repeatable { ctx, key, route: format!("POST {}", ctx.path), hash: hex::encode(Sha256::digest(body)) }
    }

    /// Of a form: its hidden key, and everything else it sent.
    pub fn of_form(ctx: &'a Ctx, key: &str, body: &[u8]) -> Repeatable<'a> {
        let key = (!key.is_empty()).then(|| key.to_owned());
        Repeatable { key, ..Repeatable::new(ctx, body) }
    }

    /// The first answer, where this request was seen before.
    pub async fn seen(&self, tx: &mut WriteTx) -> Result<Option<Value>, Failure> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        match tx.replay(key, &self.route, &self.hash).await? {
            Replay::Fresh => Ok(None),
            Replay::Answered(answer) => Ok(Some(serde_json::from_str(&answer.body)?)),
            Replay::OtherRequest => Err(self.ctx.failure(Problem::conflict(Phrase::new("problem-key-reused"), 409))),
        }
    }

    /// Keeps the answer under the key and commits.
    pub async fn keep(&self, mut tx: WriteTx, body: &Value) -> Result<(), Failure> {
        if let Some(key) = &self.key {
            let answer = Stored { status: 200, location: None, body: body.to_string() };
            tx.remember(key, &self.route, &self.hash, &answer).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Keeps the answer, commits and gives it.
    pub async fn done(&self, tx: WriteTx, body: Value) -> Outcome {
        self.keep(tx, &body).await?;
        self.ctx.json_with(StatusCode::OK, &body)
    }
}
