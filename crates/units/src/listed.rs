//! Lists of the API, all in one way: rows after a cursor, the fields asked for, JSON or CSV.

use axum::http::{HeaderValue, header};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Phrase, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};
use web::{Ctx, Failure, Outcome};

/// Most rows in one answer.
const MOST: i64 = 500;

/// What every list may be asked for, beside its own filters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Listed {
    /// Names of fields, with commas between; all without any.
    fields: String,
    /// Where the last answer ended, as its `next` said.
    cursor: String,
    /// From 0; a cursor counts more.
    page: i64,
    per: Option<i64>,
}

/// An answer of a list.
pub struct Answer {
    /// What the list is called: the member of the answer, the name of the file.
    pub name: &'static str,
    /// What stands beside the rows.
    pub about: Value,
    /// The fields that rows may have.
    pub fields: &'static [&'static str],
    pub rows: Vec<Value>,
    /// Where the next answer begins, if any follows.
    pub next: Option<String>,
}

impl Listed {
    pub fn per(&self, usual: i64) -> i64 {
        self.per.unwrap_or(usual).clamp(1, MOST)
    }

    pub fn page(&self) -> i64 {
        if self.cursor.is_empty() { web::page(self.page) } else { 0 }
    }

    /// The id after which the rows begin; refused where the cursor is of no or another list.
    pub fn after(&self, ctx: &Ctx, name: &str) -> Result<Option<String>, Failure> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        let read = hex::decode(&self.cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let id = read.as_deref().and_then(|text| text.strip_prefix(name)?.strip_prefix('/'));
        id.map(|id| Some(id.to_owned())).ok_or_else(|| bad_cursor(ctx))
    }

    /// The same where ids are numbers.
    pub fn after_number(&self, ctx: &Ctx, name: &str) -> Result<Option<i64>, Failure> {
        let after = self.after(ctx, name)?;
        after.map(|id| id.parse().map_err(|_| bad_cursor(ctx))).transpose()
    }

    /// A page of rows that stand in memory, and the id of its last where more follow.
    pub fn cut<'a, T>(
        &self,
        ctx: &Ctx,
        name: &str,
        all: &'a [T],
        id: impl Fn(&T) -> String,
    ) -> Result<(&'a [T], Option<String>), Failure> {
        let per = self.per(MOST) as usize;
        let from = match self.after(ctx, name)? {
            Some(after) => 1 + all.iter().position(|row| id(row) == after).ok_or_else(|| bad_cursor(ctx))?,
            None => usize::try_from(self.page()).unwrap_or(0).saturating_mul(per).min(all.len()),
        };
        let to = (from + per).min(all.len());
        Ok((&all[from..to], all[from..to].last().filter(|_| to < all.len()).map(id)))
    }

    /// Sends a list as it was asked for; `Link` leads to what follows.
    pub fn answer(&self, ctx: &Ctx, answer: Answer) -> Outcome {
        self.answer_with(ctx, answer, &[])
    }

    /// The same of rows that also have these fields, for those who ask for them.
    pub fn answer_with(&self, ctx: &Ctx, answer: Answer, also: &[&str]) -> Outcome {
        let Answer { name, about, fields, mut rows, next } = answer;
        let wanted: Vec<&str> = self.fields.split(',').map(str::trim).filter(|f| !f.is_empty()).collect();
        if let Some(unknown) = wanted.iter().find(|f| !fields.contains(f) && !also.contains(f)) {
            let known = [fields, also].concat().join(", ");
            let phrase = Phrase::new("api-no-field").with("field", *unknown).with("fields", known);
            return Err(ctx.failure(Problem::input(phrase).at_field("fields")));
        }
        let wanted = if wanted.is_empty() && !also.is_empty() { fields.to_vec() } else { wanted };
        let next = next.map(|id| following(&ctx.path, &hex::encode(format!("{name}/{id}"))));
        let mut sent = if wants_csv(ctx) {
            let columns: Vec<&str> = if wanted.is_empty() { fields.to_vec() } else { wanted };
            let line = |row: &Value| columns.iter().map(|field| cell(&row[*field])).collect();
            let headings = columns.iter().map(|c| (*c).to_owned()).collect();
            let list = List { name: String::new(), headings, rows: rows.iter().map(line).collect() };
            let bytes = list.bytes(Kind::Csv, ctx.site.clock.today())?;
            ctx.download(&format!("{name}.csv"), Kind::Csv.media_type(), bytes)?
        } else {
            if !wanted.is_empty() {
                rows.iter_mut().for_each(|row| *row = picked(row, &wanted));
            }
            let mut body = about.as_object().cloned().unwrap_or_default();
            body.insert("next".into(), next.clone().into());
            body.insert(name.into(), rows.into());
            ctx.json(&body)?
        };
        sent.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
        if let Some(link) = next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()) {
            sent.headers_mut().insert(header::LINK, link);
        }
        Ok(sent)
    }
}

fn bad_cursor(ctx: &Ctx) -> Failure {
    ctx.failure(Problem::input(Phrase::new("api-bad-cursor")).at_field("cursor"))
}

/// Whether a program asks for CSV rather than JSON.
pub fn wants_csv(ctx: &Ctx) -> bool {
    let accept = ctx.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    accept.contains("text/csv")
}

/// The same address from a cursor on.
fn following(path: &str, cursor: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor" && name != "page"));
    format!("{path}?{}", pairs.append_pair("cursor", cursor).finish())
}

/// The fields asked for, in the order asked for.
fn picked(row: &Value, wanted: &[&str]) -> Value {
    let fields = wanted.iter().filter_map(|field| Some(((*field).to_owned(), row.get(field)?.clone())));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// A field as a cell: lists and objects as their JSON.
fn cell(value: &Value) -> Content {
    match value {
        Value::Null => Content::Empty,
        Value::String(text) => Content::Text(text.clone()),
        other => Content::Text(other.to_string()),
    }
}

/// A list of a page, to be taken away as a file of this name: title and headings by their keys. Cost: its cells.
pub fn take_away(
    ctx: &Ctx,
    file: &str,
    title: &'static str,
    headings: &[&'static str],
    rows: Vec<Vec<Content>>,
    kind: Kind,
) -> Outcome {
    let headings = headings.iter().map(|key| locale::word(ctx.lang, key)).collect();
    let list = List { name: locale::word(ctx.lang, title), headings, rows };
    let bytes = list.bytes(kind, ctx.site.clock.today())?;
    ctx.download(&format!("{file}.{}", kind.extension()), kind.media_type(), bytes)
}
