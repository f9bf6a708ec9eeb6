//! What tests share: a fresh database on each engine, a clock that stands still.
//!
//! PostgreSQL is real: one server a user and machine, started by the first test that needs it and stopped by itself a
//! while after the last; a database a test, dropped after it.

use kernel::{FixedClock, Moment};
use std::{
    fs::{self, File},
    future::Future,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use store::{Migration, Store, StoreOptions};

/// 24 November 2026, 10:42 in Viet Nam.
pub const CLOCK: FixedClock = FixedClock(Moment(1_795_491_720_000_000));

/// Runs a test on both engines, each time on a fresh, migrated database.
pub fn each_engine<F, Fut>(migrations: &'static [&'static [Migration]], test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("test.sqlite");
        let options = StoreOptions { durable: false, ..StoreOptions::default() };
        let sqlite = Store::open(&format!("sqlite:{}", path.display()), options.clone()).await.expect("SQLite opens");
        sqlite.migrate(migrations, &CLOCK).await.expect("SQLite migrates");
        test(sqlite.clone()).await.unwrap_or_else(|e| panic!("on SQLite: {e:?}"));
        sqlite.close().await;

        let database = Database::create();
        let postgres = Store::open(&database.url, options).await.expect("PostgreSQL opens");
        postgres.migrate(migrations, &CLOCK).await.expect("PostgreSQL migrates");
        test(postgres.clone()).await.unwrap_or_else(|e| panic!("on PostgreSQL: {e:?}"));
        postgres.close().await;
    });
}

/// A database of its own on the test server, dropped with this.
pub struct Database {
    pub url: String,
    name: String,
    server: Server,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub fn create() -> Database {
        let server = Server::running();
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server.psql(&format!("CREATE DATABASE {name}"));
        let url = format!("postgres://langso@127.0.0.1:{}/{name}", server.port);
        Database { url, name, server }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.server.psql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// The test server.
struct Server {
    bin: PathBuf,
    port: u16,
}

/// The folder of PostgreSQL's server programs, or how to get them.
fn server_programs() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|dirs| dirs.flatten().map(|d| d.path().join("bin")).collect())
        .unwrap_or_default();
    found.sort();
    found.reverse();
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect::<Vec<_>>());
    found.into_iter().find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists()).unwrap_or_else(|| {
        panic!("the tests need a PostgreSQL server: sudo apt-get install postgresql")
    })
}

/// PostgreSQL refuses to run as root: then it runs as `nobody`.
fn as_server_user(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Starts a server whose death is bound to a watcher: it stops the server when no test has touched the folder for a while.
const WATCH: &str = r#"
bin="$1"; dir="$2"
while sleep 20; do
  [ -n "$(find "$dir/used" -mmin -3 2>/dev/null)" ] || break
done
kill -INT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null
rm -f "$dir/port"
"#;

impl Server {
    /// The running server; started when there is none. A lock file keeps two tests from starting two.
    fn running() -> Server {
        let bin = server_programs();
        let user = Command::new("id").arg("-u").output().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        let dir = std::env::temp_dir().join(format!("langso-test-postgres-{}", user.unwrap_or_default()));
        fs::create_dir_all(&dir).expect("a folder for the test server");
        let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o777));
        let lock = File::create(dir.join("lock")).expect("a lock file");
        lock.lock().expect("the lock");
        fs::write(dir.join("used"), "").expect("the mark of use");
        let port_file = dir.join("port");
        if let Ok(port) = fs::read_to_string(&port_file).unwrap_or_default().parse() {
            let server = Server { bin: bin.clone(), port };
            if server.answers() {
                return server;
            }
        }
        let data = dir.join("data");
        let _ = fs::remove_dir_all(&data);
        let ran = as_server_user(&bin.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-U", "langso", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
            .stdout(Stdio::null())
            .status();
        assert!(ran.is_ok_and(|s| s.success()), "initdb failed in {}", data.display());
        let port = free_port();
        let log = File::create(dir.join("log")).expect("a log file");
        as_server_user(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-k", ""])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "synchronous_commit=off"])
            .args(["-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let server = Server { bin: bin.clone(), port };
        for _ in 0..200 {
            if server.answers() {
                fs::write(&port_file, port.to_string()).expect("the port's file");
                let _ = Command::new("setsid")
                    .args(["sh", "-c", WATCH, "watch"])
                    .arg(&bin)
                    .arg(&dir)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn();
                return server;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("postgres did not answer; see {}", dir.join("log").display());
    }

    fn client(&self, sql: &str) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "langso", "-d", "postgres", "-q", "-c", sql]);
        psql.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        psql
    }

    fn answers(&self) -> bool {
        self.client("SELECT 1").status().is_ok_and(|s| s.success())
    }

    fn psql(&self, sql: &str) {
        assert!(self.client(sql).status().is_ok_and(|s| s.success()), "psql: {sql}");
    }
}

/// A port nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
