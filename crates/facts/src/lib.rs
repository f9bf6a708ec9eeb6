//! Figures, their history, publication, and the verdicts that follow from them.
//!
//! - [`law`]: the law in use and the measures the store knows.
//! - [`record`]: the one way figures are written, judged in the same transaction.
//! - [`rejudge`]: the job that judges again when the law changed, and lists what that changed.
//! - [`overlays`]: what administrators lay on the law: thresholds of the province, confirmations; [`trial`]: what that would change.
//! - [`setsheet`]: a criteria set as a workbook, out and in; [`drafts`]: kept, approved by a second person.
//! - [`proof`]: what the audit trail proves of figures.
//! - [`published`]: the one way the public reads figures.
//! - [`carried`]: published figures asked on the successors of the units that reported them.
//! - [`measured`]: one measure over all communes; [`choropleth`] classes them for maps.
//! - [`checks`]: quality checks: what they doubt of a unit, what is said to it, how often they found something.
//! - [`distribution`]: how the units of a province stand to one indicator.
//! - [`totals`]: provincial totals and lists over the narrow table of verdicts.
//! - [`told`]: several units judged again, explained; [`targets`] which targets of the province's plan that answers.
//! - [`figure`]: one figure with its origins, history and evidence; its edit.
//! - [`evidence`]: pieces that prove figures, taken in part by part, looked at by a job.
//! - [`holds`]: figures that nobody changes while they are reviewed, or locked.
//! - [`explore`]: any measure over units and years, as a table.
//! - [`dhis2`]: the exchange with DHIS2.
//! - [`closed`]: years that a province has closed; their verdicts never change.
//! - [`judgements`]: verdicts under a unit, each with what it was judged by.
//! - [`intake`]: tables from outside, checked and committed; [`uploads`] waiting files, [`jobs`] the large ones.
//! - [`template`]: workbooks to be filled in.
//! - [`rules`]: who may record which figures.
//! - [`said`]: what was typed where a value was said in another unit than its measure's.
//! - [`reports`]: mistakes that readers tell of, and their answers.
//! - [`story`]: a unit's verdict with everything that explains it.

pub mod carried;
pub mod checks;
pub mod choropleth;
pub mod closed;
pub mod dhis2;
pub mod distribution;
pub mod drafts;
pub mod evidence;
pub mod explore;
pub mod figure;
pub mod holds;
pub mod intake;
pub mod jobs;
mod judge;
pub mod judgements;
pub mod law;
pub mod measured;
mod migrations;
pub mod model;
pub mod overlays;
pub mod pages;
pub mod personal;
pub mod proof;
pub mod published;
pub mod record;
pub mod rejudge;
pub mod reports;
pub mod rules;
pub mod said;
pub mod setsheet;
pub mod story;
pub mod targets;
pub mod template;
pub mod told;
pub mod totals;
pub mod trial;
pub mod uploads;

pub use law::Law;
pub use migrations::MIGRATIONS;
pub use model::{Edition, Entry, Figure, Key, Outcome, Stage};
