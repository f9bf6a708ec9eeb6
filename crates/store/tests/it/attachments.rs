use bytes::Bytes;
use futures::{TryStreamExt, stream};
use kernel::{Actor, Clock, FixedClock, Moment, SystemClock};
use store::{
    StoreError,
    attachments::{self, Attachments, Blob},
};
use testkit::{CLOCK, each_engine};

type Part = Result<Bytes, std::io::Error>;

fn parts(text: &str) -> impl futures::Stream<Item = Part> + Send + use<> {
    let parts: Vec<Part> = text.as_bytes().chunks(3).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    stream::iter(parts)
}

async fn read(files: &Attachments, blob: &Blob) -> store::Result<String> {
    let parts: Vec<Bytes> = files.get(blob).await?.try_collect().await?;
    Ok(String::from_utf8_lossy(&parts.concat()).into_owned())
}

#[test]
fn a_file_is_kept_under_its_hash_and_belongs_to_its_subject() {
    each_engine(&[], |store| async move {
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().join("files").display().to_string())?;
        let blob = files.put(parts("biên bản"), 100).await?;
        assert_eq!(blob.size, 11);
        assert_eq!(blob.sha256, "da6cb6b7f73807c779212f4ffd1b1c7d6d3d880162ca0cc7d0623bfb45ad07d6");
        assert_eq!(files.put(parts("biên bản"), 100).await?, blob, "equal files are kept once");
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let id = tx.attach(&blob, "../../etc/Biên bản.pdf", "application/pdf", "figure", "17").await?;
        tx.commit().await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let found = attachments::find(&mut tx, id).await?.expect("it is there");
        assert_eq!((found.name.as_str(), found.actor.as_str(), &found.blob), ("Biên bản.pdf", "local_admin", &blob));
        assert_eq!(attachments::of(&mut tx, "figure", "17").await?, [found]);
        assert!(attachments::of(&mut tx, "figure", "18").await?.is_empty());
        assert_eq!(read(&files, &blob).await?, "biên bản");
        Ok(())
    });
}

#[test]
fn refused_files_leave_nothing_and_changed_ones_are_noticed() {
    testkit::block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let files = Attachments::open(&folder.path().display().to_string()).unwrap();
        let refused = files.put(parts("quá dài"), 4).await.unwrap_err();
        assert!(matches!(refused, StoreError::TooLarge { most: 4 }), "{refused}");
        let cut = stream::iter([Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("the line broke"))]);
        assert!(files.put(cut, 100).await.is_err());
        let left = walk(folder.path());
        assert!(left.is_empty(), "left behind: {left:?}");

        let blob = files.put(parts("one"), 100).await.unwrap();
        let path = &walk(folder.path())[0];
        std::fs::write(path, "two").unwrap();
        assert!(matches!(read(&files, &blob).await, Err(StoreError::Corrupt(_))));
        for wrong in ["", "..", "../../etc/passwd", &"g".repeat(64)] {
            let blob = Blob { sha256: wrong.to_owned(), size: 1 };
            assert!(files.get(&blob).await.is_err(), "{wrong}");
        }
    });
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(walk(&path)),
            path => found.push(path),
        }
    }
    found
}

#[test]
fn files_without_a_row_are_swept_after_a_day() {
    each_engine(&[], |store| async move {
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let kept = files.put(parts("kept"), 100).await?;
        let orphan = files.put(parts("orphan"), 100).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        tx.attach(&kept, "a.txt", "text/plain", "figure", "1").await?;
        tx.commit().await?;
        // Files carry the machine's time.
        let now = SystemClock.now().0;
        assert_eq!(files.sweep(&store, &FixedClock(Moment(now))).await?, 0, "the row may still come");
        assert_eq!(files.sweep(&store, &FixedClock(Moment(now + 2 * 86_400_000_000))).await?, 1);
        assert!(files.get(&orphan).await.is_err());
        assert_eq!(read(&files, &kept).await?, "kept");
        Ok(())
    });
}

/// Needs a bucket: `LANGSO_TEST_S3=s3://BUCKET/PREFIX` and the variables of [`Attachments::open`].
#[test]
#[ignore = "needs an S3-compatible server: LANGSO_TEST_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"]
fn a_bucket_keeps_files_as_a_folder_does() {
    each_engine(&[], |store| async move {
        let address = std::env::var("LANGSO_TEST_S3")?;
        let files = Attachments::open(&address)?;
        // More than one part: 20 MiB.
        let part = |n: u8| Ok::<_, std::io::Error>(Bytes::from(vec![n; 1 << 20]));
        let large = files.put(stream::iter((0..20).map(part)), 32 << 20).await?;
        let small = files.put(parts("nhỏ"), 100).await?;
        assert_eq!((large.size, read(&files, &small).await?.as_str()), (20 << 20, "nhỏ"));
        let bytes: Vec<Bytes> = files.get(&large).await?.try_collect().await?;
        assert_eq!(bytes.iter().map(Bytes::len).sum::<usize>(), 20 << 20);
        assert!(files.put(stream::iter((0..20).map(part)), 8 << 20).await.is_err());
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        tx.attach(&small, "a.txt", "text/plain", "figure", "1").await?;
        tx.commit().await?;
        let later = FixedClock(Moment(SystemClock.now().0 + 2 * 86_400_000_000));
        assert_eq!(files.sweep(&store, &later).await?, 1);
        assert!(files.get(&large).await.is_err() && files.get(&small).await.is_ok());
        Ok(())
    });
}
