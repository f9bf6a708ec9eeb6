//! What those see who run the site: jobs, letters, how the database and its backups are doing; and everybody's own notices.
//!
//! - [`post`]: hands letters over to a mail server.
//! - [`pages`]: the pages and their API. Notices themselves, and the letters that wait, are kept by `web::notices`.

pub mod pages;
pub mod post;

pub use pages::{description, room};
pub use post::Post;
