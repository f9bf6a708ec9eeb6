//! Passkeys (W3C WebAuthn, level 3), the relying party's side: what is asked of a browser, and whether its answer holds.
//! Pure: nothing is kept here. Whoever asks keeps [`Asked::state`] under [`Asked::challenge`], hands it out once, and drops
//! it after five minutes by their own clock; the library behind this has its own five minutes by the machine's.
//!
//! Every passkey is discoverable and verifies its user (a finger, a face, a PIN), both times: it stands for two factors.
//! Attestation is not asked for: any maker's authenticator will do.

use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication16, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode, Encode},
    request::{
        AsciiDomain, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle,
            UserHandle16, Username,
        },
    },
    response::{
        AuthTransports, CredentialId, SentChallenge,
        auth::error::AuthCeremonyErr,
        register::{DynamicState, StaticState, error::RegCeremonyErr},
    },
};

/// How long an answer is waited for, in microseconds.
pub const WAIT: i64 = 5 * 60 * 1_000_000;

/// Bytes that name a person to their authenticators and say nothing else of them.
pub type Handle = [u8; 16];

/// The site as authenticators know it: for which domain, reached at which origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    domain: String,
    origin: String,
}

impl Party {
    /// Of the address of a site, `https://HOST[:PORT]`, or `http://localhost[:PORT]`. `None` where browsers make no
    /// passkeys: without https, or at a number instead of a name.
    pub fn at(address: &str) -> Option<Party> {
        let origin = address.trim_end_matches('/').to_ascii_lowercase();
        let (scheme, rest) = origin.split_once("://")?;
        let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let number = host.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
        let secure = scheme == "https" || (scheme == "http" && host == "localhost");
        let good = secure && !host.is_empty() && !number && host.chars().all(named);
        let good = good && port.chars().all(|c| c.is_ascii_digit());
        AsciiDomain::try_from(host.to_owned()).ok().filter(|_| good)?;
        // A browser leaves out the port that goes without saying.
        let told = if port.is_empty() || port == "443" && scheme == "https" || port == "80" && scheme == "http" {
            format!("{scheme}://{host}")
        } else {
            origin.clone()
        };
        Some(Party { domain: host.to_owned(), origin: told })
    }

    /// The domain for which its passkeys are made.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    fn id(&self) -> Result<RpId, Refused> {
        AsciiDomain::try_from(self.domain.clone()).map(RpId::Domain).map_err(|error| Refused::Other(error.to_string()))
    }
}

/// What is asked of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Names the question; what the answer names, too.
    pub challenge: String,
    /// What must be kept until the answer comes.
    pub state: Vec<u8>,
    /// JSON for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: String,
}

/// A passkey as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// The credential's id, as the authenticator chose it.
    pub id: Vec<u8>,
    pub handle: Handle,
    /// Its public key, which never changes.
    pub key: Vec<u8>,
    /// What each use changes: the counter of signatures and more.
    pub state: Vec<u8>,
}

/// Why an answer does not hold. The first few are told apart because somebody acts on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No answer that could be read.
    Unreadable(String),
    /// Too late.
    Late,
    /// Made for another page than ours.
    Origin,
    /// Made for another domain than ours.
    Domain,
    /// Whoever holds the authenticator did not show that they are its owner.
    Unverified,
    /// Not the question that was asked.
    Challenge,
    /// The counter went back: there is a copy of the authenticator's key.
    Counter,
    /// Not signed by that key.
    Signature,
    /// Anything else that the standard forbids.
    Other(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Unreadable(why) | Refused::Other(why) => f.write_str(why),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Refused {}

fn other(error: impl std::fmt::Display) -> Refused {
    Refused::Other(error.to_string())
}

fn unreadable(error: impl std::fmt::Display) -> Refused {
    Refused::Unreadable(error.to_string())
}

/// A question's name.
fn named(challenge: SentChallenge) -> String {
    hex::encode(challenge.0.to_le_bytes())
}

/// What goes to the browser, and the name of the question in it.
fn asked(state: Vec<u8>, client: &impl serde::Serialize) -> Result<Asked, Refused> {
    let options = serde_json::to_value(client).map_err(other)?;
    let challenge: SentChallenge = serde_json::from_value(options["challenge"].clone()).map_err(other)?;
    Ok(Asked { challenge: named(challenge), state, options: options.to_string() })
}

fn handle_of(handle: Handle) -> Result<UserHandle16, Refused> {
    UserHandle::decode(handle).map_err(|_| Refused::Other("a handle of nobody".into()))
}

/// Asks for a new passkey. `login` and `name` are shown by the authenticator; `has` are the ids that this person has here
/// already, so that one authenticator is not taken twice.
pub fn ask_new(party: &Party, handle: Handle, login: &str, name: &str, has: Vec<Vec<u8>>) -> Result<Asked, Refused> {
    let (id, handle) = (party.id()?, handle_of(handle)?);
    let user = PublicKeyCredentialUserEntity {
        // What the standard does not take as a name (blanks at its ends, other marks) is shown as what it can be.
        name: Username::try_from(login).or_else(|_| Username::try_from("user")).map_err(other)?,
        id: &handle,
        display_name: Nickname::try_from(name).ok(),
    };
    let known = |id: Vec<u8>| {
        let id = CredentialId::<Vec<u8>>::decode(id).map_err(other)?;
        let transports = AuthTransports::decode(0).map_err(other)?;
        Ok(PublicKeyCredentialDescriptor { id, transports })
    };
    let has = has.into_iter().map(known).collect::<Result<Vec<_>, Refused>>()?;
    let mut asked_for = PublicKeyCredentialCreationOptions::passkey(&id, user, has);
    // Many authenticators know no levels of protection and refuse where one must be kept; that the owner is verified is seen
    // in each answer.
    asked_for.extensions.cred_protect = CredProtect::None;
    let (server, client) = asked_for.start_ceremony().map_err(other)?;
    asked(server.encode().map_err(other)?, &client)
}

/// Asks whoever comes to show a passkey of this site.
pub fn ask(party: &Party) -> Result<Asked, Refused> {
    let id = party.id()?;
    let (server, client) = DiscoverableCredentialRequestOptions::passkey(&id).start_ceremony().map_err(other)?;
    asked(server.encode().map_err(other)?, &client)
}

/// A new passkey, as a browser tells it (`PublicKeyCredential.toJSON`).
pub struct Made(Registration);

impl Made {
    pub fn read(json: &str) -> Result<Made, Refused> {
        Registration::from_json_relaxed(json.as_bytes()).map(Made).map_err(unreadable)
    }

    /// Which question it says it answers ([`Asked::challenge`]).
    pub fn challenge(&self) -> Result<String, Refused> {
        self.0.challenge_relaxed().map(named).map_err(unreadable)
    }

    /// Holds it against the question ([`Asked::state`]) that was asked of `handle`; the passkey to keep.
    pub fn hold(&self, party: &Party, state: &[u8], handle: Handle) -> Result<Passkey, Refused> {
        let server = RegistrationServerState::<16>::decode(state).map_err(other)?;
        let origins = [party.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            // What an authenticator adds unasked is nothing that counts here.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = server.verify(&party.id()?, &self.0, &options).map_err(|error| match error {
            RegCeremonyErr::Timeout => Refused::Late,
            RegCeremonyErr::OriginMismatch => Refused::Origin,
            RegCeremonyErr::RpIdHashMismatch => Refused::Domain,
            RegCeremonyErr::UserNotVerified | RegCeremonyErr::UserNotPresent => Refused::Unverified,
            RegCeremonyErr::ChallengeMismatch => Refused::Challenge,
            RegCeremonyErr::AttestationSignature => Refused::Signature,
            error => other(error),
        })?;
        if made.user_id().as_ref() != handle {
            return Err(Refused::Challenge);
        }
        Ok(Passkey {
            id: made.id().as_ref().to_vec(),
            handle,
            key: made.static_state().encode().map_err(other)?,
            state: made.dynamic_state().encode().map_err(other)?.to_vec(),
        })
    }
}

/// A passkey shown, as a browser tells it.
pub struct Shown(DiscoverableAuthentication16);

impl Shown {
    pub fn read(json: &str) -> Result<Shown, Refused> {
        DiscoverableAuthentication16::from_json_relaxed(json.as_bytes()).map(Shown).map_err(unreadable)
    }

    /// Which question it says it answers ([`Asked::challenge`]).
    pub fn challenge(&self) -> Result<String, Refused> {
        self.0.challenge_relaxed().map(named).map_err(unreadable)
    }

    /// Which passkey it says it is: its [`Passkey::id`].
    pub fn id(&self) -> &[u8] {
        self.0.raw_id().into_inner()
    }

    /// Holds it against the question that was asked and the passkey as it was kept; what is kept of it from now on
    /// ([`Passkey::state`]).
    pub fn hold(&self, party: &Party, state: &[u8], kept: &Passkey) -> Result<Vec<u8>, Refused> {
        let server = DiscoverableAuthenticationServerState::decode(state).map_err(other)?;
        let handle = handle_of(kept.handle)?;
        let id = CredentialId::<&[u8]>::decode(&kept.id).map_err(other)?;
        let key = StaticState::decode(&kept.key).map_err(other)?;
        let before = <[u8; 7]>::try_from(kept.state.as_slice()).map_err(other)?;
        let before = DynamicState::decode(before).map_err(other)?;
        let mut held = AuthenticatedCredential::new(id, &handle, key, before).map_err(other)?;
        let origins = [party.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        server.verify(&party.id()?, &self.0, &mut held, &options).map_err(|error| match error {
            AuthCeremonyErr::Timeout => Refused::Late,
            AuthCeremonyErr::OriginMismatch => Refused::Origin,
            AuthCeremonyErr::RpIdHashMismatch => Refused::Domain,
            AuthCeremonyErr::UserNotVerified => Refused::Unverified,
            AuthCeremonyErr::ChallengeMismatch => Refused::Challenge,
            AuthCeremonyErr::SignatureCounter => Refused::Counter,
            AuthCeremonyErr::AssertionSignature => Refused::Signature,
            error => other(error),
        })?;
        Ok(held.dynamic_state().encode().map_err(other)?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_known_by_a_name_over_https() {
        for (address, wanted) in [
            ("https://Lang.example/", Some(("lang.example", "https://lang.example"))),
            ("https://lang.example:443", Some(("lang.example", "https://lang.example"))),
            ("https://lang.example:8443", Some(("lang.example", "https://lang.example:8443"))),
            ("http://localhost:8080", Some(("localhost", "http://localhost:8080"))),
            ("http://lang.example", None),
            ("https://203.0.113.7", None),
            ("https://lang.example/duong", None),
            ("https://a@lang.example", None),
            ("", None),
        ] {
            let party = Party::at(address);
            assert_eq!(party.as_ref().map(|p| (p.domain.as_str(), p.origin.as_str())), wanted, "{address}");
        }
    }
}
