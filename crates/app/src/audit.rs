//! `langso audit`: the chain of the audit trail, checked and sealed.

use crate::{manage::Database, stop::Stop};
use anyhow::Result;
use kernel::{Phrase, SystemClock};
use locale::Lang;
use store::audit::{Finding, Head, Report};

/// The audit trail
#[derive(clap::Args, Clone, Debug)]
pub struct Audit {
    #[command(subcommand)]
    what: Command,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    /// Check the whole chain
    Verify(Verify),
    /// Seal committed lines now
    Seal(Database),
}

#[derive(clap::Args, Clone, Debug)]
struct Verify {
    #[command(flatten)]
    at: Database,
    /// A head noted earlier, that must be in the chain
    #[arg(long, value_name = "POSITION CHAIN")]
    head: Vec<String>,
}

/// Runs; the exit code is 1 where the chain does not hold.
pub async fn audit(args: &Audit, lang: Lang) -> Result<i32> {
    match &args.what {
        Command::Seal(at) => {
            let store = at.existing().await?;
            let count = store::audit::seal(&store, &SystemClock).await?;
            println!("{}", locale::say(lang, &Phrase::new("audit-sealed-now").with("count", count as i64)));
            store.close().await;
            Ok(0)
        }
        Command::Verify(args) => {
            let bad = |given: String| Stop::option("--head", Phrase::new("audit-head-bad").with("head", given));
            let heads: Vec<Head> = args.head.iter().map(|h| h.parse().map_err(bad)).collect::<Result<_, _>>()?;
            let store = args.at.existing().await?;
            let report = store::audit::verify_against(&store, &heads).await?;
            tell(&report, lang);
            let figures = figures(&store, lang).await?;
            store.close().await;
            Ok(i32::from(!report.findings.is_empty() || figures > 0))
        }
    }
}

/// Holds the history of figures against what audit lines say of it; how many do not agree, each said.
pub async fn figures(store: &store::Store, lang: Lang) -> Result<usize> {
    let facts::proof::Findings { altered, unclaimed } = facts::proof::check(store).await?;
    for line in &altered {
        let phrase = Phrase::new("audit-figures-altered").with("line", line.to_string());
        println!("figures altered {line}: {}", locale::say(lang, &phrase));
    }
    if unclaimed > 0 {
        let phrase = Phrase::new("audit-figures-unclaimed").with("count", unclaimed);
        println!("figures unclaimed {unclaimed}: {}", locale::say(lang, &phrase));
    }
    Ok(altered.len() + usize::from(unclaimed > 0))
}

/// A finding as a sentence.
fn sentence(finding: &Finding) -> Phrase {
    let line = |key, seq: &i64| Phrase::new(key).with("line", seq.to_string());
    let place = |key, position: &i64| Phrase::new(key).with("place", position.to_string());
    match finding {
        Finding::Altered { seq } => line("audit-altered", seq),
        Finding::Removed { seq } => line("audit-removed", seq),
        Finding::DetailsAltered { seq } => line("audit-details-altered", seq),
        Finding::DetailsRemoved { seq } => line("audit-details-removed", seq),
        Finding::SealRemoved { position } => place("audit-seal-removed", position),
        Finding::HeadMissing { position } => place("audit-head-missing", position),
        Finding::Reordered { seq, position } => place("audit-reordered", position).with("line", seq.to_string()),
        Finding::SealAltered { seq, position } => place("audit-seal-altered", position).with("line", seq.to_string()),
    }
}

/// What verification saw: counts and head, then every finding, its stable word first.
pub fn tell(report: &Report, lang: Lang) {
    let counts = Phrase::new("audit-counts").with("sealed", report.sealed as i64);
    let counts = counts.with("unsealed", report.unsealed as i64).with("erased", report.erased.len());
    println!("{}", locale::say(lang, &counts));
    if let Some(head) = &report.head {
        println!("{}", locale::say(lang, &Phrase::new("audit-head").with("head", head.to_string())));
    }
    for (line, reason) in &report.erased {
        let phrase = Phrase::new("audit-erased").with("line", line.to_string()).with("reason", reason.as_str());
        println!("{}", locale::say(lang, &phrase));
    }
    for finding in &report.findings {
        println!("{finding}: {}", locale::say(lang, &sentence(finding)));
    }
}
