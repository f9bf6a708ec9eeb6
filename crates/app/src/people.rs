//! `langso person` and `langso token`: people and tokens, for whoever works at the machine.

use crate::{manage::Database, site, stop::Stop};
use anyhow::Result;
use facts::Law;
use identity::{
    model::{NewGrant, Person},
    secrets, store as people,
};
use kernel::{Actor, AgencyId, Clock, Day, Moment, Phrase, Role, SystemClock, UnitId};
use locale::Lang;
use store::WriteTx;

/// People and their roles
#[derive(clap::Args, Clone, Debug)]
pub struct PersonArgs {
    #[command(subcommand)]
    what: PersonCommand,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum PersonCommand {
    Add(Add),
    Grant(Grant),
    End(End),
    Code(Code),
}

#[derive(clap::Args, Clone, Debug)]
struct Add {
    #[command(flatten)]
    at: Database,
    login: String,
    name: String,
    #[arg(long)]
    email: Option<String>,
}

#[derive(clap::Args, Clone, Debug)]
struct Grant {
    #[command(flatten)]
    at: Database,
    login: String,
    role: String,
    /// Number of the unit; without one, where the agency is, and without an agency everywhere
    #[arg(long)]
    unit: Option<i64>,
    /// Number of the agency, if of one
    #[arg(long)]
    agency: Option<i64>,
    /// set/number, separated by commas
    #[arg(long, default_value = "")]
    criteria: String,
    /// YYYY-MM-DD; today without
    #[arg(long)]
    from: Option<Day>,
    #[arg(long)]
    to: Option<Day>,
}

#[derive(clap::Args, Clone, Debug)]
struct End {
    #[command(flatten)]
    at: Database,
    grant: i64,
    reason: String,
}

#[derive(clap::Args, Clone, Debug)]
struct Code {
    #[command(flatten)]
    at: Database,
    login: String,
}

/// Tokens of programs
#[derive(clap::Args, Clone, Debug)]
pub struct TokenArgs {
    #[command(subcommand)]
    what: TokenCommand,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum TokenCommand {
    New(New),
    Revoke(Revoke),
}

#[derive(clap::Args, Clone, Debug)]
struct New {
    #[command(flatten)]
    at: Database,
    login: String,
    name: String,
    /// What it may do: "action resource", separated by commas
    #[arg(long)]
    only: String,
    /// Days it stands
    #[arg(long, default_value_t = 90)]
    days: u32,
}

#[derive(clap::Args, Clone, Debug)]
struct Revoke {
    #[command(flatten)]
    at: Database,
    login: String,
    token: i64,
}

/// How long a code stands.
const CODE: i64 = 72 * people::HOUR;

fn wrong(key: &'static str, value: &str) -> anyhow::Error {
    Stop::input(Phrase::new(key).with("value", value)).into()
}

async fn known(tx: &mut WriteTx, login: &str) -> Result<Person> {
    people::by_login(tx, login).await?.ok_or_else(|| wrong("cli-no-person", login))
}

fn say(lang: Lang, phrase: Phrase) {
    println!("{}", locale::say(lang, &phrase));
}

/// Runs a command about people.
pub async fn person(args: &PersonArgs, lang: Lang) -> Result<()> {
    let at = match &args.what {
        PersonCommand::Add(args) => &args.at,
        PersonCommand::Grant(args) => &args.at,
        PersonCommand::End(args) => &args.at,
        PersonCommand::Code(args) => &args.at,
    };
    let store = at.open().await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    match &args.what {
        PersonCommand::Add(args) => {
            if people::by_login(&mut tx, &args.login).await?.is_some() {
                return Err(wrong("cli-login-taken", &args.login));
            }
            let id = people::add(&mut tx, &args.login, &args.name, args.email.as_deref(), "vi", false).await?;
            say(lang, Phrase::new("cli-person-added").with("id", id.0));
        }
        PersonCommand::Grant(args) => {
            let person = known(&mut tx, &args.login).await?.id;
            let role = Role::from_name(&args.role).filter(|role| role.is_held());
            let role = role.ok_or_else(|| wrong("cli-no-role", &args.role))?;
            let criteria =
                identity::rules::criteria(&args.criteria).ok_or_else(|| wrong("cli-bad-criteria", &args.criteria))?;
            let unit = match args.unit {
                Some(id) => {
                    let found = units::store::get(&mut tx, UnitId(id)).await?;
                    Some(found.ok_or_else(|| wrong("cli-no-unit", &id.to_string()))?)
                }
                None => None,
            };
            let agency = args.agency.map(AgencyId);
            let mut office = Vec::new();
            if let Some(agency) = agency {
                let all = units::store::agencies(&mut tx).await?;
                match all.iter().find(|one| AgencyId(one.id) == agency) {
                    None => return Err(wrong("cli-no-agency", &agency.to_string())),
                    Some(one) if unit.is_none() && one.units.is_empty() => {
                        return Err(Stop::input(Phrase::new("agency-of-no-unit")).into());
                    }
                    Some(one) => office.clone_from(&one.units),
                }
            }
            let from = args.from.unwrap_or(SystemClock.today());
            let office = units::store::many(&mut tx, &office).await?;
            let office: Vec<_> = office.values().collect();
            if let Some((_, key)) = identity::rules::misplaced(role, unit.as_ref(), &office, (from, args.to)) {
                return Err(Stop::input(Phrase::new(key)).into());
            }
            let law = match criteria {
                Some(_) => Law::register(&mut tx, site::library(site::overlays(&args.at.data)?)?).await?.criteria(),
                None => web::Criteria::default(),
            };
            if let Some((_, key)) = identity::rules::unbounded(role, criteria.as_deref(), &law) {
                return Err(Stop::input(Phrase::new(key)).into());
            }
            let unit = unit.map(|unit| unit.id);
            let new = NewGrant { person, role, unit, agency, criteria, from, to: args.to };
            let id = people::grant(&mut tx, &new).await?;
            say(lang, Phrase::new("cli-grant-given").with("id", id));
        }
        PersonCommand::End(args) => {
            if people::end_grant(&mut tx, args.grant, &args.reason).await?.is_none() {
                return Err(wrong("cli-no-grant", &args.grant.to_string()));
            }
        }
        PersonCommand::Code(args) => {
            let person = known(&mut tx, &args.login).await?;
            let code = people::new_code(&mut tx, &person, CODE).await?;
            say(lang, Phrase::new("cli-code").with("code", code));
        }
    }
    tx.commit().await?;
    store.close().await;
    Ok(())
}

/// Runs a command about tokens. The secret is printed alone on its line, once.
pub async fn token(args: &TokenArgs, lang: Lang) -> Result<()> {
    let (TokenCommand::New(New { at, .. }) | TokenCommand::Revoke(Revoke { at, .. })) = &args.what;
    let store = at.open().await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    match &args.what {
        TokenCommand::New(args) => {
            let person = known(&mut tx, &args.login).await?.id;
            let only: Vec<String> = args.only.split(',').map(|one| one.trim().to_owned()).collect();
            let unknown = |one: &&String| {
                one.split_once(' ')
                    .is_none_or(|(action, resource)| web::permissions::rule_of(action, resource).is_none())
            };
            if let Some(one) = only.iter().find(unknown) {
                return Err(wrong("cli-no-rule", one));
            }
            let secret = format!("{}{}", identity::keeper::TOKEN, secrets::secret());
            let ends = Moment(SystemClock.now().0 + i64::from(args.days) * 24 * people::HOUR);
            people::add_token(&mut tx, person, &secrets::hash(&secret), &args.name, &only, ends).await?;
            tx.commit().await?;
            println!("{secret}");
        }
        TokenCommand::Revoke(args) => {
            let person = known(&mut tx, &args.login).await?.id;
            if !people::revoke(&mut tx, person, args.token).await? {
                return Err(wrong("cli-no-token", &args.token.to_string()));
            }
            tx.commit().await?;
            say(lang, Phrase::new("cli-token-revoked"));
        }
    }
    store.close().await;
    Ok(())
}
