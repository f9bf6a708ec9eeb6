//! A plain HTTP/1.1 client: connections kept alive, answers read to their end.

use anyhow::{Context, Result, bail};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer's status, head and body as it came (compressed where it was).
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).is_some();
        let line = self.head.lines().find(|line| of(line))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(1 << 17) })
    }

    /// Asks for a page in an encoding (`identity`, `br`).
    pub async fn get(&mut self, path: &str, encoding: &str) -> Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {encoding}\r\n\r\n")).await
    }

    /// Sends a request as it is, and reads its answer.
    pub async fn send(&mut self, request: &str) -> Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end);
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).context("a status")?;
        let mut answer = Answer { status, head, body: Vec::new() };
        match answer.header("content-length").and_then(|l| l.parse::<usize>().ok()) {
            Some(length) => answer.body = self.take(length).await?,
            None => loop {
                let size = loop {
                    if let Some(at) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                        let line = self.take(at + 2).await?;
                        break usize::from_str_radix(std::str::from_utf8(&line[..at])?, 16)?;
                    }
                    self.fill().await?;
                };
                let chunk = self.take(size + 2).await?;
                if size == 0 {
                    break;
                }
                answer.body.extend_from_slice(&chunk[..size]);
            },
        }
        Ok(answer)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..count).collect())
    }
}

/// Asks once, on a connection of its own.
pub async fn get(address: SocketAddr, path: &str, encoding: &str) -> Result<Answer> {
    let answer = Connection::open(address).await?.get(path, encoding).await?;
    anyhow::ensure!(answer.status == 200, "{path}: {}", answer.status);
    Ok(answer)
}

/// Waits until a server answers with 200.
pub async fn until_up(address: SocketAddr, path: &str) -> Result<()> {
    for _ in 0..30_000 {
        if get(address, path, "identity").await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("nobody answers at {address}")
}

/// Sends a form once, as the site's own page does, on a connection of its own; through a proxy of this machine that asks for
/// `from`.
pub async fn post(address: SocketAddr, path: &str, form: &str, from: &str) -> Result<Answer> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
         X-Forwarded-For: {from}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    Connection::open(address).await?.send(&request).await
}

/// Asks for all these pages over so many connections, each its share.
pub async fn load(address: SocketAddr, paths: &[String], encoding: &'static str, connections: usize) -> Result<()> {
    load_as(address, paths, encoding, connections, "").await
}

/// The same with a line in the head of each request, which says who asks.
pub async fn load_as(
    address: SocketAddr,
    paths: &[String],
    encoding: &'static str,
    connections: usize,
    header: &str,
) -> Result<()> {
    let mut running = Vec::new();
    for connection in 0..connections {
        let mine: Vec<String> = paths.iter().skip(connection).step_by(connections).cloned().collect();
        let header = header.to_owned();
        running.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            for path in &mine {
                let head = format!("Host: 127.0.0.1\r\nAccept-Encoding: {encoding}\r\n{header}");
                let answer = connection.send(&format!("GET {path} HTTP/1.1\r\n{head}\r\n")).await?;
                anyhow::ensure!(answer.status == 200, "{path}: {}", answer.status);
            }
            anyhow::Ok(())
        }));
    }
    for one in running {
        one.await??;
    }
    Ok(())
}
