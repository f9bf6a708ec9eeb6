//! The binary started, asked, stopped and killed; HTTP by hand, so that a cut connection is seen as it is.

use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

/// The binary with an environment that says nothing.
pub fn langso(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_langso"));
    for name in ["LANGSO_LISTEN", "LANGSO_DATABASE", "LANGSO_DATA", "LC_ALL", "LC_MESSAGES", "LANG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// What a run gave back.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs to the end.
pub fn run(args: &[&str]) -> Ran {
    ran(langso(args).output().expect("langso starts"))
}

/// Runs to the end; it must be well.
#[track_caller]
pub fn well(args: &[&str]) -> String {
    let ran = run(args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    ran.out
}

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).ok().and_then(|s| usize::from_str_radix(s.trim(), 16).ok());
        let Some(size) = size.filter(|&s| s > 0 && body.len() >= end + 2 + s) else { break };
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[(end + 4 + size).min(body.len())..];
    }
    whole
}

/// A request; an error where the connection broke before the whole answer came.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(cut)?;
    let body = &all[end + 4..];
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    // Answers that never have a body (RFC 9110): nothing was cut off.
    if method == "HEAD" || matches!(status, 204 | 304) {
        return Ok(Answer { status, body: String::new() });
    }
    if length.is_some_and(|length| body.len() < length) || (length.is_none() && !body.ends_with(b"0\r\n\r\n")) {
        return Err(cut());
    }
    let body = if length.is_none() { unchunked(body) } else { body.to_vec() };
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A running server; killed when dropped.
pub struct Served {
    child: Child,
    pub address: String,
}

impl Served {
    /// Starts `command` (which serves at `address`) and waits for its health.
    pub fn wait(mut command: Command, address: String) -> Served {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("langso starts");
        let mut served = Served { child, address };
        for _ in 0..6000 {
            if served.healthy() {
                return served;
            }
            let ended = served.child.try_wait().expect("its state");
            assert!(ended.is_none(), "{command:?} ended with {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{command:?} is not well after a minute");
    }

    /// `langso serve` on a free port.
    pub fn start(args: &[&str]) -> Served {
        let address = format!("127.0.0.1:{}", testkit::free_port());
        let mut command = langso(&["serve", "--listen", &address]);
        command.args(args);
        Served::wait(command, address)
    }

    pub fn healthy(&self) -> bool {
        request(&self.address, "GET", "/healthz", &[], "").is_ok_and(|a| a.status == 200)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        request(&self.address, "GET", path, &[], "").unwrap_or_else(|e| panic!("GET {path}: {e}"))
    }

    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        self.get(path).json()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(kill.is_ok_and(|s| s.success()));
        self.child.wait().expect("its end")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

pub const SET: &str = "commune-2021-2025";

/// Makes somebody of the coordination office and a token with which programs of theirs publish figures; `at`: the database.
#[track_caller]
pub fn office(at: &[&str]) -> String {
    well(&[&["person", "add", "vanphong", "Nông Thị Phương"], at].concat());
    well(&[&["person", "grant", "vanphong", "coordination"], at].concat());
    let only = "import figures,publish figures,read working figures";
    well(&[&["token", "new", "vanphong", "thử", "--only", only], at].concat()).trim().to_owned()
}

/// Imports a table of [`SET`] over the API under a key, published, by a token of [`office`].
pub fn import(address: &str, token: &str, key: &str, csv: &str) -> std::io::Result<Answer> {
    let path = format!("/api/v1/figures?set={SET}&publish=true&source={key}");
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", &*bearer), ("Idempotency-Key", key), ("Content-Type", "text/csv")];
    request(address, "POST", &path, &headers, csv)
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Communes that are judged and were in force at the end of 2024: id and code.
pub fn communes(served: &Served) -> Vec<(i64, String)> {
    let all = served.json("/api/v1/units?as_of=2024-12-31&level=commune");
    let units = all["units"].as_array().expect("units");
    let judged = units.iter().filter(|u| u["kind"] == "commune");
    judged.map(|u| (u["id"].as_i64().expect("an id"), u["code"].as_str().expect("a code").to_owned())).collect()
}

/// Reproducible numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}
