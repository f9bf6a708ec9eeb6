//! Logging in at somebody else's: OpenID Connect, the authorization code flow with PKCE. No IO but to the provider.
//!
//! What must hold before a word of the provider's is believed: the answer names the provider that was asked (RFC 9207, where
//! the provider says it does so), the code was asked for with our secret of this one login (PKCE, S256), and the token is
//! signed by a key of that provider with an algorithm of two keys (never `none`, never a shared secret), names it, us,
//! this one login (`nonce`) and an end that is not past. That the browser is the one that was sent there is for whoever keeps
//! [`Flow`] to see: it must be bound to that browser, and handed out once.

mod http;

use kernel::Moment;
use openidconnect::{
    AccessToken, AdditionalClaims, AdditionalProviderMetadata, AuthenticationFlow, AuthorizationCode,
    ClaimsVerificationError, Client as OidcClient, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Mutex};

/// How long a provider's description of itself is taken as it was, in microseconds. A key that is not in it is looked for anew at once.
const KEPT: i64 = 10 * 60 * 1_000_000;

/// Algorithms by which a provider may sign: two keys each, so that nobody who verifies could sign.
const SIGNED: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Who is asked, as who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its address, which names it; https, but on this machine.
    pub issuer: String,
    pub client: String,
    /// `None`: this client has none, and PKCE alone stands for it.
    pub secret: Option<String>,
    /// Beside `openid`.
    pub scopes: Vec<String>,
}

/// What must be kept of a login until the browser comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Names this login to the browser.
    pub state: String,
    nonce: String,
    verifier: String,
}

/// What the browser brings back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Back {
    pub state: String,
    pub code: String,
    /// The provider that answers (RFC 9207).
    pub iss: String,
    /// Why there is no code.
    pub error: String,
}

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub issuer: String,
    /// Names them at that issuer, for ever; nothing else does.
    pub subject: String,
    /// All that was said, of the signed token before the answer to the access token.
    pub claims: Map<String, Value>,
    /// How they showed who they are: `amr` and `acr` of the signed token.
    pub methods: Vec<String>,
}

impl Told {
    /// A claim that is one text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether a claim is this text, or a list with it.
    pub fn says(&self, claim: &str, value: &str) -> bool {
        match self.claims.get(claim) {
            Some(Value::String(text)) => text == value,
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(value)),
            Some(Value::Bool(said)) => value == said.to_string(),
            _ => false,
        }
    }
}

/// Why a login led nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The configuration is no provider.
    #[error("no provider: {0}")]
    Configured(String),
    /// It is not there, or says nothing that could be read.
    #[error("the provider does not answer: {0}")]
    Unreachable(String),
    /// It said no.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// Not the provider that was asked answers.
    #[error("another provider answers")]
    Issuer,
    #[error("the token is for somebody else")]
    Audience,
    #[error("the token is of another login")]
    Nonce,
    #[error("the token has ended")]
    Expired,
    #[error("the token is not signed by the provider: {0}")]
    Signature(String),
    #[error("the token does not hold: {0}")]
    Other(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Also {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for Also {}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rest {
    #[serde(flatten)]
    all: Map<String, Value>,
}
impl AdditionalClaims for Rest {}

type Metadata = ProviderMetadata<
    Also,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        Rest,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Party = OidcClient<
    Rest,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// 256 random bits, as text.
fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}

/// Asks providers, and remembers for a while how they describe themselves.
pub struct Client {
    http: http::Http,
    known: Mutex<HashMap<String, (Metadata, Moment)>>,
}

impl Client {
    /// Over the certificates that this machine trusts.
    pub fn new() -> std::io::Result<Client> {
        Ok(Client { http: http::Http::new()?, known: Mutex::default() })
    }

    async fn metadata(&self, provider: &Provider, now: Moment, anew: bool) -> Result<Metadata, Wrong> {
        let kept = |known: &HashMap<String, (Metadata, Moment)>| {
            known.get(&provider.issuer).filter(|(_, at)| !anew && at.0 > now.0 - KEPT).map(|(found, _)| found.clone())
        };
        if let Some(found) = self.known.lock().ok().and_then(|known| kept(&known)) {
            return Ok(found);
        }
        http::allowed(&provider.issuer).map_err(Wrong::Configured)?;
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|e| Wrong::Configured(e.to_string()))?;
        // The library refuses a description that names another issuer.
        let found = Metadata::discover_async(issuer, &self.http).await.map_err(|e| Wrong::Unreachable(told(&e)))?;
        if let Ok(mut known) = self.known.lock() {
            known.insert(provider.issuer.clone(), (found.clone(), now));
        }
        Ok(found)
    }

    fn party(provider: &Provider, redirect: &str, metadata: &Metadata) -> Result<Party, Wrong> {
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|e| Wrong::Configured(e.to_string()))?;
        let (client, secret) = (ClientId::new(provider.client.clone()), provider.secret.clone().map(ClientSecret::new));
        Ok(Party::from_provider_metadata(metadata.clone(), client, secret).set_redirect_uri(redirect))
    }

    /// Where a browser is sent, and what must be kept of it. `redirect` is our page it comes back to.
    pub async fn start(&self, provider: &Provider, redirect: &str, now: Moment) -> Result<(String, Flow), Wrong> {
        let metadata = self.metadata(provider, now, false).await?;
        let party = Self::party(provider, redirect, &metadata)?;
        let flow = Flow { state: random(), nonce: random(), verifier: random() };
        let (state, nonce) = (flow.state.clone(), flow.nonce.clone());
        let verifier = PkceCodeVerifier::new(flow.verifier.clone());
        let asked = party.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let scopes = provider.scopes.iter().cloned().map(Scope::new);
        let (address, ..) =
            asked.add_scopes(scopes).set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier)).url();
        Ok((address.to_string(), flow))
    }

    /// What the provider says of whoever came back, where all of it holds.
    pub async fn finish(
        &self,
        provider: &Provider,
        redirect: &str,
        flow: &Flow,
        back: &Back,
        now: Moment,
    ) -> Result<Told, Wrong> {
        let metadata = self.metadata(provider, now, false).await?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        if back.iss != provider.issuer && (names_itself || !back.iss.is_empty()) {
            return Err(Wrong::Issuer);
        }
        if back.state != flow.state {
            return Err(Wrong::Nonce);
        }
        if !back.error.is_empty() || back.code.is_empty() {
            return Err(Wrong::Refused(back.error.chars().filter(|c| c.is_ascii_graphic()).take(80).collect()));
        }
        let party = Self::party(provider, redirect, &metadata)?;
        let code = party
            .exchange_code(AuthorizationCode::new(back.code.clone()))
            .map_err(|e| Wrong::Configured(e.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()));
        let tokens: Tokens = code.request_async(&self.http).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => Wrong::Refused(said.error().to_string()),
            error => Wrong::Unreachable(told(&error)),
        })?;
        let told = match verified(&party, &tokens, &flow.nonce, now) {
            // The provider may have changed its keys since it was last asked.
            Err(Wrong::Signature(_)) => {
                let metadata = self.metadata(provider, now, true).await?;
                verified(&Self::party(provider, redirect, &metadata)?, &tokens, &flow.nonce, now)?
            }
            told => told?,
        };
        self.more(&party, tokens.access_token().clone(), told).await
    }

    /// Adds what the provider says of them for the access token; of nobody else.
    async fn more(&self, party: &Party, access: AccessToken, mut told: Told) -> Result<Told, Wrong> {
        let subject = openidconnect::SubjectIdentifier::new(told.subject.clone());
        let Ok(request) = party.user_info(access, Some(subject)) else { return Ok(told) };
        let said: UserInfoClaims<Rest, CoreGenderClaim> =
            request.request_async(&self.http).await.map_err(|e| Wrong::Other(self::told(&e)))?;
        let Ok(Value::Object(said)) = serde_json::to_value(&said) else { return Ok(told) };
        for (claim, value) in said {
            told.claims.entry(claim).or_insert(value);
        }
        Ok(told)
    }
}

/// The token of an answer, where it holds.
fn verified(party: &Party, tokens: &Tokens, nonce: &str, now: Moment) -> Result<Told, Wrong> {
    let token = tokens.id_token().ok_or_else(|| Wrong::Other("there is no token".into()))?;
    let seconds = now.0.div_euclid(1_000_000);
    let verifier = party
        .id_token_verifier()
        .set_allowed_algs(SIGNED)
        .set_time_fn(move || chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default());
    let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| match error {
        ClaimsVerificationError::Expired(_) => Wrong::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Wrong::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Wrong::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Wrong::Nonce,
        ClaimsVerificationError::SignatureVerification(why) => Wrong::Signature(why.to_string()),
        error => Wrong::Other(error.to_string()),
    })?;
    let Ok(Value::Object(said)) = serde_json::to_value(claims) else {
        return Err(Wrong::Other("the token is no object".into()));
    };
    let methods = claims.auth_method_refs().into_iter().flatten().map(|method| method.to_string());
    let methods = methods.chain(claims.auth_context_ref().map(|class| class.to_string())).collect();
    let (issuer, subject) = (claims.issuer().to_string(), claims.subject().to_string());
    Ok(Told { issuer, subject, claims: said, methods })
}

/// An error with what is behind it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text
}
