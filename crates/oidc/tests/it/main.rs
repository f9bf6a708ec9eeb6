//! A provider's word is believed where all of it holds, and in no other case.

use kernel::Clock;
use oidc::{Back, Client, Flow, Provider, Told, Wrong};
use serde_json::json;
use std::collections::HashMap;
use testkit::{
    CLOCK, block_on,
    provider::{self, Says},
};

const REDIRECT: &str = "https://lang.example/dang-nhap/oidc/tinh/ve";

fn seconds() -> i64 {
    CLOCK.now().0 / 1_000_000
}

fn asked(there: &provider::Provider) -> Provider {
    let (client, secret) = ("langso".to_owned(), Some("bí mật".to_owned()));
    Provider { issuer: there.issuer.clone(), client, secret, scopes: vec!["profile".into()] }
}

fn brought(fields: &HashMap<String, String>) -> Back {
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    Back { state: get("state"), code: get("code"), iss: get("iss"), error: get("error") }
}

/// A login from its beginning to its end: what the provider says, and what is done to what the browser brings back.
fn login(spoil: impl Fn(&mut Says, &mut Back, &mut Flow)) -> Result<Told, Wrong> {
    let there = provider::Provider::start();
    let mut says = there.good("langso", "sub-1", seconds());
    there.says(says.clone());
    let client = Client::new().expect("certificates");
    let asked = asked(&there);
    block_on(async {
        let (address, mut flow) = client.start(&asked, REDIRECT, CLOCK.now()).await?;
        let mut back = brought(&there.visit(&address));
        spoil(&mut says, &mut back, &mut flow);
        there.says(says);
        // As whoever restarted in between meets it.
        Client::new().expect("certificates").finish(&asked, REDIRECT, &flow, &back, CLOCK.now()).await
    })
}

fn claims(change: serde_json::Value) -> impl Fn(&mut Says, &mut Back, &mut Flow) {
    move |says, _, _| {
        for (claim, value) in change.as_object().into_iter().flatten() {
            says.claims[claim] = value.clone();
        }
    }
}

#[test]
fn whoever_comes_back_is_told_by_issuer_and_subject() -> Result<(), Wrong> {
    let told = login(|says, _, _| {
        says.claims["groups"] = json!(["a", "b"]);
        says.claims["amr"] = json!(["pwd", "otp"]);
        says.claims["acr"] = json!("silver");
        says.userinfo = json!({"sub": "sub-1", "name": "Lý Thị Hoa", "more": "x", "groups": ["c"]});
    })?;
    assert_eq!(told.subject, "sub-1");
    assert!(told.issuer.starts_with("http://127.0.0.1:"));
    assert_eq!(told.methods, ["pwd", "otp", "silver"]);
    assert!(told.says("groups", "a") && told.says("groups", "b"), "{told:?}");
    assert!(!told.says("groups", "c"), "the signed token comes first");
    assert_eq!((told.text("name"), told.text("more")), (Some("Lý Thị Hoa"), Some("x")));
    Ok(())
}

#[test]
fn another_provider_that_answers_is_refused() {
    assert_eq!(login(|_, back, _| back.iss = "https://evil.example".into()), Err(Wrong::Issuer));
    assert_eq!(login(|_, back, _| back.iss.clear()), Err(Wrong::Issuer), "it says that it names itself");
    assert!(login(|says, back, _| (says.names_itself, back.iss) = (false, String::new())).is_ok());
    let unasked = login(|says, back, _| (says.names_itself, back.iss) = (false, "https://evil.example".into()));
    assert_eq!(unasked, Err(Wrong::Issuer), "whoever names itself does it truly");
    assert_eq!(login(claims(json!({"iss": "https://evil.example"}))), Err(Wrong::Issuer));
}

#[test]
fn a_description_that_is_of_another_provider_sends_nobody_there() {
    let there = provider::Provider::start();
    let start = |described: &str| {
        there.says(Says { described: described.to_owned(), ..there.good("langso", "sub-1", seconds()) });
        let client = Client::new().expect("certificates");
        block_on(client.start(&asked(&there), REDIRECT, CLOCK.now())).map(|(address, _)| address)
    };
    for described in ["https://evil.example", &format!("{}/", there.issuer), ""] {
        assert!(matches!(start(described), Err(Wrong::Unreachable(_))), "{described:?}");
    }
    assert!(start(&there.issuer).is_ok_and(|address| address.starts_with(&there.issuer)));
}

#[test]
fn the_token_of_another_login_is_refused() {
    assert_eq!(login(claims(json!({"nonce": "another"}))), Err(Wrong::Nonce));
    assert_eq!(login(claims(json!({"nonce": null}))), Err(Wrong::Nonce));
    assert_eq!(login(|_, back, _| back.state = "another".into()), Err(Wrong::Nonce));
}

#[test]
fn a_code_is_worth_nothing_without_its_verifier() -> Result<(), Wrong> {
    // Whoever catches a code, and brings it to a login of their own.
    let there = provider::Provider::start();
    there.says(there.good("langso", "sub-1", seconds()));
    let (client, asked) = (Client::new().expect("certificates"), asked(&there));
    block_on(async {
        let (address, _) = client.start(&asked, REDIRECT, CLOCK.now()).await?;
        let caught = brought(&there.visit(&address));
        let (_, own) = client.start(&asked, REDIRECT, CLOCK.now()).await?;
        let back = Back { state: own.state.clone(), ..caught };
        let came = client.finish(&asked, REDIRECT, &own, &back, CLOCK.now()).await;
        assert!(matches!(came, Err(Wrong::Refused(_))), "{came:?}");
        Ok(())
    })
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    assert_eq!(login(claims(json!({"aud": "another"}))), Err(Wrong::Audience));
    assert_eq!(login(claims(json!({"aud": ["another", "third"]}))), Err(Wrong::Audience));
}

#[test]
fn a_token_that_ended_is_refused() {
    assert_eq!(login(claims(json!({"exp": seconds() - 1}))), Err(Wrong::Expired));
    assert!(login(claims(json!({"exp": seconds() + 1}))).is_ok(), "by our clock, not by the machine's");
}

#[test]
fn a_token_that_is_not_signed_by_the_provider_is_refused() {
    for (alg, foreign) in [("none", false), ("HS256", false), ("ES256", true), ("RS256", false)] {
        let told = login(|says, _, _| (says.alg, says.foreign_key) = (alg, foreign));
        assert!(matches!(told, Err(Wrong::Signature(_))), "{alg}: {told:?}");
    }
}

#[test]
fn what_is_said_of_somebody_else_is_refused() {
    let told = login(|says, _, _| says.userinfo = json!({"sub": "sub-2", "groups": ["a"]}));
    assert!(matches!(told, Err(Wrong::Other(_))), "{told:?}");
}

#[test]
fn no_code_no_login() {
    assert_eq!(login(|_, back, _| back.error = "access_denied".into()), Err(Wrong::Refused("access_denied".into())));
    assert_eq!(login(|_, back, _| back.code.clear()), Err(Wrong::Refused(String::new())));
    let nobody = Provider { issuer: "http://127.0.0.1:9".into(), client: "x".into(), secret: None, scopes: vec![] };
    let open = Provider { issuer: "http://login.example".into(), ..nobody.clone() };
    block_on(async {
        let client = Client::new().expect("certificates");
        assert!(matches!(client.start(&nobody, REDIRECT, CLOCK.now()).await, Err(Wrong::Unreachable(_))));
        assert!(matches!(client.start(&open, REDIRECT, CLOCK.now()).await, Err(Wrong::Configured(_))), "without https");
    });
}
