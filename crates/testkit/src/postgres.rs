//! PostgreSQL servers for tests: the shared one, fast and forgetful, and private ones that are killed.

use crate::{CLOCK, free_port, open};
use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::{MIGRATIONS, Migration};
use tempfile::TempDir;

/// `nobody` on Debian and most others: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65534;

/// Settings of a server that may lose everything: it serves tests.
const FORGETFUL: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// A database of its own on the shared server, dropped with this.
pub struct Database {
    pub url: String,
    name: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// An empty database.
    pub fn create() -> Database {
        Database::from_template("template0")
    }

    /// A database with these migrations applied, copied from a template that is made once.
    pub async fn migrated(migrations: &[&[Migration]]) -> Database {
        let mut hasher = DefaultHasher::new();
        for migration in MIGRATIONS.iter().chain(migrations.iter().copied().flatten()) {
            (migration.room, migration.version, migration.sql).hash(&mut hasher);
        }
        let template = format!("template_{:016x}", hasher.finish());
        let server = Server::running();
        let _lock = server.lock("templates");
        let there = format!("SELECT 1 FROM pg_database WHERE datname = '{template}'");
        if server.ask(&there).is_none_or(|answer| answer.trim() != "1") {
            // Made under another name first: what bears the template's name is complete.
            let database = Database::create();
            let store = open(&database.url).await;
            store.migrate(migrations, &CLOCK).await.expect("PostgreSQL migrates");
            store.close().await;
            server.tell(&format!("ALTER DATABASE {} RENAME TO {template}", database.name));
        }
        Database::from_template(&template)
    }

    /// A database filled by statements, as [`Database::dump`] wrote them.
    pub fn from_dump(sql: &str) -> Database {
        let database = Database::create();
        let psql = programs().join("psql");
        let mut psql = Command::new(psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database.url]);
        psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = psql.spawn().expect("psql starts");
        // What psql says of an error comes after it has stopped reading.
        let _ = running.stdin.take().map(|mut stdin| stdin.write_all(sql.as_bytes()));
        let ended = running.wait_with_output().expect("psql ends");
        assert!(ended.status.success(), "psql: {}", String::from_utf8_lossy(&ended.stderr));
        database
    }

    /// Everything in it as statements, without owners and without what only this version of psql understands.
    pub fn dump(&self) -> String {
        let mut dump = Command::new(programs().join("pg_dump"));
        dump.args(["--no-owner", "--no-privileges", "--no-comments", "-d", &self.url]);
        let ran = dump.output().expect("pg_dump starts");
        assert!(ran.status.success(), "pg_dump: {}", String::from_utf8_lossy(&ran.stderr));
        let text = String::from_utf8(ran.stdout).expect("a dump in UTF-8");
        let lines = text.lines().filter(|l| !l.starts_with("\\restrict") && !l.starts_with("\\unrestrict"));
        lines.map(|l| format!("{l}\n")).collect()
    }

    fn from_template(template: &str) -> Database {
        let server = Server::running();
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server.tell(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { url: format!("postgres://langso@127.0.0.1:{}/{name}", server.port), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        Server::running().ask(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// The folder of PostgreSQL's server programs, or how to get them.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|dirs| dirs.flatten().map(|d| d.path().join("bin")).collect())
        .unwrap_or_default();
    let version = |dir: &PathBuf| dir.iter().rev().nth(1).and_then(|v| v.to_str()?.parse::<u32>().ok());
    found.sort_by_key(|dir| std::cmp::Reverse(version(dir)));
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        found.push(String::from_utf8_lossy(&said.stdout).trim().into());
    }
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect::<Vec<_>>());
    let whole = |dir: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|program| dir.join(program).exists());
    found.into_iter().find(whole).unwrap_or_else(|| {
        panic!("the tests need a PostgreSQL server (initdb, postgres, psql): sudo apt-get install postgresql")
    })
}

/// Who runs the tests.
fn user() -> u32 {
    fs::metadata("/proc/self").map(|m| m.uid()).unwrap_or(NOBODY)
}

/// A program of the server, run as somebody who is not root.
fn as_server_user(program: &Path) -> Command {
    if user() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let id = NOBODY.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]).arg(program);
    command
}

/// Makes an empty cluster in a folder of the server's user.
fn init(bin: &Path, data: &Path) {
    let _ = fs::remove_dir_all(data);
    fs::create_dir_all(data).expect("a folder for the cluster");
    if user() == 0 {
        chown(data, Some(NOBODY), Some(NOBODY)).expect("the cluster's folder belongs to the server's user");
    }
    let mut initdb = as_server_user(&bin.join("initdb"));
    initdb.arg("-D").arg(data).args(["-U", "langso", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
    // Our own working folder may be closed to that user.
    let ran = initdb.current_dir("/").output().expect("initdb runs");
    assert!(ran.status.success(), "initdb failed: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Starts a server; it is up when it answers.
fn start(bin: &Path, data: &Path, port: u16, log: &Path, settings: &[&str]) -> Child {
    let log = File::options().create(true).append(true).open(log).expect("a log file");
    let mut postgres = as_server_user(&bin.join("postgres"));
    postgres.arg("-D").arg(data).args(["-p", &port.to_string(), "-k", ""]);
    for setting in ["listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB"].iter().chain(settings) {
        postgres.args(["-c", setting]);
    }
    postgres.current_dir("/").stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
    postgres.spawn().expect("postgres starts")
}

/// Runs a statement; what it answered, `None` where it failed or nobody listens.
fn ask(bin: &Path, port: u16, sql: &str) -> Option<String> {
    let mut psql = Command::new(bin.join("psql"));
    psql.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-U",
        "langso",
        "-d",
        "postgres",
        "-X",
        "-q",
        "-At",
        "-c",
        sql,
    ]);
    psql.stdin(Stdio::null()).stderr(Stdio::null());
    let ran = psql.output().ok()?;
    ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// Waits until a server answers; whether it does.
fn wait(bin: &Path, port: u16) -> bool {
    (0..400).any(|_| {
        let answers = ask(bin, port, "SELECT 1").is_some();
        if !answers {
            std::thread::sleep(Duration::from_millis(50));
        }
        answers
    })
}

/// Stops the server when no test has touched `used` for three minutes. Holding the lock, so that no test takes it for
/// alive meanwhile.
const WATCH: &str = r#"
dir="$1"
while sleep 20; do
  exec 9>"$dir/lock"
  flock 9 || exit 1
  if [ -z "$(find "$dir/used" -mmin -3 2>/dev/null)" ]; then
    kill -INT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null
    rm -f "$dir/port"
    exit 0
  fi
  exec 9>&-
done
"#;

/// The shared test server.
struct Server {
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
}

impl Server {
    /// The running server; started when there is none. A lock file keeps two tests from starting two.
    fn running() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            let bin = programs();
            let dir = std::env::temp_dir().join(format!("langso-test-postgres-{}", user()));
            fs::create_dir_all(&dir).expect("a folder for the test server");
            let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o755));
            let mut server = Server { bin, dir, port: 0 };
            let _lock = server.lock("lock");
            server.touch();
            server.find_or_start();
            let used = server.dir.join("used");
            // As long as this test program runs the server is in use.
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(Duration::from_secs(30));
                    let _ = fs::write(&used, "");
                }
            });
            server
        })
    }

    fn find_or_start(&mut self) {
        let port_file = self.dir.join("port");
        let known = fs::read_to_string(&port_file).unwrap_or_default().trim().parse();
        if let Ok(port) = known
            && ask(&self.bin, port, "SELECT 1").is_some()
        {
            self.port = port;
            return;
        }
        let (data, log) = (self.dir.join("data"), self.dir.join("log"));
        init(&self.bin, &data);
        self.port = free_port();
        // It outlives this program: the next one uses it too.
        let mut process = start(&self.bin, &data, self.port, &log, FORGETFUL);
        std::thread::spawn(move || process.wait());
        assert!(wait(&self.bin, self.port), "postgres did not answer; see {}", log.display());
        fs::write(&port_file, self.port.to_string()).expect("the port's file");
        let mut watch = Command::new("setsid");
        watch.args(["sh", "-c", WATCH, "watch"]).arg(&self.dir).current_dir("/");
        watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut watcher = watch.spawn().expect("the server's watcher starts");
        std::thread::spawn(move || watcher.wait());
    }

    fn touch(&self) {
        fs::write(self.dir.join("used"), "").expect("the mark of use");
    }

    /// Holds a lock between test programs until the file is dropped.
    fn lock(&self, name: &str) -> File {
        let file = File::options().create(true).append(true).open(self.dir.join(name)).expect("a lock file");
        file.lock().expect("the lock");
        file
    }

    fn ask(&self, sql: &str) -> Option<String> {
        ask(&self.bin, self.port, sql)
    }

    fn tell(&self, sql: &str) {
        assert!(self.ask(sql).is_some(), "psql: {sql}");
    }
}

/// A server of a test's own, with fsync as in real life, to be killed and started again.
pub struct PrivateServer {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    process: Child,
}

impl PrivateServer {
    /// A running server with an empty cluster.
    pub fn start() -> PrivateServer {
        let bin = programs();
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a folder others may enter");
        init(&bin, &folder.path().join("data"));
        let port = free_port();
        let process = start(&bin, &folder.path().join("data"), port, &folder.path().join("log"), &["fsync=on"]);
        assert!(wait(&bin, port), "postgres did not answer; see {}", folder.path().join("log").display());
        PrivateServer { bin, folder, port, process }
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!("postgres://langso@127.0.0.1:{}/postgres", self.port)
    }

    /// kill -9 of the postmaster; its children notice and end.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after a kill: it recovers from its log.
    pub fn restart(&mut self) {
        let (data, log) = (self.folder.path().join("data"), self.folder.path().join("log"));
        for _ in 0..20 {
            self.process = start(&self.bin, &data, self.port, &log, &["fsync=on"]);
            // Until the last child is gone it refuses to start.
            std::thread::sleep(Duration::from_millis(200));
            if self.process.try_wait().is_ok_and(|ended| ended.is_none()) && wait(&self.bin, self.port) {
                return;
            }
        }
        panic!("postgres did not come back; see {}", log.display());
    }
}

/// A disk of its own that gets full: a file system in memory. Unmounted when dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// So many MB; `None` where this user may mount nothing.
    pub fn mount(megabytes: u64) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a folder others may enter");
        let disk = SmallDisk { folder };
        fs::create_dir(disk.path()).expect("a folder to mount on");
        let size = format!("size={megabytes}m,mode=0777");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "langso-test"]).arg(disk.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(disk)
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Makes it larger or smaller, in kB.
    pub fn resize(&self, kilobytes: u64) {
        let size = format!("remount,size={kilobytes}k");
        let done = Command::new("mount").args(["-o", &size]).arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "the disk takes another size");
    }

    /// What is on it, in kB.
    pub fn used(&self) -> u64 {
        let told = Command::new("df").args(["-k", "--output=used"]).arg(self.path()).output().expect("df runs");
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        text.lines().nth(1).and_then(|line| line.trim().parse().ok()).expect("a number of kB")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is being killed may still hold its files for a moment.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).stderr(Stdio::null()).status();
    }
}

impl PrivateServer {
    /// The address of a new database whose tables stand on that disk; the server's log of what is to be written does not.
    pub fn database_on(&self, disk: &SmallDisk) -> String {
        let place = disk.path().join("tables");
        fs::create_dir(&place).expect("a folder for the tables");
        if user() == 0 {
            chown(&place, Some(NOBODY), Some(NOBODY)).expect("the folder belongs to the server's user");
        }
        let place = format!("CREATE TABLESPACE small LOCATION '{}'", place.display());
        for sql in [place.as_str(), "CREATE DATABASE small TABLESPACE small"] {
            assert!(ask(&self.bin, self.port, sql).is_some(), "{sql}");
        }
        self.url().replace("/postgres", "/small")
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.kill();
    }
}
