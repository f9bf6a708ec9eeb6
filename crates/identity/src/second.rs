//! The second factor: codes of six digits by time (RFC 6238, SHA-1, 30 seconds), as every authenticator program makes them.

use crate::secrets;
use kernel::Moment;
use qrcode::{QrCode, render::svg};
use totp_rs::{Builder, Secret, Totp};

/// How many seconds a code stands.
const STEP: u64 = 30;

/// A new secret of 160 bits.
pub fn secret() -> Vec<u8> {
    secrets::random::<20>().to_vec()
}

fn totp(secret: &[u8]) -> Totp {
    Builder::new().with_secret(Secret::from(secret.to_vec())).with_step_duration(STEP).build_noncompliant()
}

/// As people type it where they cannot point a camera.
pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret.to_vec()).to_base32()
}

/// The code of a moment, for tests and for whoever shows one.
pub fn code(secret: &[u8], at: Moment) -> String {
    totp(secret).generate(seconds(at)).to_string()
}

fn seconds(at: Moment) -> u64 {
    u64::try_from(at.0 / 1_000_000).unwrap_or(0)
}

/// The step of a right code, of this moment or one step to either side, later than the last one that was taken: a code is
/// taken once.
pub fn step(secret: &[u8], code: &str, at: Moment, last: i64) -> Option<i64> {
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let totp = totp(secret);
    let now = seconds(at) / STEP;
    (now.saturating_sub(1)..=now + 1)
        .filter(|step| totp.generate(step * STEP).to_string() == code)
        .filter_map(|step| i64::try_from(step).ok())
        .find(|step| *step > last)
}

/// The address that a program for codes reads (`otpauth`); `issuer` is whose code it is.
pub fn address(secret: &[u8], login: &str, issuer: &str) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let issuer = plain(issuer);
    format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", plain(login), base32(secret))
}

/// The same as a picture to be photographed, SVG without a style of its own.
pub fn picture(address: &str) -> String {
    let code = QrCode::new(address.as_bytes());
    code.map_or_else(|_| String::new(), |code| code.render::<svg::Color>().min_dimensions(220, 220).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_once_and_not_long_after() {
        let secret = b"12345678901234567890";
        let at = |seconds: i64| Moment(seconds * 1_000_000);
        // RFC 6238, appendix B, its last six digits.
        assert_eq!(code(secret, at(59)), "287082");
        assert_eq!(step(secret, "287082", at(59), 0), Some(1));
        assert_eq!(step(secret, "287 082", at(89), 0), Some(1), "a step later");
        assert_eq!(step(secret, "287082", at(59), 1), None, "taken already");
        assert_eq!(step(secret, "287082", at(120), 0), None, "two steps later");
        assert_eq!(step(secret, "287083", at(59), 0), None);
        assert_eq!(step(secret, "", at(59), 0), None);
    }

    #[test]
    fn the_picture_has_no_style() {
        let picture = picture(&address(&secret(), "tanmy", "Tuyên Quang"));
        assert!(picture.contains("<svg") && !picture.contains("style="), "{picture}");
    }
}
