//! An authenticator that does as it should is let in; one that does anything else is not.

use passkeys::{Made, Party, Passkey, Refused, Shown, ask, ask_new};
use testkit::authenticator::Authenticator;

const ORIGIN: &str = "https://lang.example";
const HANDLE: passkeys::Handle = [9; 16];

fn party() -> Party {
    Party::at(ORIGIN).expect("an address")
}

fn authenticator() -> Authenticator {
    Authenticator::new(ORIGIN, "lang.example")
}

fn made(authenticator: &mut Authenticator) -> Result<Passkey, Refused> {
    let asked = ask_new(&party(), HANDLE, "tanmy", "Lý Thị Hoa", vec![])?;
    let made = Made::read(&authenticator.make(&asked.options))?;
    assert_eq!(made.challenge()?, asked.challenge);
    made.hold(&party(), &asked.state, HANDLE)
}

fn shown(authenticator: &mut Authenticator, kept: &Passkey) -> Result<Vec<u8>, Refused> {
    let asked = ask(&party())?;
    let shown = Shown::read(&authenticator.show(&asked.options))?;
    assert_eq!(shown.challenge()?, asked.challenge);
    assert_eq!(shown.id(), kept.id);
    shown.hold(&party(), &asked.state, kept)
}

#[test]
fn a_passkey_is_made_and_shown() -> Result<(), Refused> {
    let mut authenticator = authenticator();
    let mut kept = made(&mut authenticator)?;
    assert_eq!((kept.handle, &kept.id), (HANDLE, &authenticator.id));
    authenticator.counter = 5;
    let state = shown(&mut authenticator, &kept)?;
    assert_ne!(state, kept.state, "the counter is kept");
    kept.state = state;
    shown(&mut authenticator, &kept)?;
    Ok(())
}

/// What must not be let in: how the authenticator is spoilt, and what is said of it.
fn refused(spoil: impl Fn(&mut Authenticator), wanted: Refused) {
    let mut good = authenticator();
    let kept = made(&mut good).expect("a passkey");
    good.counter = 9;
    spoil(&mut good);
    assert_eq!(shown(&mut good, &kept), Err(wanted));
}

#[test]
fn an_answer_for_another_page_is_refused() {
    refused(|a| a.origin = "https://lang.example.evil".into(), Refused::Origin);
    refused(|a| a.origin = "https://lang.example:8443".into(), Refused::Origin);
    refused(|a| a.origin = "http://lang.example".into(), Refused::Origin);
    let mut foreign = authenticator();
    foreign.origin = "https://evil.example".into();
    assert_eq!(made(&mut foreign), Err(Refused::Origin));
}

#[test]
fn an_answer_for_another_domain_is_refused() {
    refused(|a| a.domain = "evil.example".into(), Refused::Domain);
    let mut foreign = authenticator();
    foreign.domain = "evil.example".into();
    assert_eq!(made(&mut foreign), Err(Refused::Domain));
}

#[test]
fn an_owner_who_was_not_verified_is_refused() {
    refused(|a| a.verified = false, Refused::Unverified);
    let mut open = authenticator();
    open.verified = false;
    assert_eq!(made(&mut open), Err(Refused::Unverified));
}

#[test]
fn a_counter_that_goes_back_or_stands_still_is_refused() -> Result<(), Refused> {
    let mut authenticator = authenticator();
    let mut kept = made(&mut authenticator)?;
    authenticator.counter = 9;
    kept.state = shown(&mut authenticator, &kept)?;
    for counter in [3, 9] {
        authenticator.counter = counter;
        assert_eq!(shown(&mut authenticator, &kept), Err(Refused::Counter), "{counter}");
    }
    authenticator.counter = 10;
    shown(&mut authenticator, &kept)?;
    Ok(())
}

#[test]
fn the_answer_to_another_question_is_refused() -> Result<(), Refused> {
    let mut authenticator = authenticator();
    let kept = made(&mut authenticator)?;
    let (asked, other) = (ask(&party())?, ask(&party())?);
    let shown = Shown::read(&authenticator.show(&asked.options))?;
    assert_eq!(shown.hold(&party(), &other.state, &kept), Err(Refused::Challenge));
    let (asked, other) = (
        ask_new(&party(), HANDLE, "tanmy", "Lý Thị Hoa", vec![])?,
        ask_new(&party(), HANDLE, "tanmy", "Lý Thị Hoa", vec![])?,
    );
    let made = Made::read(&authenticator.make(&asked.options))?;
    assert_eq!(made.hold(&party(), &other.state, HANDLE), Err(Refused::Challenge));
    assert_eq!(made.hold(&party(), &asked.state, [1; 16]), Err(Refused::Challenge), "asked of somebody else");
    Ok(())
}

#[test]
fn another_key_and_another_person_are_refused() {
    refused(|a| a.handle = vec![1; 16], Refused::Other("the user handle does not match".into()));
    let mut good = authenticator();
    let kept = made(&mut good).expect("a passkey");
    let mut thief = Authenticator::new("https://thief.example", "lang.example");
    (thief.origin, thief.handle, thief.counter) = (ORIGIN.into(), good.handle.clone(), 9);
    assert_eq!(shown(&mut thief, &kept), Err(Refused::Signature));
}

#[test]
fn what_is_no_answer_is_unreadable() {
    for text in ["", "{}", "[]", "null", r#"{"id":"AA","rawId":"AB","type":"public-key"}"#] {
        assert!(matches!(Made::read(text), Err(Refused::Unreadable(_))), "{text}");
        assert!(matches!(Shown::read(text), Err(Refused::Unreadable(_))), "{text}");
    }
}
