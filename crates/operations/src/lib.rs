//! What those see who run the site: jobs, letters, how the database and its backups are doing; and everybody's own notices.
//!
//! - [`post`]: hands letters over to a mail server.
//! - [`calls`]: calls programs elsewhere (webhooks).
//! - [`pages`]: the pages and their API. Notices themselves, and the letters that wait, are kept by `web::notices`.

pub mod calls;
pub mod pages;
pub mod post;

pub use calls::Calls;
pub use pages::{description, room};
pub use post::Post;
