//! All database access of this room.

use crate::{
    model::{Action, Campaign, Course, Criterion, Done, Item, Reporting, State},
    rules,
};
use ::store::{
    Guarded, Listing, Query, Result, Row, StoreError, Value, Within, WriteTx, args, last_day_of_year, paged,
};
use kernel::{AgencyId, Day, Moment, Period, PersonId, UnitId, text};
use std::collections::{BTreeMap, BTreeSet, HashMap};

mod review;

pub use review::{Changed, Differences, Waiting, accept, changed, differences, waiting};

/// Of units a scope sees those it may see working figures of.
pub const GUARDS: &[Guarded] = &[
    Guarded { table: "reporting_unit", sees: |within| seen("reporting_unit", within) },
    Guarded { table: "reporting_item", sees: |within| seen("reporting_item", within) },
    Guarded { table: "reporting_action", sees: |within| seen("reporting_action", within) },
    Guarded { table: "reporting_entry", sees: |within| seen("reporting_entry", within) },
    Guarded { table: "reporting_accepted", sees: |within| seen("reporting_accepted", within) },
    Guarded { table: "reporting_comment", sees: |within| seen("reporting_comment", within) },
];

fn seen(table: &str, within: &Within) -> String {
    let day = last_day_of_year(&format!("{table}.period"));
    format!("SELECT * FROM {table} WHERE {}", within.unit(&format!("{table}.unit"), &day))
}

const CAMPAIGN: &str = "id, name, period, province, sets, as_of, opens, due, review_due, comments_stop, state, version, at, terms, closed_with, doubts_stop";

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

fn moment(row: &Row, at: usize) -> Result<Moment> {
    row.i64(at).map(Moment)
}

fn day(row: &Row, at: usize) -> Result<Day> {
    Ok(Day::from_epoch_days(row.i64(at)?))
}

fn campaign(row: &Row) -> Result<Campaign> {
    let period = row.text(2)?;
    Ok(Campaign {
        id: row.i64(0)?,
        name: row.text(1)?,
        period: period.parse::<Period>().map_err(|_| corrupt(&period))?,
        province: UnitId(row.i64(3)?),
        sets: serde_json::from_str(&row.text(4)?)?,
        as_of: day(row, 5)?,
        opens: day(row, 6)?,
        due: day(row, 7)?,
        review_due: day(row, 8)?,
        comments_stop: row.flag(9)?,
        course: Course::from_name(&row.text(10)?).ok_or_else(|| corrupt("course"))?,
        version: row.i64(11)?,
        at: moment(row, 12)?,
        terms: serde_json::from_str(&row.text(13)?)?,
        closed_with: row.opt_i64(14)?,
        doubts_stop: row.flag(15)?,
    })
}

/// The campaigns that are not closed and have a deadline in working days. Cost: those rows.
pub async fn with_terms(tx: &mut impl Query) -> Result<Vec<Campaign>> {
    let sql =
        format!("SELECT {CAMPAIGN} FROM reporting_campaign WHERE state <> 'closed' AND terms <> '{{}}' ORDER BY id");
    tx.rows(&sql, args![]).await?.iter().map(campaign).collect()
}

/// One campaign. Cost: a row.
pub async fn get(tx: &mut impl Query, id: i64) -> Result<Option<Campaign>> {
    let sql = format!("SELECT {CAMPAIGN} FROM reporting_campaign WHERE id = $1");
    tx.row(&sql, args![id]).await?.as_ref().map(campaign).transpose()
}

/// Campaigns by what is asked for, the newest first where no order is named. Cost: those found, twice.
pub async fn list(tx: &mut impl Query, listing: &Listing) -> Result<(Vec<Campaign>, i64)> {
    let order = match listing.sort.as_str() {
        "name" => "search, id",
        "due" => "due, id",
        _ => "id DESC",
    };
    let from = "reporting_campaign WHERE ($1 = '' OR search LIKE '%' || $1 || '%') AND ($2 = '' OR state = $2)";
    let given = args![listing.key(), listing.state.as_str()];
    paged(tx, CAMPAIGN, from, order, given, listing.span(), campaign).await
}

/// The last campaign of this kind of period before another, from which assignments are taken over. Cost: a row.
pub async fn before(tx: &mut impl Query, one: &Campaign) -> Result<Option<Campaign>> {
    let sql = format!(
        "SELECT {CAMPAIGN} FROM reporting_campaign WHERE id <> $1 AND LENGTH(period) = $2 AND period <= $3
         ORDER BY period DESC, id DESC LIMIT 1"
    );
    let period = one.period_name();
    let length = i64::try_from(period.len()).unwrap_or(0);
    tx.row(&sql, args![one.id, length, period]).await?.as_ref().map(campaign).transpose()
}

/// Keeps a new campaign; its number. Cost: a row.
pub async fn add(tx: &mut WriteTx, new: &Campaign) -> Result<i64> {
    let id = tx.reserve("reporting_campaign", "id", 1).await?[0];
    let sql = "INSERT INTO reporting_campaign (id, name, search, period, province, sets, as_of, opens, due, review_due,
               comments_stop, state, version, at, actor, terms, doubts_stop)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16)";
    let given = args![
        id,
        new.name.as_str(),
        text::search_key(&new.name),
        new.period,
        new.province,
        serde_json::to_string(&new.sets)?,
        new.as_of,
        new.opens,
        new.due,
        new.review_due,
        new.comments_stop,
        new.course.name(),
        tx.now(),
        tx.actor().named(),
        serde_json::to_string(&new.terms)?,
        new.doubts_stop
    ];
    tx.execute_one(sql, given).await?;
    Ok(id)
}

/// Keeps what was changed of a campaign, where it still is what was seen; whether it was. Cost: a row.
pub async fn change(tx: &mut WriteTx, to: &Campaign) -> Result<bool> {
    let sql = "UPDATE reporting_campaign SET name = $1, search = $2, opens = $3, due = $4, review_due = $5,
               comments_stop = $6, state = $7, terms = $10, doubts_stop = $11, version = version + 1 WHERE id = $8 AND version = $9";
    let given = args![
        to.name.as_str(),
        text::search_key(&to.name),
        to.opens,
        to.due,
        to.review_due,
        to.comments_stop,
        to.course.name(),
        to.id,
        to.version,
        serde_json::to_string(&to.terms)?,
        to.doubts_stop
    ];
    Ok(tx.execute(sql, given).await? == 1)
}

const UNIT: &str = "unit, name, parent, state, since, due, asked, filled, waiting, returned, accepted, comments";

fn reporting(row: &Row) -> Result<Reporting> {
    Ok(Reporting {
        unit: UnitId(row.i64(0)?),
        name: row.text(1)?,
        parent: row.opt_i64(2)?.map(UnitId),
        state: state(row, 3)?,
        since: moment(row, 4)?,
        due: day(row, 5)?,
        asked: row.i64(6)?,
        filled: row.i64(7)?,
        waiting: row.i64(8)?,
        returned: row.i64(9)?,
        accepted: row.i64(10)?,
        comments: row.i64(11)?,
    })
}

fn state(row: &Row, at: usize) -> Result<State> {
    State::from_name(&row.text(at)?).ok_or_else(|| corrupt("state"))
}

/// A unit in a campaign, where this scope sees it. Cost: a row.
pub async fn unit(tx: &mut impl Query, campaign: i64, unit: UnitId) -> Result<Option<Reporting>> {
    let sql = format!("SELECT {UNIT} FROM reporting_unit WHERE campaign = $1 AND unit = $2");
    tx.row(&sql, args![campaign, unit]).await?.as_ref().map(reporting).transpose()
}

/// What a board is asked for besides words, state and order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen {
    /// Only those whose day has passed and who still have to send.
    pub late: Option<Day>,
    /// Only those of which something was changed after it was accepted.
    pub changed: bool,
    /// Only those under this district.
    pub parent: Option<UnitId>,
}

/// The units of a campaign that this scope sees, by what is asked for. Cost: those found, twice.
pub async fn board(
    tx: &mut impl Query,
    campaign: i64,
    listing: &Listing,
    chosen: Chosen,
) -> Result<(Vec<Reporting>, i64)> {
    let order = match listing.sort.as_str() {
        "state" => "state, since, ord, unit",
        "since" => "since, ord, unit",
        "filled" => "filled, ord, unit",
        _ => "ord, unit",
    };
    let changed = review::units_changed();
    let from = format!(
        "reporting_unit WHERE campaign = $1 AND ($2 = '' OR search LIKE '%' || $2 || '%') AND ($3 = '' OR state = $3)
                AND ($4 = 0 OR (due < $4 AND state IN ('empty', 'draft', 'returned'))) AND ($5 = 0 OR unit IN ({changed})) AND ($6 = 0 OR parent = $6)"
    );
    let late = chosen.late.map_or(0, Day::epoch_days);
    let parent = chosen.parent.map_or(0, |unit| unit.0);
    let given = args![campaign, listing.key(), listing.state.as_str(), late, chosen.changed, parent];
    paged(tx, UNIT, &from, order, given, listing.span(), reporting).await
}

/// How many units of a campaign that this scope sees are in which state, and how many are late. Cost: a row a unit of the
/// campaign.
pub async fn counts(tx: &mut impl Query, campaign: i64, today: Day) -> Result<(BTreeMap<State, i64>, i64)> {
    let sql = "SELECT state, COUNT(*), CAST(SUM(CASE WHEN due < $2 AND state IN ('empty', 'draft', 'returned') THEN 1 ELSE 0 END)
               AS INTEGER) FROM reporting_unit WHERE campaign = $1 GROUP BY state";
    let (mut found, mut late) = (BTreeMap::new(), 0);
    for row in tx.rows(sql, args![campaign, today]).await? {
        found.insert(state(&row, 0)?, row.i64(1)?);
        late += row.i64(2)?;
    }
    Ok((found, late))
}

/// How many units of a campaign this scope sees. Cost: those rows.
pub async fn how_many(tx: &mut impl Query, campaign: i64) -> Result<usize> {
    let row = tx.row("SELECT COUNT(*) FROM reporting_unit WHERE campaign = $1", args![campaign]).await?;
    row.map_or(Ok(0), |row| Ok(usize::try_from(row.i64(0)?).unwrap_or(0)))
}

/// Where the reader's own next step is: units of open campaigns this scope sees, of few units (an officer's), newest first.
/// Cost: at most `limit` rows a campaign that is open.
pub async fn own(tx: &mut impl Query, campaigns: &[i64], limit: i64) -> Result<Vec<(i64, Reporting)>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let list = campaigns.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let sql = format!(
        "SELECT {UNIT}, campaign FROM reporting_unit WHERE campaign IN ({list}) ORDER BY campaign DESC, ord LIMIT $1"
    );
    let rows = tx.rows(&sql, args![limit]).await?;
    rows.iter().map(|row| Ok((row.i64(12)?, reporting(row)?))).collect()
}

const ITEM: &str = "set_id, criterion, place, state, since, asked, filled, agency, officer";

fn item(row: &Row) -> Result<Item> {
    Ok(Item {
        criterion: Criterion { set: row.text(0)?, no: row.text(1)? },
        place: row.i64(2)?,
        state: state(row, 3)?,
        since: moment(row, 4)?,
        asked: row.i64(5)?,
        filled: row.i64(6)?,
        agency: row.opt_i64(7)?.map(AgencyId),
        officer: row.opt_i64(8)?.map(PersonId),
    })
}

/// The criteria of a unit in a campaign, in the order of the sets. Cost: those rows.
pub async fn items(tx: &mut impl Query, campaign: i64, unit: UnitId) -> Result<Vec<Item>> {
    let sql = format!("SELECT {ITEM} FROM reporting_item WHERE campaign = $1 AND unit = $2 ORDER BY place");
    tx.rows(&sql, args![campaign, unit]).await?.iter().map(item).collect()
}

const ITEM_ROW: [&str; 12] = [
    "campaign",
    "unit",
    "set_id",
    "criterion",
    "period",
    "place",
    "state",
    "since",
    "asked",
    "filled",
    "agency",
    "officer",
];

fn item_row(one: &Campaign, period: &str, unit: UnitId, item: &Item) -> Vec<Value> {
    let (agency, officer) = (item.agency.map(|a| a.0), item.officer.map(|p| p.0));
    let (set, no) = (item.criterion.set.as_str(), item.criterion.no.as_str());
    let (asked, filled) = (item.asked, item.filled);
    args![one.id, unit, set, no, period, item.place, item.state.name(), item.since, asked, filled, agency, officer]
}

/// Keeps how far criteria of a unit have come; who reviews and who answers for them stays. Cost: those rows.
pub async fn keep_items(tx: &mut WriteTx, one: &Campaign, unit: UnitId, items: &[Item]) -> Result<()> {
    keep_but(tx, one, unit, items, &["agency", "officer"]).await
}

/// Says who of the unit answers for criteria that are held as they are; who reviews them stays. Cost: those rows.
pub async fn keep_officers(tx: &mut WriteTx, one: &Campaign, unit: UnitId, items: &[Item]) -> Result<()> {
    keep_but(tx, one, unit, items, &["agency"]).await
}

async fn keep_but(tx: &mut WriteTx, one: &Campaign, unit: UnitId, items: &[Item], stay: &[&str]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let period = one.period_name();
    let kept = |name: &str| !stay.contains(&name);
    let columns: Vec<&str> = ITEM_ROW.into_iter().filter(|name| kept(name)).collect();
    let row = |item: &Item| -> Vec<Value> {
        let named = ITEM_ROW.into_iter().zip(item_row(one, &period, unit, item));
        named.filter(|(name, _)| kept(name)).map(|(_, value)| value).collect()
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    tx.upsert_many("reporting_item", &columns[..4], &columns, rows.into_iter()).await?;
    Ok(())
}

/// How far the criteria of a unit have come in the other campaigns of the same period. Cost: those rows.
pub async fn elsewhere(tx: &mut impl Query, one: &Campaign, unit: UnitId) -> Result<Vec<(Criterion, State)>> {
    let sql = "SELECT set_id, criterion, state FROM reporting_item WHERE unit = $1 AND period = $2 AND campaign <> $3";
    let read = |row: &Row| Ok((Criterion { set: row.text(0)?, no: row.text(1)? }, state(row, 2)?));
    tx.rows(sql, args![unit, one.period_name(), one.id]).await?.iter().map(read).collect()
}

/// New units of a campaign with their criteria. Cost: those rows.
pub async fn add_units(tx: &mut WriteTx, one: &Campaign, units: &[(units::Unit, Vec<Item>)]) -> Result<()> {
    let (period, now) = (one.period_name(), tx.now());
    let of_unit = |(unit, items): &(units::Unit, Vec<Item>)| {
        let (asked, filled) =
            items.iter().fold((0, 0), |(asked, filled), item| (asked + item.asked, filled + item.filled));
        let name = units::store::short_name(&unit.name);
        let (search, ord) = (text::search_key(&unit.name), text::order_key(name));
        let (state, parent) = (rules::over(items.iter().map(|item| item.state)).name(), unit.parent);
        let period = period.as_str();
        args![
            one.id,
            unit.id,
            period,
            unit.name.as_str(),
            search,
            ord,
            parent,
            state,
            now,
            one.due,
            asked,
            filled,
            0,
            0,
            0,
            0
        ]
    };
    let columns = [
        "campaign", "unit", "period", "name", "search", "ord", "parent", "state", "since", "due", "asked", "filled",
        "waiting", "returned", "accepted", "comments",
    ];
    tx.insert_many("reporting_unit", &columns, units.iter().map(of_unit).collect::<Vec<_>>().into_iter()).await?;
    let items = units.iter().flat_map(|(unit, items)| items.iter().map(|item| item_row(one, &period, unit.id, item)));
    tx.insert_many("reporting_item", &ITEM_ROW, items.collect::<Vec<_>>().into_iter()).await?;
    Ok(())
}

/// Keeps what a unit is over its criteria. `since`: whether its state changed. Cost: a row.
pub async fn keep_unit(tx: &mut WriteTx, campaign: i64, now: &Reporting) -> Result<()> {
    let sql = "UPDATE reporting_unit SET state = $1, since = $2, asked = $3, filled = $4, waiting = $5, returned = $6,
               accepted = $7 WHERE campaign = $8 AND unit = $9";
    let given = args![
        now.state.name(),
        now.since,
        now.asked,
        now.filled,
        now.waiting,
        now.returned,
        now.accepted,
        campaign,
        now.unit
    ];
    tx.execute_one(sql, given).await
}

/// One more open comment, or one less. Cost: a row.
pub async fn count_comment(tx: &mut WriteTx, campaign: i64, unit: UnitId, more: i64) -> Result<()> {
    let sql = "UPDATE reporting_unit SET comments = comments + $1 WHERE campaign = $2 AND unit = $3";
    tx.execute_one(sql, args![more, campaign, unit]).await
}

/// Notes what was done to criteria of a unit. Cost: a row each.
pub async fn note(
    tx: &mut WriteTx,
    one: &Campaign,
    unit: UnitId,
    action: Action,
    done: &[(Criterion, State)],
    reason: &str,
) -> Result<()> {
    let ids = tx.reserve("reporting_action", "id", done.len()).await?;
    let (period, who, now) = (one.period_name(), tx.actor().named(), tx.now());
    let person = tx.actor().person.map(|person| person.0);
    let row = |(id, (criterion, state)): (&i64, &(Criterion, State))| {
        let (set, no) = (criterion.set.as_str(), criterion.no.as_str());
        let (action, state) = (action.name(), state.name());
        args![*id, one.id, unit, set, no, period.as_str(), action, state, reason, now, who.as_str(), person]
    };
    let columns = [
        "id",
        "campaign",
        "unit",
        "set_id",
        "criterion",
        "period",
        "action",
        "state",
        "reason",
        "at",
        "actor",
        "person",
    ];
    tx.insert_many("reporting_action", &columns, ids.iter().zip(done).map(row).collect::<Vec<_>>().into_iter()).await?;
    Ok(())
}

/// What was done to a unit's criteria, newest first. Cost: those rows, at most `limit`.
pub async fn actions(tx: &mut impl Query, campaign: i64, unit: UnitId, limit: i64) -> Result<Vec<Done>> {
    let sql = "SELECT set_id, criterion, action, state, reason, at, actor, person FROM reporting_action
               WHERE campaign = $1 AND unit = $2 ORDER BY id DESC LIMIT $3";
    let read = |row: &Row| {
        Ok(Done {
            criterion: Criterion { set: row.text(0)?, no: row.text(1)? },
            action: Action::from_name(&row.text(2)?).ok_or_else(|| corrupt("action"))?,
            state: state(row, 3)?,
            reason: row.text(4)?,
            at: moment(row, 5)?,
            actor: row.text(6)?,
            person: row.opt_i64(7)?.map(PersonId),
        })
    };
    tx.rows(sql, args![campaign, unit, limit]).await?.iter().map(read).collect()
}

/// Which agency reviews which criterion. Cost: those rows.
pub async fn reviewers(tx: &mut impl Query, campaign: i64) -> Result<BTreeMap<Criterion, AgencyId>> {
    let sql = "SELECT set_id, criterion, agency FROM reporting_reviewer WHERE campaign = $1";
    let read = |row: &Row| Ok((Criterion { set: row.text(0)?, no: row.text(1)? }, AgencyId(row.i64(2)?)));
    tx.rows(sql, args![campaign]).await?.iter().map(read).collect()
}

/// Keeps who reviews what, in the campaign and in the criteria of its units. Cost: a row a criterion; of an open campaign, the
/// criteria of all its units whose reviewer changed.
pub async fn keep_reviewers(tx: &mut WriteTx, campaign: i64, all: &BTreeMap<Criterion, AgencyId>) -> Result<()> {
    tx.execute("DELETE FROM reporting_reviewer WHERE campaign = $1", args![campaign]).await?;
    let row = |(criterion, agency): (&Criterion, &AgencyId)| {
        args![campaign, criterion.set.as_str(), criterion.no.as_str(), agency.0]
    };
    let columns = ["campaign", "set_id", "criterion", "agency"];
    tx.insert_many("reporting_reviewer", &columns, all.iter().map(row).collect::<Vec<_>>().into_iter()).await?;
    let named = "SELECT r.agency FROM reporting_reviewer r WHERE r.campaign = reporting_item.campaign
                 AND r.set_id = reporting_item.set_id AND r.criterion = reporting_item.criterion";
    let sql = format!(
        "UPDATE reporting_item SET agency = ({named}) WHERE campaign = $1 AND COALESCE(agency, 0) <> COALESCE(({named}), 0)"
    );
    tx.execute(&sql, args![campaign]).await?;
    Ok(())
}

/// Whose hands wrote values of these measures of a unit: in this campaign, or of the year's figure by whichever door. Cost: those rows.
pub async fn hands(tx: &mut impl Query, one: &Campaign, unit: UnitId, measures: &[i64]) -> Result<BTreeSet<PersonId>> {
    if measures.is_empty() {
        return Ok(BTreeSet::new());
    }
    let list = measures.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let sql = format!(
        "SELECT person FROM reporting_hand WHERE campaign = $1 AND unit = $2 AND measure IN ({list})
         UNION SELECT person FROM facts_history WHERE unit = $2 AND period = $3 AND measure IN ({list}) AND origin = $4
           AND person IS NOT NULL"
    );
    let declared = facts::model::origin_number(rulebook::Origin::Declared);
    tx.rows(&sql, args![one.id, unit, format!("{:04}", one.year()), declared])
        .await?
        .iter()
        .map(|row| row.i64(0).map(PersonId))
        .collect()
}

/// Who answered for which criterion of which unit. Cost: those rows of the campaign.
pub async fn officers(tx: &mut impl Query, campaign: i64) -> Result<HashMap<(UnitId, Criterion), PersonId>> {
    let sql = "SELECT unit, set_id, criterion, officer FROM reporting_item WHERE campaign = $1 AND officer IS NOT NULL";
    let read = |row: &Row| {
        let criterion = Criterion { set: row.text(1)?, no: row.text(2)? };
        Ok(((UnitId(row.i64(0)?), criterion), PersonId(row.i64(3)?)))
    };
    tx.rows(sql, args![campaign]).await?.iter().map(read).collect()
}
