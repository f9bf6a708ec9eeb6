//! The one door to a mail server: a letter in, sent or refused out. Rooms never name the types of the library behind it.

use kernel::Moment;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Address,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where mail goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    tls: How,
    user: Option<String>,
}

/// How the way to the server is kept from others' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// `smtps://`: from the first byte.
    Whole,
    /// `smtp://`: STARTTLS, and nothing is sent where it is not to be had.
    Begun,
    /// `smtp+plain://`: not at all; only to this machine itself.
    Plain,
}

/// What is wrong with how mail was set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("not an address smtp://USER@HOST:PORT")]
    Url,
    /// Command lines and addresses are seen by others of the machine.
    #[error("the password does not belong into the address")]
    Password,
    /// Without a secret way only to this machine.
    #[error("smtp+plain:// only to this machine itself")]
    Plain,
    #[error("not an address of a mailbox")]
    From,
    #[error("certificate: {0}")]
    Certificate(String),
}

impl Server {
    /// Reads `smtps://USER@HOST:PORT` (465), `smtp://USER@HOST:PORT` (587, STARTTLS required), `smtp+plain://localhost:PORT`
    /// (25).
    pub fn read(url: &str) -> Result<Server, Wrong> {
        let (scheme, rest) = url.trim().split_once("://").ok_or(Wrong::Url)?;
        let (tls, port) = match scheme {
            "smtps" => (How::Whole, 465),
            "smtp" => (How::Begun, 587),
            "smtp+plain" => (How::Plain, 25),
            _ => return Err(Wrong::Url),
        };
        let rest = rest.trim_end_matches('/');
        let (user, at) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return Err(Wrong::Password),
            Some((user, at)) => (Some(decoded(user)), at),
            None => (None, rest),
        };
        let (host, port) = match at.rsplit_once(':') {
            Some((host, text)) if !text.contains(']') => (host, text.parse().map_err(|_| Wrong::Url)?),
            _ => (at, port),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@".contains(c)) {
            return Err(Wrong::Url);
        }
        if tls == How::Plain && !matches!(host, "localhost" | "127.0.0.1" | "::1") {
            return Err(Wrong::Plain);
        }
        Ok(Server { host: host.to_owned(), port, tls, user })
    }
}

impl fmt::Display for Server {
    /// As an administrator may see it: host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A name that was written with `%40` for an at sign.
fn decoded(text: &str) -> String {
    let whole = format!("u={}", text.replace('+', "%2B"));
    form_urlencoded::parse(whole.as_bytes()).next().map_or_else(String::new, |(_, user)| user.into_owned())
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What stands before the `@` of its Message-ID: a letter that is sent again has it again.
    pub id: String,
    /// When it was written.
    pub at: Moment,
    pub address: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody is there, or the server says that it cannot take it now: to be tried again.
    #[error("{0}")]
    Now(String),
    /// It will never be taken as it is: no such mailbox, or a letter that is none.
    #[error("{0}")]
    Forever(String),
}

/// A server, as whom, and the sender of all letters.
pub struct Mailer {
    server: Server,
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    /// `password`: of the user that the server's address names. `authority`: the certificate (PEM) by which the server's is
    /// told, beside those of the system. `from`: `Name <mailbox@host>` or a mailbox.
    pub fn new(server: Server, password: Option<&str>, authority: Option<&[u8]>, from: &str) -> Result<Mailer, Wrong> {
        let from: Mailbox = from.trim().parse().map_err(|_| Wrong::From)?;
        let parameters = || -> Result<TlsParameters, lettre::transport::smtp::Error> {
            let mut builder = TlsParameters::builder(server.host.clone());
            if let Some(pem) = authority {
                builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
            }
            builder.build_rustls()
        };
        let parameters = || parameters().map_err(|error| Wrong::Certificate(error.to_string()));
        let tls = match server.tls {
            How::Whole => Tls::Wrapper(parameters()?),
            How::Begun => Tls::Required(parameters()?),
            How::Plain => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(password)) = (&server.user, password) {
            let both = Credentials::new(user.clone(), password.trim_end_matches(['\r', '\n']).to_owned());
            transport = transport.credentials(both).authentication(vec![Mechanism::Plain, Mechanism::Login]);
        }
        Ok(Mailer { server, from, transport: transport.build() })
    }

    /// Where letters go, as an administrator may see it.
    pub fn server(&self) -> String {
        self.server.to_string()
    }

    /// The Message-ID of a letter.
    pub fn message_id(&self, id: &str) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    /// Hands a letter over. Where it is broken off, it may have been taken all the same; sent again, its Message-ID tells.
    pub async fn send(&self, letter: &Letter) -> Result<(), Refused> {
        let message = self.message(letter).map_err(Refused::Forever)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // What is said of the login or of the way there is of the set-up: every letter would meet the same.
            Err(error) if error.is_permanent() && is_of_letter(&error) => Err(Refused::Forever(error.to_string())),
            Err(error) => Err(Refused::Now(error.to_string())),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let said = |error: &dyn fmt::Display| error.to_string();
        if [&letter.subject, &letter.name, &letter.address, &letter.id]
            .iter()
            .any(|text| text.contains(char::is_control))
        {
            return Err("a line of the head holds a control character".to_owned());
        }
        let address: Address = letter.address.parse().map_err(|e: lettre::address::AddressError| said(&e))?;
        let name = Some(letter.name.clone()).filter(|name| !name.is_empty());
        let at = UNIX_EPOCH + Duration::from_micros(u64::try_from(letter.at.0).unwrap_or(0));
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(letter.subject.clone())
            .date(at)
            .message_id(Some(self.message_id(&letter.id)))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|e| said(&e))?;
        // No absence note answers a program.
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        Ok(message)
    }
}

/// Whether a refusal for good is of this letter: the mailbox is not there (550 to 554), not that we may not log in (530 to 538).
fn is_of_letter(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| (550..=556).contains(&u16::from(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "7.abc".into(),
            at: Moment(1_795_491_720_000_000),
            address: "hoa@xa.example".into(),
            name: "Lý Thị Hoa".into(),
            subject: "Mã đặt mật khẩu".into(),
            text: "Chào chị,\nMã: ABCDE".into(),
            html: "<p>Chào chị</p>".into(),
        }
    }

    fn mailer() -> Mailer {
        let server = Server::read("smtp+plain://localhost:2525").expect("an address");
        Mailer::new(server, None, None, "Làng Số <langso@tinh.example>").expect("a mailer")
    }

    #[test]
    fn an_address_of_a_server_is_read_or_refused() {
        for (url, expected) in [
            ("smtps://user@mail.example", Ok(("mail.example", 465, How::Whole, Some("user")))),
            ("smtp://a%40b.example@mail.example:2587/", Ok(("mail.example", 2587, How::Begun, Some("a@b.example")))),
            ("smtp+plain://127.0.0.1", Ok(("127.0.0.1", 25, How::Plain, None))),
            ("smtp+plain://mail.example", Err(Wrong::Plain)),
            ("smtp://user:secret@mail.example", Err(Wrong::Password)),
            ("http://mail.example", Err(Wrong::Url)),
            ("mail.example", Err(Wrong::Url)),
            ("smtp://", Err(Wrong::Url)),
            ("smtp://a\r\nb", Err(Wrong::Url)),
        ] {
            let read = Server::read(url);
            let plain = read.as_ref().map(|s| (s.host.as_str(), s.port, s.tls, s.user.as_deref()));
            assert_eq!(plain.map_err(Clone::clone), expected, "{url}");
        }
    }

    #[test]
    fn a_letter_has_its_own_number_two_forms_and_the_day_it_was_written() {
        let text = String::from_utf8(mailer().message(&letter()).expect("a letter").formatted()).expect("text");
        for part in [
            "Message-ID: <7.abc@tinh.example>",
            "Date: Tue, 24 Nov 2026 03:42:00 +0000",
            "multipart/alternative",
            "text/plain; charset=utf-8",
            "text/html; charset=utf-8",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.is_ascii(), "a server of old takes ASCII only");
    }

    #[test]
    fn nothing_that_somebody_typed_makes_a_line_of_the_head() {
        let hostile = "x\r\nBcc: all@evil.example";
        let cases: [fn(&mut Letter, &str); 4] = [
            |l, t| l.subject = t.into(),
            |l, t| l.name = t.into(),
            |l, t| l.address = format!("a@b.example{t}"),
            |l, t| l.id = t.into(),
        ];
        for (at, case) in cases.iter().enumerate() {
            let mut letter = letter();
            case(&mut letter, hostile);
            assert!(mailer().message(&letter).is_err(), "case {at}");
        }
        let mut letter = letter();
        letter.name = "Hoa\" <evil@evil.example>, \"".into();
        let message = mailer().message(&letter).expect("a name may hold signs");
        assert_eq!(message.envelope().to().len(), 1);
        assert_eq!(message.envelope().to()[0].to_string(), "hoa@xa.example");
    }
}
