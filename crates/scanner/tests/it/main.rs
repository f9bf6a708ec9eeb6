//! The protocol byte by byte, against a scanner made here; the real daemon is asked in `cargo xtask test --deep scan`.

use scanner::{Failed, Scanner, Verdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Reads one question as the daemon does: the file that was sent.
async fn question(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut word = [0; 10];
    stream.read_exact(&mut word).await?;
    assert_eq!(&word, b"zINSTREAM\0");
    let mut file = Vec::new();
    loop {
        let length = stream.read_u32().await? as usize;
        if length == 0 {
            return Ok(file);
        }
        let from = file.len();
        file.resize(from + length, 0);
        stream.read_exact(&mut file[from..]).await?;
    }
}

/// Asks a scanner that answers so; what it was sent comes back, too.
fn asked(bytes: Vec<u8>, answer: &'static [u8]) -> (Result<Verdict, Failed>, Vec<u8>) {
    testkit::block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = format!("tcp://{}", listener.local_addr().expect("its address"));
        let daemon = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a question");
            let file = question(&mut stream).await.expect("a whole question");
            stream.write_all(answer).await.expect("it is heard");
            file
        });
        let verdict = Scanner::read(&address).expect("an address").scan(&bytes).await;
        (verdict, daemon.await.expect("it ends"))
    })
}

#[test]
fn a_file_goes_over_whole_and_its_verdict_comes_back() {
    for size in [0, 1, 65_536, 200_001] {
        let bytes: Vec<u8> = (0..size).map(|n: u32| (n % 251) as u8).collect();
        let (verdict, seen) = asked(bytes.clone(), b"stream: OK\0");
        assert!(matches!(verdict, Ok(Verdict::Clean)), "{verdict:?}");
        assert_eq!(seen, bytes, "of {size} bytes");
    }
    let (verdict, _) = asked(vec![1], b"stream: Langso.Test.UNOFFICIAL FOUND\0");
    assert_eq!(verdict.ok(), Some(Verdict::Infected("Langso.Test.UNOFFICIAL".into())));
}

#[test]
fn what_is_no_verdict_is_none() {
    for answer in [&b"INSTREAM size limit exceeded. ERROR\0"[..], b"UNKNOWN COMMAND\0", b"stream: OK FOUNDATION\0"] {
        let (verdict, _) = asked(vec![1, 2, 3], answer);
        assert!(matches!(verdict, Err(Failed::Refused(_))), "{verdict:?}");
    }
    let nobody = testkit::free_port();
    let scanner = Scanner::read(&format!("tcp://127.0.0.1:{nobody}")).expect("an address");
    let verdict = testkit::block_on(scanner.scan(b"x"));
    assert!(matches!(verdict, Err(Failed::Unreachable(_))), "{verdict:?}");
}

#[test]
fn an_address_is_of_two_kinds() {
    for address in ["", "localhost:3310", "tcp://localhost", "tcp://:3310", "tcp://a:b", "unix:", "http://a:1"] {
        assert_eq!(Scanner::read(address), None, "{address}");
    }
    assert!(Scanner::read("unix:/run/clamav/clamd.ctl").is_some());
    assert_eq!(Scanner::read("unix:///run/c"), Scanner::read("unix:/run/c"));
}

/// A daemon of Debian's on a port of its own, with one signature that is made here; ended when dropped.
struct Daemon(std::process::Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo xtask test --deep scan`, which installs the daemon.
#[test]
#[ignore = "wants clamav-daemon"]
fn the_daemon_of_debian_finds_what_a_signature_names() {
    let folder = std::env::temp_dir().join(format!("langso-clamd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    // The name, any kind of file, anywhere in it, these bytes.
    let mark = b"khong phai ma doc, chi de thu";
    let digits: String = mark.iter().map(|b| format!("{b:02x}")).collect();
    std::fs::write(folder.join("thu.ndb"), format!("Langso.Thu:0:*:{digits}\n")).expect("a signature");
    let port = testkit::free_port();
    let config = format!(
        "DatabaseDirectory {0}\nTemporaryDirectory {0}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\nStreamMaxLength 1M\n",
        folder.display()
    );
    std::fs::write(folder.join("clamd.conf"), config).expect("a configuration");
    let mut command = std::process::Command::new("/usr/sbin/clamd");
    command.arg("--config-file").arg(folder.join("clamd.conf"));
    let quiet = std::process::Stdio::null;
    let daemon = Daemon(command.stdout(quiet()).stderr(quiet()).spawn().expect("clamav-daemon is installed"));
    let scanner = Scanner::read(&format!("tcp://127.0.0.1:{port}")).expect("an address");
    testkit::block_on(async {
        // It reads its signatures first.
        for _ in 0..600 {
            if !matches!(scanner.scan(b"x").await, Err(Failed::Unreachable(_))) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let clean = [b"%PDF-1.7\n".to_vec(), vec![7; 300_000]].concat();
        assert_eq!(scanner.scan(&clean).await.expect("a verdict"), Verdict::Clean);
        let marked = [&clean[..], mark, b"\n%%EOF"].concat();
        assert_eq!(scanner.scan(&marked).await.expect("a verdict"), Verdict::Infected("Langso.Thu.UNOFFICIAL".into()));
        // More than it takes: it closes its side, and is heard all the same.
        let large = scanner.scan(&vec![0; 3 << 20]).await;
        assert!(matches!(large, Err(Failed::Refused(_) | Failed::Unreachable(_))), "{large:?}");
    });
    drop(daemon);
    let _ = std::fs::remove_dir_all(folder);
}
