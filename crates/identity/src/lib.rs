//! People: who they are, which roles they hold where and when, how they log in.
//!
//! - [`store`]: the tables; [`model`]: the nouns.
//! - [`rules`]: what people type about people, read.
//! - [`secrets`]: random secrets, what is kept of them, the key of the data folder.
//! - [`password`]: hashing that costs everybody the same, passwords that too many know.
//! - [`second`]: the second factor, codes by time.
//! - [`login`]: from a name and a password to a session, step by step.
//! - [`fresh`]: what whoever is logged in shows anew before something that a session alone must not do.
//! - [`keeper`]: what the edge asks of people ([`web::People`]), in every request.
//! - [`agency_guard`]: agencies edited while roles are held in them.
//! - [`corrections`]: name, login and address of somebody, corrected.
//! - [`listing`]: people searched, filtered, ordered, a page at a time.
//! - [`mergers`]: what a merger does to people.
//! - [`passkey`]: passkeys, which show both factors at once.
//! - [`personal`]: what is kept of people, exported, erased, forgotten in time.
//! - [`proposals`]: power over figures or people, which a second administrator lets pass.
//! - [`providers`], [`linked`]: logging in at a provider (OpenID Connect), and what its word is worth.
//! - [`recovery`]: codes on paper in place of the phone.
//! - [`roster`]: the people of many units from one spreadsheet.
//! - [`tokens`]: tokens of programs.
//! - [`told`]: what people are told of their account, in the pages and by letter.
//! - [`pages`]: login, the own account, the first administrator, people and their roles.

pub mod agency_guard;
pub mod corrections;
pub mod fresh;
pub mod keeper;
pub mod linked;
pub mod listing;
pub mod login;
pub mod mergers;
mod migrations;
pub mod model;
pub mod pages;
pub mod passkey;
pub mod password;
pub mod personal;
pub mod posts;
pub mod proposals;
pub mod providers;
pub mod recovery;
pub mod roster;
pub mod rules;
pub mod second;
pub mod secrets;
pub mod store;
pub mod tokens;
pub mod told;

pub use keeper::Identity;
pub use pages::room;

/// What is sealed by the key of the data folder: second factors, halves of codes that wait.
pub const SEALED: &[::store::secrets::Sealed] = &[
    ::store::secrets::Sealed { table: "identity_person", column: "totp" },
    ::store::secrets::Sealed { table: "identity_proposal", column: "half" },
];
