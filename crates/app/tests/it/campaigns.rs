//! A campaign under faults: the program killed, the disk full, the line to PostgreSQL lost, in the midst of entry, sending,
//! review and opening again. What was acknowledged is there; a step over all criteria of a unit is done for all or none; what
//! was cut off is done under its key, once.
//!
//! `LANGSO_KILLS` kills of the program on each engine (5); with more, the line to PostgreSQL also falls silent; `LANGSO_SEED`
//! another course of events.

use crate::{
    faults::{blocks, confined, setting, small_disk, verify},
    program::{Answer, Dice, SET, Served, office, request, text, well},
};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::{Database, PrivateServer};

/// Communes of the demonstration's province in 2024 whose people write.
const COMMUNES: [i64; 4] = [250, 251, 252, 253];
/// Steps that come through before each fault.
const LEAST: usize = 5;

/// The tokens of those who work in the campaign.
struct People {
    officer: String,
    leader: String,
    appraiser: String,
    office: String,
}

impl People {
    fn come(at: &[&str]) -> People {
        office(at);
        let person = |login: &str, role: &str, units: &[i64], only: &str| {
            well(&[&["person", "add", login, login], at].concat());
            for unit in units {
                well(&[&["person", "grant", login, role, "--unit", &unit.to_string()], at].concat());
            }
            well(&[&["token", "new", login, "thử", "--only", only], at].concat()).trim().to_owned()
        };
        let all = "keep campaigns,lock reporting,read working figures,read reporting";
        People {
            officer: person(
                "canbo",
                "commune_officer",
                &COMMUNES,
                "enter reporting,read reporting,read working figures",
            ),
            leader: person(
                "lanhdao",
                "commune_leader",
                &COMMUNES,
                "send reporting,read reporting,read working figures",
            ),
            appraiser: person(
                "thamdinh",
                "appraiser",
                &COMMUNES,
                "review reporting,read reporting,read working figures",
            ),
            office: well(&[&["token", "new", "vanphong", "chiến dịch", "--only", all], at].concat()).trim().to_owned(),
        }
    }
}

fn ask(
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    kind: &str,
    key: &str,
    body: &str,
) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", &*bearer), ("Content-Type", kind), ("Idempotency-Key", key)];
    request(address, method, path, &headers, body)
}

/// A unit's form as the API gives it to the officer.
fn form(served: &Served, people: &People, unit: i64) -> Value {
    let path = format!("/api/v1/campaigns/1/units/{unit}");
    ask(&served.address, &people.officer, "GET", &path, "application/json", "", "").expect("an answer").json()
}

/// Whose turn it is, again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Enter,
    Send,
    Accept,
    Reopen,
}

const STEPS: [Step; 4] = [Step::Enter, Step::Send, Step::Accept, Step::Reopen];

/// What a commune's criteria and values are after so many steps.
#[derive(Debug, PartialEq)]
struct Standing {
    state: &'static str,
    round: usize,
}

fn after(steps: usize) -> Standing {
    let (round, done) = (steps.div_ceil(STEPS.len()), steps % STEPS.len());
    let state = match done {
        _ if steps == 0 => "empty",
        1 if round == 1 => "draft",
        2 => "sent",
        3 => "accepted",
        _ => "returned",
    };
    Standing { state, round }
}

/// What is sent for a step, the same each time.
#[derive(Clone)]
struct Sent {
    token: String,
    path: String,
    key: String,
    body: String,
}

impl Sent {
    fn send(&self, address: &str) -> std::io::Result<Answer> {
        ask(address, &self.token, "POST", &self.path, "application/json", &self.key, &self.body)
    }
}

/// One commune and what its people did.
struct Commune {
    unit: i64,
    /// Steps acknowledged.
    done: usize,
    /// The last of them, and its answer.
    last: Option<(Sent, Answer)>,
    /// The one that was cut off.
    cut: Option<Sent>,
}

struct World {
    people: People,
    /// What every commune is asked for: measure, whether it is yes or no.
    asked: Vec<(String, bool)>,
    communes: Vec<Commune>,
    seed: u64,
    cut_but_there: usize,
}

/// What somebody types in a round.
fn typed(round: usize, unit: i64, field: usize, yes: bool) -> String {
    let mixed = round * 13 + usize::try_from(unit).expect("a number") * 7 + field;
    if yes { mixed.is_multiple_of(5).to_string() } else { (mixed % 99 + 1).to_string() }
}

/// The fields of a form by their measure.
fn fields(form: &Value) -> Vec<(&str, &Value)> {
    let criteria = form["criteria"].as_array().expect("criteria");
    let all = criteria.iter().flat_map(|c| c["fields"].as_array().expect("fields"));
    all.filter(|f| f["asked"] == true).map(|f| (f["measure"].as_str().expect("a measure"), f)).collect()
}

impl World {
    /// A campaign of the year 2024, open, with four communes that begin.
    fn begin(at: &[&str], served: &Served, seed: u64) -> World {
        let people = People::come(at);
        let post = |path: &str, body: &str| {
            let kind = "application/x-www-form-urlencoded";
            let answer = ask(&served.address, &people.office, "POST", path, kind, "", body).expect("an answer");
            assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        };
        let days = "opens=2024-11-01&due=2099-12-31&review_due=2099-12-31&as_of=2024-12-31";
        post("/bao-cao/moi", &format!("name=N&period=2024&province=206&set.{SET}=1&key=a&{days}"));
        post("/bao-cao/1/chuyen", "to=open&version=1");
        let form = form(served, &people, COMMUNES[0]);
        let is_yes = |field: &Value| matches!(field["kind"].as_str(), Some("boolean" | "document"));
        let asked: Vec<_> = fields(&form).into_iter().map(|(measure, f)| (measure.to_owned(), is_yes(f))).collect();
        assert!(asked.len() > 30, "{}", asked.len());
        let communes = COMMUNES.map(|unit| Commune { unit, done: 0, last: None, cut: None }).into();
        World { people, asked, communes, seed, cut_but_there: 0 }
    }

    /// What comes after so many steps of a commune: what is entered sees what stands there now.
    fn next(&self, address: &str, unit: i64, done: usize) -> std::io::Result<Sent> {
        let path = |what: &str| format!("/api/v1/campaigns/1/units/{unit}{what}");
        let key = format!("step-{}-{unit}-{done}", self.seed);
        let act = |token: &String, what: &str, action: &str| Sent {
            token: token.clone(),
            path: path(what),
            key: key.clone(),
            body: json!({"action": action, "reason": "xem lại"}).to_string(),
        };
        Ok(match STEPS[done % STEPS.len()] {
            Step::Enter => {
                let token = &self.people.officer;
                let answer = ask(address, token, "GET", &path(""), "application/json", "", "")?;
                if answer.status != 200 {
                    return Err(std::io::Error::other(answer.body));
                }
                let (form, round) = (answer.json(), done / STEPS.len() + 1);
                let value = |(at, (measure, field)): (usize, (&str, &Value))| {
                    let seen = field["declared"]["version"].as_i64().unwrap_or(0);
                    json!({"measure": measure, "value": typed(round, unit, at, self.asked[at].1), "seen": seen})
                };
                let entries: Vec<Value> = fields(&form).into_iter().enumerate().map(value).collect();
                let body = json!({"entries": entries}).to_string();
                Sent { token: token.clone(), path: path("/entries"), key, body }
            }
            Step::Send => act(&self.people.leader, "/send", "send"),
            Step::Accept => act(&self.people.appraiser, "/review", "accept"),
            Step::Reopen => act(&self.people.office, "/lock", "reopen"),
        })
    }

    /// Two work at a time, each for its communes in turn, until both are cut off; `end` ends what they work with, once `least` steps came
    /// through: however slow the machine, something is there to be lost.
    fn work_until(&mut self, served: &mut Served, least: usize, end: impl FnOnce(&mut Served)) {
        let mut communes = std::mem::take(&mut self.communes);
        let (world, address) = (&*self, served.address.clone());
        let through = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for own in communes.chunks_mut(2) {
                let (address, through) = (&address, &through);
                scope.spawn(move || {
                    for at in (0..own.len()).cycle() {
                        let commune = &mut own[at];
                        let Ok(sent) = world.next(address, commune.unit, commune.done) else { return };
                        match sent.send(address) {
                            Ok(answer) if answer.status == 200 => {
                                commune.done += 1;
                                commune.last = Some((sent, answer));
                                through.fetch_add(1, Ordering::Relaxed);
                            }
                            Ok(answer) if answer.status < 500 => panic!("{}: {answer:?}", sent.path),
                            _ => {
                                commune.cut = Some(sent);
                                return;
                            }
                        }
                    }
                });
            }
            for _ in 0..6_000 {
                if through.load(Ordering::Relaxed) >= least {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            end(served);
        });
        self.communes = communes;
    }

    /// Works until there is no room left; what was answered then, and how many steps came through before.
    fn work_until_full(&mut self, served: &Served) -> (Answer, usize) {
        for n in 0..2_000 {
            let at = n % self.communes.len();
            let (unit, done) = (self.communes[at].unit, self.communes[at].done);
            let sent = self.next(&served.address, unit, done).expect("the form is read");
            let answer = sent.send(&served.address).expect("an answer");
            if answer.status != 200 {
                assert!(answer.status == 507 && n > 1, "{answer:?} after {n}");
                self.communes[at].cut = Some(sent);
                return (answer, n);
            }
            self.communes[at].done += 1;
            self.communes[at].last = Some((sent, answer));
        }
        panic!("the disk does not get full");
    }

    /// Whether all criteria of a commune, and all that was typed, are as they are after so many steps.
    fn stands(&self, form: &Value, unit: i64, steps: usize) -> bool {
        let wanted = after(steps);
        let criteria = form["criteria"].as_array().expect("criteria");
        let asked = |c: &&Value| c["asked"].as_i64().is_some_and(|n| n > 0);
        let states = criteria.iter().filter(asked).all(|c| c["state"] == wanted.state);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let said = |at: usize, field: &Value| {
            let value = &field["declared"]["value"];
            let value = if value.is_object() { &value["value"] } else { value };
            match wanted.round {
                0 => value.is_null(),
                round => text(value) == typed(round, unit, at, self.asked[at].1),
            }
        };
        states && fields(form).iter().enumerate().all(|(at, (_, field))| said(at, field))
    }

    /// Every commune stands after its last acknowledged step, or after the one that was cut off; which is then done under its key,
    /// and answered the same each time.
    fn check(&mut self, served: &Served) {
        for at in 0..self.communes.len() {
            let (unit, done) = (self.communes[at].unit, self.communes[at].done);
            let now = form(served, &self.people, unit);
            let Some(cut) = self.communes[at].cut.take() else {
                assert!(self.stands(&now, unit, done), "commune {unit} is not as after step {done}: {now}");
                continue;
            };
            let there = self.stands(&now, unit, done + 1);
            assert!(there || self.stands(&now, unit, done), "commune {unit}: step {} is done in part: {now}", done + 1);
            self.cut_but_there += usize::from(there);
            let again = || cut.send(&served.address).expect("an answer");
            let (first, second) = (again(), again());
            assert_eq!((first.status, &first), (200, &second), "commune {unit}: step {} repeated", done + 1);
            let now = form(served, &self.people, unit);
            assert!(self.stands(&now, unit, done + 1), "commune {unit}: step {} is not there: {now}", done + 1);
            self.communes[at].done += 1;
            self.communes[at].last = Some((cut, first));
        }
        for commune in &self.communes {
            let Some((sent, answer)) = &commune.last else { continue };
            let again = sent.send(&served.address).expect("an answer");
            assert_eq!(&again, answer, "an acknowledged step is answered as it was");
        }
    }

    fn tell(&self, what: &str) {
        let steps: usize = self.communes.iter().map(|c| c.done).sum();
        assert!(steps >= 2 * LEAST, "steps came through: {steps}");
        println!("{what}: seed {}, {steps} steps, each whole; {} cut off but there", self.seed, self.cut_but_there);
    }
}

fn program_is_killed(what: &str, url: &str, data: &Path, seed: u64) {
    let at = ["--database", url, "--data", text(data)];
    let mut served = Served::start(&at);
    let (mut world, mut dice) = (World::begin(&at, &served, seed), Dice(seed));
    for _ in 0..setting("LANGSO_KILLS", 5) {
        let moment = Duration::from_millis(dice.below(1_000));
        world.work_until(&mut served, LEAST, |served| {
            std::thread::sleep(moment);
            served.kill();
        });
        verify(&at, data);
        served = Served::start(&at);
        world.check(&served);
    }
    served.kill();
    verify(&at, data);
    world.tell(what);
}

#[test]
fn a_campaign_outlives_the_program() {
    let seed = setting("LANGSO_SEED", 5);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("langso.sqlite").display());
    program_is_killed("a campaign over SQLite", &url, folder.path(), seed);
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::create());
    program_is_killed("a campaign over PostgreSQL", &database.url, folder.path(), seed + 1);
}

#[test]
fn a_full_disk_takes_a_step_of_a_campaign_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("langso.sqlite");
    let url = format!("sqlite:{}", path.display());
    let at = ["--database", &url, "--data", text(folder.path())];
    let mut first = Served::start(&at);
    let mut world = World::begin(&at, &first, 7);
    first.terminate();
    let mut served = confined(&at, blocks(&path) + 3_000);
    let (refused, taken) = world.work_until_full(&served);
    let board =
        ask(&served.address, &world.people.office, "GET", "/bao-cao/1", "text/html", "", "").expect("an answer");
    assert_eq!(board.status, 200, "what is there can still be read");
    served.kill();
    verify(&at, folder.path());
    let served = Served::start(&at);
    world.check(&served);
    assert_eq!(world.cut_but_there, 0, "what was refused is not there");
    println!("full disk: {taken} steps taken, then {}", refused.body);
}

#[test]
fn a_full_disk_beneath_postgresql_takes_a_step_of_a_campaign_whole_or_not_at_all() {
    let Some(disk) = small_disk("a campaign over a full disk beneath PostgreSQL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = PrivateServer::start();
    let url = server.database_on(&disk);
    let at = ["--database", &url, "--data", text(folder.path())];
    let served = Served::start(&at);
    let mut world = World::begin(&at, &served, 8);
    disk.resize(disk.used() + 4 * 1024);
    let (refused, taken) = world.work_until_full(&served);
    verify(&at, folder.path());
    // There is room again: the program was never stopped, and the step that was refused is done under its key.
    disk.resize(disk.used() + 256 * 1024);
    world.check(&served);
    assert_eq!(world.cut_but_there, 0, "what was refused is not there");
    println!("full disk beneath PostgreSQL: {taken} steps taken, then {}", refused.body);
}

/// A line to a server that can be lost: cut, so that both sides see it, or silent, so that neither does.
#[derive(Clone)]
struct Line {
    port: u16,
    state: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

const WHOLE: u8 = 0;
const CUT: u8 = 1;
const SILENT: u8 = 2;

impl Line {
    fn to(server: u16) -> Line {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let line = Line { port, state: Arc::default(), open: Arc::default() };
        let own = line.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.state.load(Ordering::SeqCst) == CUT {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let ends = [client.try_clone(), server.try_clone()].map(|end| end.expect("an end"));
                own.open.lock().expect("no panic").extend(ends);
                let copies = [client.try_clone(), server.try_clone()].map(|end| end.expect("an end"));
                let [to_client, to_server] = copies;
                let (there, back) = (own.clone(), own.clone());
                std::thread::spawn(move || there.carry(client, to_server));
                std::thread::spawn(move || back.carry(server, to_client));
            }
        });
        line
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 65_536];
        while let Ok(count) = from.read(&mut buffer) {
            // What was sent while the line is silent never comes.
            if count == 0 || self.state.load(Ordering::SeqCst) != SILENT && to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }

    fn be(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        if state == CUT {
            for end in self.open.lock().expect("no panic").drain(..) {
                let _ = end.shutdown(Shutdown::Both);
            }
        }
    }
}

#[test]
fn a_lost_line_to_postgresql_is_said_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = PrivateServer::start();
    let direct = server.url();
    let port: u16 = direct.rsplit_once(':').and_then(|(_, end)| end.split('/').next()?.parse().ok()).expect("a port");
    let line = Line::to(port);
    let url = direct.replace(&format!(":{port}/"), &format!(":{}/", line.port));
    // The machine's own commands go by the whole line.
    let at = ["--database", &direct, "--data", text(folder.path())];
    let mut served = Served::start(&["--database", &url, "--data", text(folder.path())]);
    let (mut world, mut dice) = (World::begin(&at, &served, 12), Dice(12));
    // A silent line is waited for, so it is tried where there is time: with more than the usual kills.
    let faults = if setting("LANGSO_KILLS", 5) > 5 { [CUT, SILENT, CUT].to_vec() } else { [CUT, CUT].to_vec() };
    for lost in faults {
        let moment = Duration::from_millis(dice.below(1_000));
        let own = line.clone();
        world.work_until(&mut served, LEAST, |_| {
            std::thread::sleep(moment);
            own.be(lost);
        });
        // What is asked meanwhile is refused in words, and the program goes on.
        let path = "/api/v1/campaigns/1/units/250";
        let refused =
            ask(&served.address, &world.people.office, "GET", path, "application/json", "", "").expect("an answer");
        assert_eq!(refused.status, 503, "{}", refused.body);
        let words: Value = serde_json::from_str(&refused.body).expect("JSON");
        assert!(words["detail"].as_str().or(words["title"].as_str()).is_some_and(|said| !said.is_empty()), "{words}");
        line.be(WHOLE);
        let well = (0..600).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            served.healthy()
        });
        assert!(well, "the program does not find the line again");
        world.check(&served);
        verify(&at, folder.path());
    }
    world.tell("a lost line to PostgreSQL");
}
