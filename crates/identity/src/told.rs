//! What people are told of their account: roles given and ended, and by letter the code that sets a password.

use crate::{
    model::Person,
    rules::role_word,
    secrets::{self, SecretKey},
    store::{self, HOUR},
};
use ::store::{Result, WriteTx};
use kernel::{Arg, Moment, PersonId, Phrase, Role};
use locale::Lang;
use web::{
    notices::{
        self, Kind, Notice, To,
        outbox::{self, Mail},
        spread::address,
    },
    people::Contact,
};

/// Whose role it is hears of it; `key` is that of the phrase. Cost: two rows.
pub(crate) async fn role(tx: &mut WriteTx, person: PersonId, role: &str, grant: i64, key: &'static str) -> Result<()> {
    let Some(role) = Role::from_name(role) else { return Ok(()) };
    let phrase = Phrase::new(key).both("role", role_word(Lang::Vi, role), role_word(Lang::En, role));
    let (to, link, key) = (To::Person(person), "/tai-khoan".to_owned(), format!("{key}/{grant}"));
    notices::tell(tx, &Notice { to, kind: Kind::Role, key, phrase, link, unit: None }).await.map(drop)
}

/// Whose account somebody else corrected hears of it, by the names of the fields alone. Cost: two rows.
pub(crate) async fn corrected(tx: &mut WriteTx, person: PersonId, version: i64, fields: &[&str]) -> Result<()> {
    if tx.actor().person == Some(person) {
        return Ok(());
    }
    let words = |lang| {
        let word = |field: &&str| locale::say_key(lang, &format!("account-field-{field}"), &[]);
        fields.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    let phrase = Phrase::new("notice-account-corrected").both("fields", words(Lang::Vi), words(Lang::En));
    let (to, link, key) = (To::Person(person), "/tai-khoan".to_owned(), format!("account/{person}/{version}"));
    notices::tell(tx, &Notice { to, kind: Kind::Account, key, phrase, link, unit: None }).await.map(drop)
}

/// Whom a letter with a code goes to, and what it says.
pub(crate) struct Invited {
    pub person: PersonId,
    pub to: Contact,
    pub login: String,
    /// `invite` or `reset`.
    pub kind: &'static str,
    pub code: String,
}

impl Invited {
    /// The letter; its code stands for so long (microseconds) from `now`.
    fn mail(&self, origin: &str, now: Moment, long: i64) -> Mail<'_> {
        let lang = Lang::from_tag(&self.to.lang).unwrap_or_default();
        let values = vec![
            ("name", Arg::from(self.to.name.as_str())),
            ("login", Arg::from(self.login.as_str())),
            ("hours", Arg::from(long / HOUR)),
            ("link", Arg::from(address(origin, lang, &format!("/dat-mat-khau?ma={}", self.code)))),
            ("code", Arg::from(self.code.as_str())),
        ];
        let key = format!("code/{}/{}", self.person, secrets::secret());
        let ends = Some(Moment(now.0 + long));
        Mail { key, person: Some(self.person), to: &self.to, template: self.kind, values, ends }
    }
}

/// Writes their codes to people, each to their own address; how many had one. Cost: a row a letter, one more.
pub(crate) async fn invite(
    tx: &mut WriteTx,
    key: &SecretKey,
    origin: &str,
    people: &[Invited],
    long: i64,
) -> Result<usize> {
    let now = tx.now();
    let mails: Vec<Mail<'_>> = people.iter().map(|one| one.mail(origin, now, long)).collect();
    outbox::mail_many(tx, key, &mails).await
}

/// Whose sessions ended because there were too many hears of it, once for all that one login ended. Cost: three rows, none
/// where none ended.
pub(crate) async fn sessions_ended(
    tx: &mut WriteTx,
    person: PersonId,
    ended: &[(String, String)],
    most: u32,
) -> Result<()> {
    let Some((hash, _)) = ended.first() else { return Ok(()) };
    let labels = ended.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(", ");
    store::note_own(tx, "identity.sessions-ended", person, serde_json::json!({"labels": labels, "most": most})).await?;
    let phrase = Phrase::new("notice-sessions-ended").with("labels", labels).with("most", i64::from(most));
    let (to, link, key) = (To::Person(person), "/tai-khoan".to_owned(), format!("session/{hash}"));
    notices::tell(tx, &Notice { to, kind: Kind::Account, key, phrase, link, unit: None }).await.map(drop)
}

/// Gives a code to set a password by, for so long (microseconds), and writes it to the person's own address: nobody else sees
/// it. `false`, and no code, where there is no address. Cost: some six rows.
pub async fn code_by_mail(tx: &mut WriteTx, key: &SecretKey, origin: &str, person: &Person, long: i64) -> Result<bool> {
    if !person.email.as_deref().is_some_and(outbox::is_address) {
        return Ok(false);
    }
    let code = store::new_code(tx, person, long).await?;
    let to = Contact { name: person.name.clone(), email: person.email.clone(), lang: person.lang.clone() };
    let (kind, login) = (store::code_kind(person), person.login.clone());
    let invited = Invited { person: person.id, to, login, kind, code };
    Ok(invite(tx, key, origin, &[invited], long).await? == 1)
}
