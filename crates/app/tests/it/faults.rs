//! kill -9 at random moments of imports: an acknowledged import is whole, any other is whole or not there, the chain
//! holds, verdicts are those of the figures, and the same key gives the same answer.
//!
//! `LANGSO_KILLS` kills of the program on each engine (5), `LANGSO_SERVER_KILLS` of PostgreSQL itself with fsync (1);
//! `LANGSO_SEED` another course of events.

use crate::program::{Answer, Dice, SET, Served, communes, import, langso, office, ran, text};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    io::Write as _,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use testkit::{Database, PrivateServer, SmallDisk};

const YEAR: &str = "2024";
/// Communes that one import fills.
const GROUP: usize = 5;
/// Writers at the same time, each with its own communes.
const WRITERS: usize = 2;

/// What the environment says of how long it goes on.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// What an import of number `n` says of a commune's indicator; `None` is yes or no.
fn value(n: u64, commune: usize, indicator: usize, percent: bool) -> String {
    let mixed = n * 13 + commune as u64 * 7 + indicator as u64;
    if percent { format!("{}.{:04}1", mixed % 99, n % 10_000) } else { mixed.is_multiple_of(5).to_string() }
}

/// An indicator that imports fill: number, measure, whether it is a percent.
struct Filled {
    no: String,
    measure: String,
    percent: bool,
}

/// The leaves of the set that every commune may have a value for, each with a measure of its own.
fn filled(served: &Served) -> Vec<Filled> {
    fn walk(indicator: &Value, out: &mut Vec<Filled>) {
        let text = |key: &str| indicator[key].as_str().unwrap_or("").to_owned();
        let percent = text("kind") == "percent";
        let open = indicator["applies_regions"].as_array().is_none_or(Vec::is_empty)
            && indicator["amended"].as_array().is_none_or(Vec::is_empty);
        if open && matches!(text("kind").as_str(), "percent" | "boolean" | "document") {
            out.push(Filled { no: text("no"), measure: text("measure"), percent });
        }
        indicator["parts"].as_array().into_iter().flatten().for_each(|part| walk(part, out));
    }
    let set = served.json(&format!("/api/v1/sets/{SET}"));
    let mut out = Vec::new();
    for criterion in set["criteria"].as_array().expect("criteria") {
        criterion["indicators"].as_array().expect("indicators").iter().for_each(|i| walk(i, &mut out));
    }
    out.retain(|f| !f.measure.is_empty());
    assert!(out.len() > 30, "{}", out.len());
    out
}

/// Some communes with what their figures may be.
struct Group {
    communes: Vec<(i64, String)>,
    /// The last import that was acknowledged, with its answer.
    whole: Option<(u64, Answer)>,
    /// The import that was cut off.
    cut: Option<u64>,
}

fn table(group: &[(i64, String)], filled: &[Filled], n: u64) -> String {
    let mut rows = String::from("unit_code,period,indicator,value\n");
    for (c, (_, code)) in group.iter().enumerate() {
        for (i, f) in filled.iter().enumerate() {
            let _ = writeln!(rows, "{code},{YEAR},{},{}", f.no, value(n, c, i, f.percent));
        }
    }
    rows
}

fn key(seed: u64, n: u64) -> String {
    format!("import-{seed}-{n}")
}

/// The figures of an import as the API shows them: measure to value and source.
fn expected(filled: &[Filled], n: u64, commune: usize) -> BTreeMap<String, String> {
    let of = |(i, f): (usize, &Filled)| (f.measure.clone(), value(n, commune, i, f.percent));
    filled.iter().enumerate().map(of).collect()
}

struct World {
    seed: u64,
    /// With which everything is written.
    token: String,
    filled: Vec<Filled>,
    groups: Vec<Group>,
    next: u64,
    acknowledged: AtomicUsize,
    cut: usize,
    cut_but_there: usize,
}

impl World {
    fn new(seed: u64, token: String, served: &Served) -> World {
        let all = communes(served);
        let group = |part: &[(i64, String)]| Group { communes: part.to_vec(), whole: None, cut: None };
        let groups = all.chunks_exact(GROUP).take(4).map(group).collect();
        World {
            seed,
            token,
            filled: filled(served),
            groups,
            next: 1,
            acknowledged: AtomicUsize::new(0),
            cut: 0,
            cut_but_there: 0,
        }
    }

    /// Writers import one table after another until one is cut off; `end` ends what they write to after a while.
    fn write_until(&mut self, served: &mut Served, end: impl FnOnce(&mut Served)) {
        let (address, filled, seed) = (&served.address.clone(), &self.filled, self.seed);
        let token = &self.token;
        let acknowledged = &self.acknowledged;
        let per = self.groups.len() / WRITERS;
        let mut first = self.next;
        // Numbers of their own for each writer: more than it can use.
        self.next += WRITERS as u64 * 1000;
        std::thread::scope(|scope| {
            for groups in self.groups.chunks_mut(per) {
                let numbers = first..first + 1000;
                first += 1000;
                scope.spawn(move || {
                    for (at, n) in numbers.enumerate() {
                        let group = &mut groups[at % per];
                        let rows = table(&group.communes, filled, n);
                        match import(address, token, &key(seed, n), &rows) {
                            Ok(answer) if answer.status == 200 => {
                                acknowledged.fetch_add(1, Ordering::Relaxed);
                                group.whole = Some((n, answer));
                            }
                            Ok(answer) if answer.status < 500 => panic!("import {n}: {answer:?}"),
                            _ => {
                                group.cut = Some(n);
                                return;
                            }
                        }
                    }
                    panic!("nobody ended it");
                });
            }
            end(served);
        });
    }

    /// Imports until the disk is full; what was answered then, and how many came through before.
    fn write_until_full(&mut self, served: &Served) -> (Answer, usize) {
        for n in 1..400 {
            let group = &mut self.groups[n as usize % 4];
            let rows = table(&group.communes, &self.filled, n);
            let answer = import(&served.address, &self.token, &key(self.seed, n), &rows).expect("an answer");
            if answer.status != 200 {
                group.cut = Some(n);
                assert!(answer.status == 507 && n > 1, "{answer:?} after {}", n - 1);
                return (answer, n as usize - 1);
            }
            group.whole = Some((n, answer));
        }
        panic!("the disk does not get full");
    }

    /// Each group holds its acknowledged import or the one that was cut off, whole; the latter then counts.
    fn check(&mut self, served: &Served) {
        for group in &mut self.groups {
            let now: Vec<BTreeMap<String, String>> =
                group.communes.iter().map(|(id, _)| figures(served, *id)).collect();
            let is = |n: u64| (0..GROUP).all(|c| now[c] == expected(&self.filled, n, c));
            let before = match &group.whole {
                Some((n, _)) => is(*n),
                None => now.iter().all(BTreeMap::is_empty),
            };
            let Some(cut) = group.cut.take() else {
                assert!(before, "an acknowledged import is not whole: {:?}", group.whole);
                continue;
            };
            let there = is(cut);
            assert!(there || before, "import {cut} is there in part, after {:?}", group.whole);
            self.cut += 1;
            self.cut_but_there += usize::from(there);
            // The same key again: done now, or answered as it was then; and a third time the same.
            let rows = table(&group.communes, &self.filled, cut);
            let again = || import(&served.address, &self.token, &key(self.seed, cut), &rows).expect("an answer");
            let (first, second) = (again(), again());
            assert_eq!((first.status, &first), (200, &second), "import {cut} repeated");
            group.whole = Some((cut, first));
        }
        for group in &self.groups {
            let Some((n, answer)) = &group.whole else { continue };
            let rows = table(&group.communes, &self.filled, *n);
            let again = import(&served.address, &self.token, &key(self.seed, *n), &rows).expect("an answer");
            assert_eq!(&again, answer, "an acknowledged import is answered as it was");
        }
        self.check_verdicts(served);
    }

    /// What the store says of communes is what their figures say when they are judged anew.
    fn check_verdicts(&self, served: &Served) {
        let mut rows = String::from("unit_code,period,indicator,value\n");
        let mut ids = HashMap::new();
        for group in &self.groups {
            let Some((n, _)) = &group.whole else { continue };
            let lines = table(&group.communes, &self.filled, *n);
            rows += lines.split_once('\n').map_or("", |(_, rows)| rows);
            ids.extend(group.communes.iter().map(|(id, code)| (code.clone(), *id)));
        }
        let args = ["evaluate", "--rulebook", SET, "--values", "-"];
        let mut judging = langso(&args);
        let mut judging = judging.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        judging.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
        let judged = ran(judging.wait_with_output().unwrap());
        assert_eq!(judged.code, 0, "{}", judged.err);
        let judged: Vec<Value> = serde_json::from_str(&judged.out).unwrap();
        assert_eq!(judged.len(), ids.len());
        for unit in &judged {
            let criteria = unit["criteria"].as_array().unwrap();
            let passed = criteria.iter().filter(|c| c["verdict"] == "passed").count();
            let id = ids[unit["unit"].as_str().unwrap()];
            let stored = served.json(&format!("/api/v1/units/{id}/verdicts"));
            let of_set = |v: &&Value| v["set"] == SET && v["period"] == YEAR;
            let stored = stored["verdicts"].as_array().unwrap().iter().find(of_set).expect("a verdict").clone();
            let found = (&stored["verdict"], stored["criteria_passed"].as_u64());
            assert_eq!(found, (&unit["verdict"], Some(passed as u64)), "{}", unit["unit"]);
        }
    }

    fn tell(&self, what: &str, kills: u64) {
        let World { seed, acknowledged, cut, cut_but_there, .. } = self;
        let acknowledged = acknowledged.load(Ordering::Relaxed);
        assert!(acknowledged > 0, "imports came through between the kills");
        println!("{what}: seed {seed}, {kills} kills; {acknowledged} imports acknowledged, each whole");
        println!("{what}: {cut} cut off, {cut_but_there} of them whole all the same, none in part");
    }
}

/// What the public reads of a commune: measure to value.
fn figures(served: &Served, id: i64) -> BTreeMap<String, String> {
    let all = served.json(&format!("/api/v1/units/{id}/figures?nam={YEAR}"));
    let all = all["figures"].as_array().expect("figures");
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    all.iter().map(|f| (text(&f["measure"]), text(&f["value"]))).collect()
}

/// The checkpoint of the public ledger as somebody outside keeps it, seen a moment before a kill.
fn keep_checkpoint(served: &Served, data: &Path) {
    let seen = served.get("/tlog/checkpoint");
    if seen.status == 200 {
        std::fs::write(data.join("kept.txt"), seen.body).unwrap();
    }
}

/// The chain, the ledger and the figures hold, and the ledger goes on from what somebody outside kept of it: nothing that was
/// published is lost by a kill.
#[track_caller]
pub fn verify(at: &[&str], data: &Path) {
    let kept = data.join("kept.txt");
    let checkpoint = if kept.exists() { vec!["--checkpoint", text(&kept)] } else { Vec::new() };
    let ran = ran(langso(&[&["audit", "verify"], at, &checkpoint[..]].concat()).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// The program is killed, started again and looked into, again and again.
fn program_is_killed(what: &str, url: &str, data: &Path, seed: u64) {
    let at = ["--database", url, "--data", text(data)];
    let token = office(&at);
    let start = || Served::start(&at);
    let kills = setting("LANGSO_KILLS", 5);
    let mut served = start();
    let (mut world, mut dice) = (World::new(seed, token, &served), Dice(seed));
    for _ in 0..kills {
        let moment = Duration::from_millis(20 + dice.below(1200));
        world.write_until(&mut served, |served| {
            std::thread::sleep(moment);
            keep_checkpoint(served, data);
            served.kill();
        });
        verify(&at, data);
        served = start();
        world.check(&served);
    }
    served.terminate();
    let seal = ran(langso(&[&["audit", "seal"], &at[..]].concat()).output().unwrap());
    assert_eq!(seal.code, 0, "{}", seal.err);
    verify(&at, data);
    assert!(data.join("kept.txt").exists(), "no checkpoint was ever published");
    world.tell(what, kills);
}

#[test]
fn the_program_is_killed_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("langso.sqlite").display());
    program_is_killed("program over SQLite", &url, folder.path(), setting("LANGSO_SEED", 1));
}

#[test]
fn the_program_is_killed_over_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create();
    program_is_killed("program over PostgreSQL", &database.url, folder.path(), setting("LANGSO_SEED", 2));
}

/// A disk that can be made to be full, large enough to begin with; where whoever runs these tests may mount none, that is said.
pub fn small_disk(what: &str) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(1024);
    if disk.is_none() {
        // Not by a macro, whose words the test runner would swallow.
        let said = format!("NOT TRIED: {what}, since whoever runs these tests may mount no file system\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    disk
}

/// Blocks of [`confined`] that a database has now: of 512 bytes, with some shells of 1,024.
pub fn blocks(database: &Path) -> u64 {
    std::fs::metadata(database).unwrap().len() / 512
}

/// The program in a shell that lets no file grow beyond so many blocks, as a full disk does not.
pub fn confined(at: &[&str], blocks: u64) -> Served {
    let address = format!("127.0.0.1:{}", testkit::free_port());
    let mut command = langso(&[]);
    let program = command.get_program().to_owned();
    command = std::process::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks.to_string()]).arg(program);
    command.args(["serve", "--listen", &address]).args(at);
    Served::wait(command, address)
}

#[test]
fn a_full_disk_takes_an_import_whole_or_not_at_all_and_pages_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("langso.sqlite");
    let url = format!("sqlite:{}", path.display());
    let at = ["--database", &url, "--data", text(folder.path())];
    let token = office(&at);
    let mut first = Served::start(&at);
    let mut world = World::new(9, token, &first);
    first.terminate();
    let mut served = confined(&at, blocks(&path) + 4_000);
    let (refused, taken) = world.write_until_full(&served);
    assert_eq!(served.get("/").status, 200, "what is there can still be read");
    served.kill();
    verify(&at, folder.path());
    let served = Served::start(&at);
    world.check(&served);
    assert_eq!(world.cut_but_there, 0, "what was refused is not there");
    println!("full disk: {taken} imports taken, then {}", refused.body);
}

#[test]
fn a_full_disk_beneath_postgresql_takes_an_import_whole_or_not_at_all_and_pages_go_on() {
    // At first large enough; then what is there, and 6 MB.
    let Some(disk) = small_disk("a full disk beneath PostgreSQL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = PrivateServer::start();
    let url = server.database_on(&disk);
    let at = ["--database", &url, "--data", text(folder.path())];
    let token = office(&at);
    let served = Served::start(&at);
    let mut world = World::new(11, token, &served);
    disk.resize(disk.used() + 6 * 1024);
    let (refused, taken) = world.write_until_full(&served);
    assert_eq!(served.get("/").status, 200, "what is there can still be read");
    assert_eq!(served.get("/xa/250?nam=2024").status, 200, "what is there can still be read");
    verify(&at, folder.path());
    // There is room again: the program was never stopped, and the import that was refused is done under its key.
    disk.resize(disk.used() + 256 * 1024);
    world.check(&served);
    assert_eq!(world.cut_but_there, 0, "what was refused is not there");
    verify(&at, folder.path());
    println!("full disk beneath PostgreSQL: {taken} imports taken, then {}", refused.body);
}

#[test]
fn postgres_is_killed_beneath_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = PrivateServer::start();
    let url = server.url();
    let at = ["--database", &url, "--data", text(folder.path())];
    let token = office(&at);
    let mut served = Served::start(&at);
    let seed = setting("LANGSO_SEED", 3);
    let (mut world, mut dice) = (World::new(seed, token, &served), Dice(seed));
    let kills = setting("LANGSO_SERVER_KILLS", 1);
    for _ in 0..kills {
        let moment = Duration::from_millis(20 + dice.below(1200));
        world.write_until(&mut served, |served| {
            std::thread::sleep(moment);
            keep_checkpoint(served, folder.path());
            server.kill();
        });
        server.restart();
        // The program was never stopped: it finds its way back by itself.
        assert!((0..600).any(|_| served.healthy() || {
            std::thread::sleep(Duration::from_millis(100));
            false
        }));
        world.check(&served);
        verify(&at, folder.path());
    }
    world.tell("PostgreSQL itself", kills);
}
