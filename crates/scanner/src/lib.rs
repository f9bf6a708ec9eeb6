//! The one door to a virus scanner: bytes in, clean or the name of what was found out. It speaks the protocol of ClamAV's
//! daemon (`INSTREAM`), which others speak, too; by TCP or a socket of this machine.

use std::{io, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// Bytes of one part.
const PART: usize = 64 << 10;
/// Bytes of an answer: the name of what was found is in it.
const MOST_ANSWER: u64 = 4_096;
/// A file that takes longer is asked about again.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the scanner listens.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Tcp(String),
    Unix(PathBuf),
}

/// A scanner. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    at: At,
}

/// What it said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// By this name of the scanner's.
    Infected(String),
}

/// Why it said nothing of a file.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error("the scanner cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    #[error("the scanner did not answer in time")]
    Late,
    #[error("the scanner said {0:?}")]
    Refused(String),
}

impl Scanner {
    /// `tcp://HOST:PORT` or `unix:PATH`; `None` of anything else.
    pub fn read(address: &str) -> Option<Scanner> {
        let at = match (address.strip_prefix("tcp://"), address.strip_prefix("unix:")) {
            (Some(host), _) => {
                let (name, port) = host.rsplit_once(':')?;
                port.parse::<u16>().ok().filter(|_| !name.is_empty())?;
                At::Tcp(host.to_owned())
            }
            (None, Some(path)) if !path.is_empty() => At::Unix(PathBuf::from(path.strip_prefix("//").unwrap_or(path))),
            _ => return None,
        };
        Some(Scanner { at })
    }

    /// Asks about a file. Cost: one connection, the file once.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Verdict, Failed> {
        let asked = async {
            match &self.at {
                At::Tcp(host) => ask(TcpStream::connect(host).await?, bytes).await,
                At::Unix(path) => ask(UnixStream::connect(path).await?, bytes).await,
            }
        };
        let answer = timeout(PATIENCE, asked).await.map_err(|_| Failed::Late)??;
        verdict(&answer)
    }
}

/// Sends the file in parts, each after its length, an empty one last; what came back.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> io::Result<String> {
    let sent = async {
        stream.write_all(b"zINSTREAM\0").await?;
        for part in bytes.chunks(PART) {
            stream.write_all(&(part.len() as u32).to_be_bytes()).await?;
            stream.write_all(part).await?;
        }
        stream.write_all(&0u32.to_be_bytes()).await?;
        stream.flush().await
    };
    // A scanner that has had enough closes its side and says why: that is read whatever became of the rest.
    let sent: io::Result<()> = sent.await;
    let mut answer = Vec::new();
    let read = (&mut stream).take(MOST_ANSWER).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        read?;
    }
    Ok(String::from_utf8_lossy(&answer).trim_matches(['\0', '\n', ' ']).to_owned())
}

fn verdict(answer: &str) -> Result<Verdict, Failed> {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Infected(name.to_owned())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => Err(Failed::Refused(answer.to_owned())),
    }
}
