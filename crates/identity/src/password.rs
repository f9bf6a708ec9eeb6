//! Passwords: argon2id with the parameters of OWASP's cheat sheet (19 MiB, two passes, one lane); at least eight characters,
//! at most 200, none of those that too many know; no other rule (ASVS 5, V6.2).
//!
//! A hash costs some 20 ms and 19 MiB; only so many run at once, and only so many wait, so that a storm of logins slows
//! logins alone. Of the places one network has a share, so that a storm from there leaves room for everybody else.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use std::{
    collections::HashMap,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Semaphore;

pub const LEAST: usize = 8;
pub const MOST: usize = 200;

/// Hashes that run at once.
const AT_ONCE: usize = 1;
/// Those that may wait.
const WAITING: usize = 64;
/// Of these, those of one network.
pub const SHARE: usize = 16;

static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);
/// How many places are taken, by whom asks.
static QUEUED: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);
/// Hashes made so far, whether somebody was known or not.
pub static MADE: AtomicU64 = AtomicU64::new(0);

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A place among those that wait or run, for whom asks; nobody in particular has no share.
struct Place(String);

impl Place {
    fn take(asks: &str) -> Result<Place, Busy> {
        let mut queued = QUEUED.lock().unwrap_or_else(PoisonError::into_inner);
        // At most as many entries as places.
        if queued.values().sum::<usize>() >= WAITING
            || (!asks.is_empty() && queued.get(asks).is_some_and(|&taken| taken >= SHARE))
        {
            return Err(Busy);
        }
        *queued.entry(asks.to_owned()).or_default() += 1;
        Ok(Place(asks.to_owned()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queued = QUEUED.lock().unwrap_or_else(PoisonError::into_inner);
        match queued.get_mut(&self.0) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(queued.remove(&self.0)),
        }
    }
}

/// Runs something as dear as a hash, off the threads that answer requests.
async fn dear<T: Send + 'static>(asks: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    let place = Place::take(asks)?;
    let permit = RUNNING.acquire().await.map_err(|_| Busy)?;
    MADE.fetch_add(1, Ordering::Relaxed);
    // Both go with the work: whoever hangs up does not make room while their hash still runs.
    let held = move || {
        let _held = (place, permit);
        work()
    };
    tokio::task::spawn_blocking(held).await.map_err(|_| Busy)
}

/// The hash of a new password in PHC form, for whoever showed already that they may set one. Cost: one hash.
pub async fn hashed(password: &str) -> Result<String, Busy> {
    let password = password.to_owned();
    dear("", move || {
        let salt = SaltString::encode_b64(&crate::secrets::random::<16>()).expect("16 bytes are a salt");
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.expect("a password of at most 200 characters has a hash").to_string()
    })
    .await
}

/// A hash of which nobody knows a password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$8f3Yx1rLz0m7aQvKc2dTng$Zk1mVw3uX9yQe7rTb5nHs2jLp8cAd4fGiKoM0xWvS6E";

/// Whether this is the password of that hash; of nobody's hash it is none, at the same cost. `asks`: whose share of the
/// places it takes, a network's or a session's. Cost: one hash.
pub async fn is(asks: &str, password: &str, hash: Option<&str>) -> Result<bool, Busy> {
    let (password, known) = (password.to_owned(), hash.is_some());
    let hash = hash.unwrap_or(NOBODY).to_owned();
    let same = dear(asks, move || {
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
    })
    .await?;
    Ok(same && known)
}

/// Passwords that too many know, in lower case, a line each; where they come from stands beside them.
const COMMON: &str = include_str!("../data/common.txt");

/// Guesses below which a password is one that too many know: the 30,000 most used ones of `zxcvbn`'s list (11,611 of them of
/// eight characters or more), alone or written a little otherwise, dates, rows of keys and repetitions.
const FEW: u64 = 100_000;

/// What is wrong with a new password: the key of a phrase.
pub fn wrong(password: &str, login: &str, name: &str) -> Option<&'static str> {
    let count = password.chars().count();
    let lower = password.to_lowercase();
    let known = || COMMON.lines().any(|line| line == lower) || zxcvbn::zxcvbn(&lower, &[]).guesses() < FEW;
    let own = |text: &str| text.chars().count() >= 4 && lower.contains(&text.to_lowercase());
    let plain: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let one = || plain.chars().next().is_none_or(|first| plain.chars().all(|c| c == first));
    match () {
        () if count < LEAST => Some("password-short"),
        () if count > MOST => Some("password-long"),
        () if known() || one() => Some("password-common"),
        () if own(login) || own(name) => Some("password-own"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_own_passwords_are_refused() {
        let check = |password: &str, wanted| assert_eq!(wrong(password, "tanmy01", "Lý Thị Hoa"), wanted, "{password}");
        check("ngắn quá", None);
        check("1234567", Some("password-short"));
        check("matkhau123", Some("password-common"));
        check("Password1", Some("password-common"));
        check("aaaaaaaaaaaa", Some("password-common"));
        // Of a list of others: far down in it, with a letter put otherwise, a day, a row of keys.
        for known in
            ["skorpion", "mortalkombat", "M0rtalkombat", "elizaveta", "26031988", "zaq12wsx", "trustno1", "asdfghjkl"]
        {
            check(known, Some("password-common"));
        }
        check("sóc-nâu-ăn-hạt-dẻ", None);
        check("kf8-Wq2-ruo", None);
        check("toi-la-TanMy01", Some("password-own"));
        check(&"x1".repeat(101), Some("password-long"));
        check("bốn con trâu uống trà", None);
    }

    #[test]
    fn an_unknown_user_costs_as_many_hashes_as_a_known_one() {
        let _alone = ALONE.lock();
        let nobody = PasswordHash::new(NOBODY).expect("a hash");
        assert!(
            Argon2::default()
                .verify_password(b"x", &nobody)
                .is_err_and(|e| e == argon2::password_hash::Error::Password)
        );
        testkit::block_on(async {
            let hash = hashed("bốn con trâu").await.expect("a hash");
            let made = || MADE.load(Ordering::Relaxed);
            for (given, hash, same) in [
                ("bốn con trâu", Some(&*hash), true),
                ("năm con trâu", Some(&*hash), false),
                ("bốn con trâu", None, false),
            ] {
                let before = made();
                assert_eq!(is("203.0.113", given, hash).await, Ok(same));
                assert_eq!(made() - before, 1);
            }
        });
    }

    /// One at a time: they count what the whole program does.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn who_hangs_up_makes_no_room_while_the_work_goes_on() {
        let _alone = ALONE.lock();
        testkit::block_on(async {
            let (gate, wait) = std::sync::mpsc::channel::<()>();
            let running = tokio::spawn(dear("203.0.113", move || wait.recv()));
            while RUNNING.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            running.abort();
            assert!(running.await.is_err());
            tokio::task::yield_now().await;
            assert_eq!(RUNNING.available_permits(), 0, "the work goes on and nobody counts it");
            gate.send(()).expect("it waits");
        });
    }

    #[test]
    fn a_full_share_of_one_network_leaves_room_for_another() {
        let _alone = ALONE.lock();
        testkit::block_on(async {
            let (gate, wait) = std::sync::mpsc::channel::<()>();
            let taken = || QUEUED.lock().expect("places").get("203.0.113").copied().unwrap_or_default();
            let first = tokio::spawn(dear("203.0.113", move || wait.recv()));
            while RUNNING.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            let others: Vec<_> = (1..SHARE).map(|_| tokio::spawn(dear("203.0.113", || ()))).collect();
            while taken() < SHARE {
                tokio::task::yield_now().await;
            }
            assert_eq!(dear("203.0.113", || ()).await, Err(Busy), "one network takes every place");
            let elsewhere = tokio::spawn(is("198.51.100", "x", None));
            gate.send(()).expect("it waits");
            assert_eq!(elsewhere.await.expect("it ran"), Ok(false), "no room for another network");
            assert!(first.await.is_ok_and(|ran| ran.is_ok()));
            for other in others {
                assert_eq!(other.await.expect("it ran"), Ok(()));
            }
            assert_eq!(taken(), 0, "a place is kept by whoever is gone");
        });
    }
}
