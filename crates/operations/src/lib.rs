//! What those see who run the site: jobs, letters, how the database and its backups are doing; and everybody's own notices.
//!
//! - [`post`]: hands letters over to a mail server.
//! - [`calls`]: calls programs elsewhere (webhooks).
//! - [`pages`]: the pages and their API. Notices themselves, and the letters that wait, are kept by `web::notices`.

pub mod calls;
pub mod pages;
pub mod post;

pub use pages::{description, room};
pub use post::Post;

/// Ends the transaction of a job that goes on when the next thing is due, a minute from now at the earliest.
async fn again(mut tx: store::WriteTx, job: &str, next: Option<kernel::Moment>) -> store::Result<()> {
    if let Some(at) = next {
        let soon = kernel::Moment(tx.now().0 + 60_000_000);
        tx.enqueue_once_at(job, at.max(soon)).await?;
    }
    tx.commit().await
}
