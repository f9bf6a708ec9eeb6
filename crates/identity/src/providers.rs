//! Providers at whom people may log in (OpenID Connect): `oidc.toml` of the data folder, read and held to its rules; and what
//! a provider's word is worth here: pure.
//!
//! Whoever writes that file decides who gets power by a provider's word: it lies beside the keys of the program, and no page
//! changes it. Nobody becomes an administrator by a claim, only by their name at the provider (`administrators`).

use crate::rules;
use kernel::{CriterionRef, Role};
use oidc::Told;
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The file in the data folder.
pub const FILE: &str = "oidc.toml";

/// Providers, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Providers(Vec<Provider>);

/// Providers with what asks them.
#[derive(Default)]
pub struct Doors {
    pub providers: Providers,
    pub(crate) client: Option<oidc::Client>,
}

impl Doors {
    /// Those providers, asked over the certificates that this machine trusts.
    pub fn open(providers: Providers) -> io::Result<Doors> {
        let client = if providers.all().is_empty() { None } else { Some(oidc::Client::new()?) };
        Ok(Doors { providers, client })
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Names it in addresses: small letters, digits, `-`.
    pub name: String,
    /// What people read on the button.
    pub title: String,
    pub issuer: String,
    pub client_id: String,
    /// A file with the secret; its path from the data folder.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// A variable of the environment with the secret.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// Beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Whether whoever comes and has no account here gets one.
    #[serde(default)]
    pub create: bool,
    #[serde(default = "login_claim")]
    pub login_claim: String,
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Values of `amr` or `acr` that mean two factors; without them ours is asked for.
    #[serde(default)]
    pub two_factors: Vec<String>,
    /// Who becomes an administrator, by their `sub`.
    #[serde(default)]
    pub administrators: Vec<String>,
    /// What a claim is worth.
    #[serde(default, rename = "role")]
    pub roles: Vec<Mapped>,
    #[serde(skip)]
    secret: Option<String>,
}

/// A claim with a value, and the role it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    pub claim: String,
    pub value: String,
    /// The name of a role, as `langso permissions` prints it.
    pub role: String,
    /// The code of the unit where it is held, of a level in which it may be ([`Role::levels`]), which a login looks at; none:
    /// everywhere.
    #[serde(default)]
    pub unit: Option<String>,
    /// `set/number`, separated by commas; none: all.
    #[serde(default)]
    pub criteria: Option<String>,
}

/// A role that a provider's word gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    pub role: &'static str,
    /// The code of the unit.
    pub unit: Option<String>,
    /// JSON, as it is kept.
    pub criteria: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Provider>,
}

fn scopes() -> Vec<String> {
    vec!["profile".into(), "email".into()]
}

fn login_claim() -> String {
    "preferred_username".into()
}

fn name_claim() -> String {
    "name".into()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 30
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl Providers {
    /// Those of a data folder; none where it has no such file. `env` gives a variable of the environment. The error says
    /// what in the file is none.
    pub fn of_folder(data: &Path, env: impl Fn(&str) -> Option<String>) -> io::Result<Providers> {
        let text = match fs::read_to_string(data.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Providers::default()),
            Err(error) => return Err(error),
        };
        let mut providers = Providers::read(&text).map_err(io::Error::other)?;
        for provider in &mut providers.0 {
            let secret = match (&provider.client_secret_file, &provider.client_secret_env) {
                (Some(file), _) => Some(fs::read_to_string(data.join(file)).map_err(|error| {
                    io::Error::new(error.kind(), format!("client_secret_file {}: {error}", file.display()))
                })?),
                (None, Some(name)) => {
                    Some(env(name).ok_or_else(|| io::Error::other(format!("client_secret_env {name} is not set")))?)
                }
                (None, None) => None,
            };
            provider.secret = secret.map(|secret| secret.trim().to_owned());
        }
        Ok(providers)
    }

    /// Of a file's text, without secrets.
    pub fn read(text: &str) -> Result<Providers, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names = BTreeSet::new();
        for provider in &file.provider {
            let wrong = |what: &str| Err(format!("provider {:?}: {what}", provider.name));
            if !is_name(&provider.name) || !names.insert(&provider.name) {
                return wrong("name: small letters, digits and -, each once");
            }
            for mapped in &provider.roles {
                let Some(role) = Role::from_name(&mapped.role).filter(|role| role.is_held()) else {
                    return wrong(&format!("role {:?} is none", mapped.role));
                };
                if role == Role::Administrator {
                    return wrong("nobody becomes an administrator by a claim: name them in administrators");
                }
                if !role.is_of_house() && mapped.unit.is_none() {
                    return wrong(&format!("role {:?} is held in a unit", mapped.role));
                }
                if role.is_of_districts() {
                    return wrong(&format!(
                        "role {:?} is of districts, which are no more: it is given by hand",
                        mapped.role
                    ));
                }
                if mapped.criteria.as_deref().is_some_and(|criteria| rules::criteria(criteria).is_none()) {
                    return wrong("criteria: set/number, separated by commas");
                }
                if mapped.criteria.is_some() && !web::permissions::takes_criteria(role) {
                    return wrong(&format!("criteria: they bound nothing of role {:?}", mapped.role));
                }
            }
        }
        Ok(Providers(file.provider))
    }

    /// A criterion that a role is bounded by and the law does not know: the provider and what it names.
    pub fn unknown(&self, law: &web::Criteria) -> Option<String> {
        let one = |provider: &Provider| {
            let named = provider.roles.iter().filter_map(|mapped| rules::criteria(mapped.criteria.as_deref()?)?);
            let all: Vec<CriterionRef> = named.flatten().collect();
            let CriterionRef { set, no } = law.unknown(&all)?;
            Some(format!("provider {:?}: criteria: the law has no {set}/{no}", provider.name))
        };
        self.0.iter().find_map(one)
    }

    pub fn all(&self) -> &[Provider] {
        &self.0
    }

    pub fn named(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name == name)
    }
}

impl Provider {
    /// As it is asked.
    pub fn asked(&self) -> oidc::Provider {
        oidc::Provider {
            issuer: self.issuer.clone(),
            client: self.client_id.clone(),
            secret: self.secret.clone(),
            scopes: self.scopes.clone(),
        }
    }

    /// The roles that its word gives, each once.
    pub fn gives(&self, told: &Told) -> BTreeSet<Given> {
        let json = |criteria: &str| -> Option<String> {
            let criteria: Option<Vec<CriterionRef>> = rules::criteria(criteria).flatten();
            criteria.and_then(|criteria| serde_json::to_string(&criteria).ok())
        };
        let said = self.roles.iter().filter(|mapped| told.says(&mapped.claim, &mapped.value)).filter_map(|mapped| {
            let role = Role::from_name(&mapped.role)?.name();
            Some(Given { role, unit: mapped.unit.clone(), criteria: mapped.criteria.as_deref().and_then(json) })
        });
        let named = self.administrators.contains(&told.subject);
        let administrator = Given { role: Role::Administrator.name(), unit: None, criteria: None };
        said.chain(named.then_some(administrator)).collect()
    }

    /// Whether they showed two factors there.
    pub fn is_strong(&self, told: &Told) -> bool {
        told.methods.iter().any(|method| self.two_factors.contains(method))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const GOOD: &str = r#"
[[provider]]
name = "tinh"
title = "Tài khoản của tỉnh"
issuer = "https://login.example"
client_id = "langso"
two_factors = ["mfa"]
administrators = ["sub-1"]
[[provider.role]]
claim = "groups"
value = "tan-my"
role = "commune_officer"
unit = "08881"
criteria = "commune-2021-2025/10, commune-2021-2025/11"
[[provider.role]]
claim = "groups"
value = "doc"
role = "ministry_reader"
"#;

    fn told(subject: &str, groups: serde_json::Value) -> Told {
        let claims = json!({"groups": groups, "administrator": true}).as_object().cloned().unwrap_or_default();
        Told { issuer: "https://login.example".into(), subject: subject.into(), claims, methods: vec!["pwd".into()] }
    }

    #[test]
    fn a_claim_is_worth_what_the_file_says_and_nobody_is_an_administrator_by_one() {
        let providers = Providers::read(GOOD).expect("a good file");
        let provider = providers.named("tinh").expect("it is there");
        let roles = |told: &Told| provider.gives(told).into_iter().map(|given| given.role).collect::<Vec<_>>();
        assert_eq!(
            roles(&told("x", json!(["tan-my", "doc", "administrator"]))),
            ["commune_officer", "ministry_reader"]
        );
        assert_eq!(roles(&told("x", json!("tan-my"))), ["commune_officer"]);
        assert_eq!(roles(&told("x", json!("tan"))), [""; 0]);
        assert_eq!(roles(&told("sub-1", json!([]))), ["administrator"]);
        let first = provider.gives(&told("x", json!("tan-my"))).into_iter().next().expect("a role");
        assert_eq!(first.unit.as_deref(), Some("08881"));
        assert!(
            first.criteria.is_some_and(|criteria| criteria.contains("commune-2021-2025") && criteria.contains("11"))
        );
        assert!(!provider.is_strong(&told("x", json!([]))));
        assert!(provider.is_strong(&Told { methods: vec!["mfa".into()], ..told("x", json!([])) }));
    }

    #[test]
    fn a_criterion_that_the_law_does_not_know_is_named() {
        let name = || (String::new(), String::new());
        let law = |nos: &[&str]| {
            let criteria = nos.iter().map(|no| ((*no).to_owned(), name())).collect();
            web::Criteria(vec![web::CriteriaSet { id: "commune-2021-2025".into(), name: name(), criteria }])
        };
        let providers = Providers::read(GOOD).expect("a good file");
        assert_eq!(providers.unknown(&law(&["10", "11"])), None);
        let unknown = providers.unknown(&law(&["10"])).expect("11 is not there");
        assert!(unknown.contains("tinh") && unknown.contains("commune-2021-2025/11"), "{unknown}");
    }

    #[test]
    fn a_file_that_says_something_else_is_refused() {
        for (from, to, wanted) in [
            ("commune_officer", "administrator", "administrators"),
            ("commune_officer", "king", "is none"),
            ("commune_officer", "local_admin", "is none"),
            ("unit = \"08881\"", "", "held in a unit"),
            ("commune_officer", "district_leader", "no more"),
            ("name = \"tinh\"", "name = \"Tỉnh\"", "small letters"),
            ("issuer", "isuer", "isuer"),
            ("commune-2021-2025/10,", "10,", "criteria"),
            ("commune_officer", "commune_leader", "bound nothing"),
        ] {
            let error = Providers::read(&GOOD.replacen(from, to, 1)).expect_err(to);
            assert!(error.contains(wanted), "{to}: {error}");
        }
        assert!(Providers::read(&format!("{GOOD}{GOOD}")).is_err(), "one name twice");
    }
}
