//! Letters: written in the transaction of their cause, kept until a mail server took them.
//!
//! What a letter says is sealed while it waits (it may hold a code that opens an account) and gone once it was sent; its
//! subject holds nothing that must not be seen. A letter is handed over at least once: where the program ends between
//! handing over and noting it, it is sent again under the same Message-ID, by which the receiving side tells it apart.

use crate::{meta::escaped, people::Contact};
use kernel::{Arg, Moment, PersonId, text};
use locale::Lang;
use sha2::{Digest, Sha256};
use store::{AuditLine, Listing, Query, Result, Row, StoreError, Value, WriteTx, args, secrets::SecretKey};

/// After so many tries (about a day) a letter is given up.
pub const MOST_TRIES: i64 = 10;
/// How long a letter is of use that names no end of its own: a week, in microseconds. What it tells stands in the pages; where no
/// mail server was there for so long, nobody wants all of it at once.
pub const OF_USE: i64 = 7 * 86_400_000_000;
const MINUTE: i64 = 60_000_000;

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// Of one name there is one letter.
    pub key: String,
    pub person: Option<PersonId>,
    /// Whom and where; without an address nothing is written.
    pub to: &'a Contact,
    /// `mail-{template}-subject` and `mail-{template}-text` say it.
    pub template: &'static str,
    pub values: Vec<(&'static str, Arg)>,
    /// When it is of no more use; after [`OF_USE`] where nothing is said.
    pub ends: Option<Moment>,
}

/// Whether something is an address of a letter, the one rule of the house: one mailbox of plain letters, no sign that begins
/// another line or mailbox in the head of a letter.
pub fn is_address(address: &str) -> bool {
    let odd = |c: char| !c.is_ascii_graphic() || "<>()[],;:\"\\".contains(c);
    let host =
        |host: &str| host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
    address.len() <= 254
        && !address.contains(odd)
        && address.split_once('@').is_some_and(|(user, at)| !user.is_empty() && !at.contains('@') && host(at))
}

/// Writes a letter to be sent a moment later; false where there is no address or one of this name is there already. Cost: two
/// rows.
pub async fn mail(tx: &mut WriteTx, key: &SecretKey, mail: &Mail<'_>) -> Result<bool> {
    let Some(row) = row_of(tx.now(), key, mail) else { return Ok(false) };
    let places = store::places(1, row.len());
    let sql = format!("INSERT INTO web_outbox ({}) VALUES ({places}) ON CONFLICT (key) DO NOTHING", COLUMNS.join(", "));
    let new = tx.execute(&sql, row).await? == 1;
    if new {
        tx.enqueue_once(super::SEND).await?;
    }
    Ok(new)
}

/// The same of many, none of whose names is there already; how many had an address. Cost: a row a letter, one more.
pub async fn mail_many(tx: &mut WriteTx, key: &SecretKey, mails: &[Mail<'_>]) -> Result<usize> {
    let now = tx.now();
    let rows: Vec<Vec<Value>> = mails.iter().filter_map(|mail| row_of(now, key, mail)).collect();
    let count = rows.len();
    if count > 0 {
        tx.insert_many("web_outbox", &COLUMNS, rows.into_iter()).await?;
        tx.enqueue_once(super::SEND).await?;
    }
    Ok(count)
}

const COLUMNS: [&str; 14] = [
    "key", "template", "person", "address", "name", "lang", "subject", "sealed", "state", "tries", "at", "due_at",
    "ends_at", "search",
];

/// A letter as a row of [`COLUMNS`]; `None` without an address.
fn row_of(now: Moment, key: &SecretKey, mail: &Mail<'_>) -> Option<Vec<Value>> {
    let address = mail.to.email.as_deref().filter(|address| is_address(address))?;
    let lang = Lang::from_tag(&mail.to.lang).unwrap_or_default();
    let say = |part: &str| locale::say_key(lang, &format!("mail-{}-{part}", mail.template), &mail.values);
    let plain = |text: String| text.replace(char::is_control, " ");
    let (subject, text) = (plain(say("subject")), say("text"));
    let name = plain(mail.to.name.clone());
    let search = text::search_key(&format!("{address} {name} {subject}"));
    Some(args![
        mail.key.as_str(),
        mail.template,
        mail.person.map(|person| person.0),
        address,
        name,
        lang.tag(),
        subject,
        key.seal(text.as_bytes()),
        "waiting",
        0_i64,
        now,
        now,
        mail.ends.unwrap_or(Moment(now.0 + OF_USE)),
        search
    ])
}

/// The other form of a text: paragraphs, lines, and addresses of pages to be followed.
pub fn html(lang: Lang, text: &str) -> String {
    let line = |line: &str| match line.trim() {
        at if (at.starts_with("https://") || at.starts_with("http://")) && !at.contains(char::is_whitespace) => {
            format!("<a href=\"{0}\">{0}</a>", escaped(at))
        }
        other => escaped(other),
    };
    let paragraph = |text: &str| format!("<p>{}</p>\n", text.lines().map(line).collect::<Vec<_>>().join("<br>\n"));
    let body: String = text.split("\n\n").filter(|part| !part.trim().is_empty()).map(paragraph).collect();
    format!("<!doctype html>\n<html lang=\"{}\"><meta charset=\"utf-8\"><body>\n{body}</body></html>\n", lang.tag())
}

/// A letter as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: i64,
    pub template: String,
    pub person: Option<PersonId>,
    pub address: String,
    pub name: String,
    pub lang: String,
    pub subject: String,
    /// `waiting`, `sent`, `dead`, `cancelled`, `expired`.
    pub state: String,
    pub tries: i64,
    pub at: Moment,
    pub due_at: Moment,
    pub ended_at: Option<Moment>,
    pub problem: Option<String>,
}

const KEPT: &str = "id, template, person, address, name, lang, subject, state, tries, at, due_at, ended_at, problem";

fn kept(row: &Row) -> Result<Kept> {
    Ok(Kept {
        id: row.i64(0)?,
        template: row.text(1)?,
        person: row.opt_i64(2)?.map(PersonId),
        address: row.text(3)?,
        name: row.text(4)?,
        lang: row.text(5)?,
        subject: row.text(6)?,
        state: row.text(7)?,
        tries: row.i64(8)?,
        at: Moment(row.i64(9)?),
        due_at: Moment(row.i64(10)?),
        ended_at: row.opt_i64(11)?.map(Moment),
        problem: row.opt_text(12)?,
    })
}

/// A page of the letters, and how many there are; searched by name, address and subject, ordered by `oldest` or `address`, the
/// newest first otherwise. Cost: the letters of the state; one page returned.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Kept>, i64)> {
    let order = match listing.sort.as_str() {
        "oldest" => "id",
        "address" => "address, id DESC",
        _ => "id DESC",
    };
    let from = "web_outbox WHERE ($1 = '' OR state = $1) AND ($2 = '' OR search LIKE '%' || $2 || '%')";
    store::paged(tx, KEPT, from, order, args![listing.state.as_str(), listing.key()], listing.span(), kept).await
}

/// How many letters stand in each state. Cost: the letters, by index.
pub async fn counts(tx: &mut impl Query) -> Result<Vec<(String, i64)>> {
    let rows = tx.rows("SELECT state, COUNT(*) FROM web_outbox GROUP BY state ORDER BY state", args![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.i64(1)?))).collect()
}

/// A letter that is due, with what it says.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: i64,
    /// By which it is told apart when it is sent again: the same for the same letter.
    pub message: String,
    pub address: String,
    pub name: String,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub at: Moment,
    pub tries: i64,
}

/// Whether a letter is to be sent at a moment, `$1`.
const IS_DUE: &str = "state = 'waiting' AND due_at <= $1 AND (ends_at IS NULL OR ends_at >= $1)";

/// The numbers of the letters that are due, the longest first, at most `limit`. Cost: that many rows.
pub async fn due(tx: &mut impl Query, now: Moment, limit: i64) -> Result<Vec<i64>> {
    let sql = format!("SELECT id FROM web_outbox WHERE {IS_DUE} ORDER BY due_at, id LIMIT $2");
    tx.rows(&sql, args![now, limit]).await?.iter().map(|row| row.i64(0)).collect()
}

/// A letter as it is just before it is sent; `None` where it is not due any more: cancelled, replaced, ended, erased while those
/// before it were handed over. What cannot be opened (the key of the data folder is another one) has no text. Cost: one row.
pub async fn open(tx: &mut impl Query, key: &SecretKey, now: Moment, id: i64) -> Result<Option<Due>> {
    let sql = format!(
        "SELECT id, key, address, name, lang, subject, sealed, at, tries FROM web_outbox WHERE {IS_DUE} AND id = $2"
    );
    let read = |row: &Row| {
        let text = key.open(&row.text(6)?).and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Due {
            id: row.i64(0)?,
            message: hex::encode(&Sha256::digest(row.text(1)?)[..16]),
            address: row.text(2)?,
            name: row.text(3)?,
            lang: Lang::from_tag(&row.text(4)?).unwrap_or_default(),
            subject: row.text(5)?,
            text: text.unwrap_or_default(),
            at: Moment(row.i64(7)?),
            tries: row.i64(8)?,
        })
    };
    tx.row(&sql, args![now, id]).await?.as_ref().map(read).transpose()
}

/// When the next letter is due; `None` where none waits. Cost: one row by index.
pub async fn next_due(tx: &mut impl Query) -> Result<Option<Moment>> {
    let row = tx.row("SELECT MIN(due_at) FROM web_outbox WHERE state = 'waiting'", args![]).await?;
    Ok(row.map_or(Ok(None), |row| row.opt_i64(0))?.map(Moment))
}

/// When the first of the letters that wait is of no more use; `None` where none waits. Cost: the letters that wait.
pub async fn next_end(tx: &mut impl Query) -> Result<Option<Moment>> {
    let row = tx.row("SELECT MIN(ends_at) FROM web_outbox WHERE state = 'waiting'", args![]).await?;
    // At its end itself it may still be sent.
    Ok(row.map_or(Ok(None), |row| row.opt_i64(0))?.map(|ends| Moment(ends + 1)))
}

/// Letters that are of no more use are not sent; how many. Cost: the letters that wait.
pub async fn expire(tx: &mut WriteTx) -> Result<u64> {
    let sql =
        "UPDATE web_outbox SET state = 'expired', sealed = '', ended_at = $1 WHERE state = 'waiting' AND ends_at < $1";
    tx.execute(sql, args![tx.now()]).await
}

/// A letter was taken: what it said is forgotten. Where it was cancelled or ended while it was being handed over, it went out all
/// the same, and the list says so. Cost: one row.
pub async fn sent(tx: &mut WriteTx, id: i64) -> Result<()> {
    let sql = "UPDATE web_outbox SET state = 'sent', sealed = '', ended_at = $2, tries = tries + 1, problem = NULL
               WHERE id = $1 AND state <> 'sent'";
    tx.execute(sql, args![id, tx.now()]).await.map(drop)
}

/// A letter was not taken: again later, or given up; whether it was. One that ended meanwhile stays as it ended. Cost: one row.
pub async fn refused(tx: &mut WriteTx, due: &Due, problem: &str, forever: bool) -> Result<bool> {
    let tries = due.tries + 1;
    let dead = forever || tries >= MOST_TRIES;
    let problem: String = problem.chars().filter(|c| !c.is_control()).take(500).collect();
    let again = Moment(tx.now().0 + 5 * tries * tries * MINUTE);
    let (state, ended) = if dead { ("dead", Some(tx.now())) } else { ("waiting", None) };
    let sql = "UPDATE web_outbox SET state = $2, tries = $3, due_at = $4, ended_at = $5, problem = $6
               WHERE id = $1 AND state = 'waiting'";
    let touched = tx.execute(sql, args![due.id, state, tries, again, ended, problem]).await?;
    Ok(dead && touched == 1)
}

async fn by_hand(tx: &mut WriteTx, action: &'static str, id: i64) -> Result<()> {
    let (subject, details) = (id.to_string(), serde_json::json!({}));
    tx.audit(AuditLine { action, kind: "mail", subject, unit: None, details }).await
}

/// Sends a letter that was given up again, by hand; false where it was not given up. Cost: four rows.
pub async fn retry(tx: &mut WriteTx, id: i64) -> Result<bool> {
    let sql = "UPDATE web_outbox SET state = 'waiting', tries = 0, due_at = $2, ended_at = NULL
               WHERE id = $1 AND state = 'dead' AND sealed <> '' AND (ends_at IS NULL OR ends_at >= $2)";
    match tx.execute(sql, args![id, tx.now()]).await? {
        0 => Ok(false),
        1 => {
            tx.enqueue_once(super::SEND).await?;
            by_hand(tx, "web.mail-retry", id).await?;
            Ok(true)
        }
        touched => Err(StoreError::NotOne { statement: sql.into(), touched }),
    }
}

/// Gives up a letter that waits, by hand; false where none waits. Cost: three rows.
pub async fn cancel(tx: &mut WriteTx, id: i64) -> Result<bool> {
    let sql = "UPDATE web_outbox SET state = 'cancelled', sealed = '', ended_at = $2 WHERE id = $1 AND state IN ('waiting', 'dead')";
    let there = tx.execute(sql, args![id, tx.now()]).await? == 1;
    if there {
        by_hand(tx, "web.mail-cancel", id).await?;
    }
    Ok(there)
}

/// Gives up what waits for somebody whose mailbox is another one now; how many letters. What they were told stands in the
/// pages. Cost: the letters that wait or were given up.
pub async fn give_up_of(tx: &mut WriteTx, person: PersonId) -> Result<u64> {
    let sql = "UPDATE web_outbox SET state = 'cancelled', sealed = '', ended_at = $2
               WHERE state IN ('waiting', 'dead') AND person = $1";
    tx.execute(sql, args![person.0, tx.now()]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_mailbox() {
        for (address, expected) in [
            ("hoa@xa.example", true),
            ("hoa.ly+so@mail.tinh.example", true),
            ("hoa", false),
            ("hoa@xa", false),
            ("@xa.example", false),
            ("a@b@c.example", false),
            ("a@b.example\r\nBcc: c@d.example", false),
            ("a@b.example,c@d.example", false),
            ("<a@b.example>", false),
            ("a b@c.example", false),
            ("a@.example.", false),
        ] {
            assert_eq!(is_address(address), expected, "{address:?}");
        }
    }

    #[test]
    fn the_other_form_shows_what_was_typed_as_text() {
        let said = html(Lang::Vi, "Chào <b>Hoa</b>,\nhttps://lang.example/a?b=1&c=\"2\n\njavascript:x");
        assert!(said.contains("Chào &lt;b&gt;Hoa&lt;/b&gt;,<br>"), "{said}");
        assert!(said.contains("<a href=\"https://lang.example/a?b=1&amp;c=&quot;2\">"), "{said}");
        assert!(said.contains("<p>javascript:x</p>") && said.contains("lang=\"vi\""), "{said}");
    }
}
