//! kill -9 in the middle of an upload: what was acknowledged is there, and the upload goes on to the very same bytes.
//!
//! `LANGSO_KILLS` kills on each engine (5); `LANGSO_SEED` another course of events.

use crate::{
    faults::{blocks, confined, setting, verify},
    program::{Dice, Served, office, text, well},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};
use testkit::Database;

/// Bytes of a scan, and of each part.
const SIZE: usize = 4_000_000;
const PART: usize = 100_000;

/// An answer: status, and headers in small letters.
struct Said {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Said {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    }
}

/// Whom one asks, as whom.
#[derive(Clone)]
struct Door {
    address: String,
    token: String,
}

fn ask(
    Door { address, token }: &Door,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> std::io::Result<Said> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nTus-Resumable: 1.0.0\r\n");
    head += &format!("Authorization: Bearer {token}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(cut)?;
    Ok(Said { status, head, body: all[end + 4..].to_vec() })
}

fn part(door: &Door, path: &str, bytes: &[u8], offset: usize) -> std::io::Result<Said> {
    let headers = [("Upload-Offset", offset.to_string()), ("Content-Type", "application/offset+octet-stream".into())];
    ask(door, "PATCH", path, &headers, &bytes[offset..(offset + PART).min(bytes.len())])
}

/// Sends part after part until all is there or the line is cut: how much was acknowledged, and the piece it became.
fn sent(door: &Door, path: &str, bytes: &[u8], from: usize) -> (usize, Option<String>) {
    let mut offset = from;
    while let Ok(said) = part(door, path, bytes, offset) {
        assert_eq!(said.status, 204, "{}", String::from_utf8_lossy(&said.body));
        offset = said.header("upload-offset").and_then(|o| o.parse().ok()).expect("an offset");
        if let Some(piece) = said.header("langso-evidence") {
            return (offset, Some(piece.to_owned()));
        }
    }
    (offset, None)
}

fn killed(what: &str, url: &str, data: &Path, seed: u64) {
    let at = ["--database", url, "--data", text(data)];
    office(&at);
    let only = "attach evidence,read working figures";
    let token = well(&[&["token", "new", "vanphong", "tệp", "--only", only], &at[..]].concat()).trim().to_owned();
    let start = || Served::start(&at);
    let door = |served: &Served| Door { address: served.address.clone(), token: token.clone() };
    let kills = setting("LANGSO_KILLS", 5);
    let mut dice = Dice(seed);
    let mut served = start();
    // A PDF of noise: nothing of it repeats, so a part in the wrong place is seen.
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..SIZE).map(|_| dice.below(256) as u8));
    // unit 250, as Base64.
    let headers =
        [("Upload-Length", bytes.len().to_string()), ("Upload-Metadata", "unit MjUw,filename YS5wZGY=".into())];
    let begun = ask(&door(&served), "POST", "/api/v1/uploads", &headers, b"").expect("an answer");
    assert_eq!(begun.status, 201, "{}", String::from_utf8_lossy(&begun.body));
    let path = begun.header("location").expect("a place").to_owned();
    let (mut acknowledged, mut done, mut lost) = (0, 0, 0);
    let mut piece = None;
    while done < kills || piece.is_none() {
        let (asked, from) = (door(&served), acknowledged);
        let sent = std::thread::scope(|scope| {
            let sender = scope.spawn(|| sent(&asked, &path, &bytes, from));
            if done < kills {
                std::thread::sleep(Duration::from_millis(5 + dice.below(150)));
                served.kill();
                done += 1;
            }
            sender.join().expect("a sender")
        });
        (acknowledged, piece) = sent;
        if done <= kills && !served.healthy() {
            served = start();
        }
        let stands = ask(&door(&served), "HEAD", &path, &[], b"").expect("an answer");
        let there: usize = stands.header("upload-offset").and_then(|o| o.parse().ok()).expect("an offset");
        assert!(there >= acknowledged, "{what}: {acknowledged} were acknowledged, {there} are there");
        lost += there - acknowledged;
        acknowledged = there;
        piece = piece.or_else(|| stands.header("langso-evidence").map(str::to_owned));
    }
    let piece = piece.expect("it came in whole");
    let file = ask(&door(&served), "GET", &format!("/tep-minh-chung/{piece}/tep"), &[], b"").expect("an answer");
    assert!(file.status == 200 && file.body == bytes, "{what}: other bytes than were sent");
    let list = ask(&door(&served), "GET", "/api/v1/units/250/evidence", &[], b"").expect("an answer");
    let list: serde_json::Value = serde_json::from_slice(&list.body).expect("JSON");
    assert_eq!(list["count"], 1, "{what}: {list}");
    let left = std::fs::read_dir(data.join("incoming-evidence")).into_iter().flatten().count();
    assert_eq!(left, 0, "{what}: parts were left behind");
    served.kill();
    verify(&at, data);
    println!(
        "{what}: seed {seed}, {done} kills, nothing acknowledged lost; {lost} bytes there whose answer was cut off"
    );
}

#[test]
fn an_upload_outlives_the_program() {
    let seed = setting("LANGSO_SEED", 1);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("langso.sqlite").display());
    killed("SQLite", &url, folder.path(), seed);
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::create());
    killed("PostgreSQL", &database.url, folder.path(), seed + 1);
}

#[test]
fn a_full_disk_stops_an_upload_and_it_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("langso.sqlite").display());
    let at = ["--database", &url, "--data", text(folder.path())];
    office(&at);
    let only = "attach evidence,read working figures";
    let token = well(&[&["token", "new", "vanphong", "tệp", "--only", only], &at[..]].concat()).trim().to_owned();
    let door = |served: &Served| Door { address: served.address.clone(), token: token.clone() };
    let mut first = Served::start(&at);
    first.terminate();
    // No file may grow beyond what the database has and a little: the scan is larger.
    let blocks = blocks(&folder.path().join("langso.sqlite")) + 2_000;
    let length = 20_000_000.min((blocks as usize + 400) * 1_024);
    let mut dice = Dice(3);
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((bytes.len()..length).map(|_| dice.below(256) as u8));
    let mut served = confined(&at, blocks);
    let headers =
        [("Upload-Length", bytes.len().to_string()), ("Upload-Metadata", "unit MjUw,filename YS5wZGY=".into())];
    let begun = ask(&door(&served), "POST", "/api/v1/uploads", &headers, b"").expect("an answer");
    assert_eq!(begun.status, 201, "{}", String::from_utf8_lossy(&begun.body));
    let path = begun.header("location").expect("a place").to_owned();
    let mut offset = 0;
    let refused = loop {
        let said = part(&door(&served), &path, &bytes, offset).expect("an answer");
        if said.status != 204 {
            break said;
        }
        offset = said.header("upload-offset").and_then(|o| o.parse().ok()).expect("an offset");
        assert!(offset < bytes.len(), "the disk does not get full");
    };
    assert_eq!(refused.status, 507, "{}", String::from_utf8_lossy(&refused.body));
    assert!(offset > 0, "something was acknowledged before");
    assert_eq!(served.get("/").status, 200, "what is there can still be read");
    served.kill();
    let mut served = Served::start(&at);
    let stands = ask(&door(&served), "HEAD", &path, &[], b"").expect("an answer");
    let there: usize = stands.header("upload-offset").and_then(|o| o.parse().ok()).expect("an offset");
    assert!(there >= offset, "{offset} were acknowledged, {there} are there");
    let (all, piece) = sent(&door(&served), &path, &bytes, there);
    assert_eq!(all, bytes.len());
    let piece = piece.expect("it came in whole");
    let file = ask(&door(&served), "GET", &format!("/tep-minh-chung/{piece}/tep"), &[], b"").expect("an answer");
    assert!(file.status == 200 && file.body == bytes, "other bytes than were sent");
    served.kill();
    verify(&at, folder.path());
    println!("full disk: {offset} of {} bytes taken, then {}; the rest later", bytes.len(), refused.status);
}
