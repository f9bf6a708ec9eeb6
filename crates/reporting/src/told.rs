//! Whom the steps of a campaign are told: by notice, in the transaction of the step.

use crate::model::{Action, Campaign, Item};
use ::store::{Result, WriteTx};
use identity::posts::Post;
use kernel::{AgencyId, PersonId, Phrase, Role, UnitId};
use std::collections::BTreeSet;
use units::Unit;
use web::notices::{Kind, Notice, To, tell};

/// The page of a unit in a campaign.
pub fn page(campaign: i64, unit: UnitId) -> String {
    format!("/bao-cao/{campaign}/xa/{unit}")
}

/// Tells whoever has to do something next: reviewers of what was sent, the unit of what was given back or opened again, the
/// office of what was accepted as a whole. Cost: a notice a person.
pub(crate) async fn of_action(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: &Unit,
    action: Action,
    items: &[Item],
    reason: &str,
) -> Result<()> {
    let today = tx.now().day();
    let (people, key): (BTreeSet<PersonId>, &'static str) = match action {
        Action::Send => {
            let agencies: BTreeSet<AgencyId> = items.iter().filter_map(|item| item.agency).collect();
            let posts: Vec<Post> = agencies.into_iter().map(|agency| Post::Agency(Role::Appraiser, agency)).collect();
            (identity::posts::at(tx, &posts, today).await?, "notice-reporting-sent")
        }
        Action::Return | Action::Reopen => {
            let posts = [Post::Unit(Role::CommuneOfficer, unit.id), Post::Unit(Role::CommuneLeader, unit.id)];
            (identity::posts::at(tx, &posts, today).await?, "notice-reporting-returned")
        }
        Action::Accept | Action::Confirm | Action::Lock => return Ok(()),
    };
    let numbers: Vec<&str> = items.iter().map(|item| item.criterion.no.as_str()).collect();
    let phrase = Phrase::new(key)
        .with("unit", unit.name.as_str())
        .with("campaign", campaign.name.as_str())
        .with("criteria", numbers.join(", "))
        .with("reason", reason);
    let now = tx.now().0;
    for person in people {
        let key = format!("reporting/{}/{}/{}/{now}/{person}", campaign.id, unit.id, action.name());
        let (phrase, link) = (phrase.clone(), page(campaign.id, unit.id));
        tell(tx, &Notice { to: To::Person(person), kind: Kind::Reporting, key, phrase, link, unit: Some(unit.id) })
            .await?;
    }
    Ok(())
}

/// Tells of a comment whoever wrote the value, whoever asked before, and whoever is named as `@login`; never its writer. What it
/// says stands behind the link alone: it is erased with its writer's data, which no notice nor letter of others is. Cost: a
/// notice a person.
pub(crate) async fn of_comment(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: &Unit,
    measure: i64,
    id: i64,
    text: &str,
    asked: Option<PersonId>,
) -> Result<()> {
    let mut people = crate::store::hands(tx, campaign, unit.id, &[measure]).await?;
    people.extend(asked);
    people.extend(identity::posts::by_logins(tx, &mentions(text)).await?);
    if let Some(writer) = tx.actor().person {
        people.remove(&writer);
    }
    let phrase = Phrase::new("notice-reporting-comment").with("unit", unit.name.as_str());
    for person in people {
        let key = format!("reporting/{}/{}/comment/{id}/{person}", campaign.id, unit.id);
        let (phrase, link) = (phrase.clone(), format!("{}?so={measure}#c{id}", page(campaign.id, unit.id)));
        tell(tx, &Notice { to: To::Person(person), kind: Kind::Reporting, key, phrase, link, unit: Some(unit.id) })
            .await?;
    }
    Ok(())
}

/// The logins that a text names after `@`, at most ten.
fn mentions(text: &str) -> Vec<String> {
    let named = text.split('@').skip(1).map(|after| {
        let login: String = after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
        login.trim_end_matches(['.', '-']).to_lowercase()
    });
    named.filter(|login| !login.is_empty()).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_people() {
        assert_eq!(mentions("@lan xem giúp, cả @Minh.Tran nữa. a@"), ["lan", "minh.tran"]);
        assert!(mentions("không ai").is_empty());
    }
}
