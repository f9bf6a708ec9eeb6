//! The board of a campaign: which unit is where, since when, what waits for whom.

use super::{MOST, PER, campaign, law, say};
use crate::{
    model::{Course, Reporting, State},
    store::{self as kept, Chosen},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Day, Decimal};
use minijinja::{Value, context};
use units::listed::take_away;
use web::{Asked, Asking, Ctx, Outcome, Path};

const ORDERS: [&str; 3] = ["state", "since", "filled"];

/// What a filter chooses: a state by its name, `late`, `changed`.
fn chosen(asked: &Asked, today: Day) -> (String, Chosen) {
    match asked.tt.as_str() {
        "late" => (String::new(), Chosen { late: Some(today), ..Chosen::default() }),
        "changed" => (String::new(), Chosen { changed: true, ..Chosen::default() }),
        state => (State::from_name(state).map_or("", State::name).to_owned(), Chosen::default()),
    }
}

/// `GET /bao-cao/{campaign}`. Cost: a row a unit of the campaign that the reader sees, twice.
pub async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let today = say::today(&ctx, &mut tx).await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let (state, choice) = chosen(&asked, today.day);
    let (found, count) = kept::board(&mut tx, id, &asked.listing_of(&state, asked.page(), PER), choice).await?;
    let (counts, late) = kept::counts(&mut tx, id, today.day).await?;
    let all: i64 = counts.values().sum();
    let chip = |name: &str, word: String, class: &str, count: i64| {
        let href = ctx.link(&format!("/bao-cao/{id}?tt={name}"));
        context! { name => name, word => word, class => class, count => count, href => href, current => asked.tt == name }
    };
    let mut chips = vec![chip("", locale::word(ctx.lang, "reporting-all"), "", all)];
    for state in State::ALL {
        let count = counts.get(state).copied().unwrap_or(0);
        if count > 0 || asked.tt == state.name() {
            let said = say::state(ctx.lang, *state);
            let class = said.get_attr("class").ok().map(|class| class.to_string()).unwrap_or_default();
            chips.push(chip(state.name(), locale::word(ctx.lang, state.key()), &class, count));
        }
    }
    if late > 0 || asked.tt == "late" {
        chips.push(chip("late", locale::word(ctx.lang, "reporting-late"), "failed", late));
    }
    let sent: i64 = counts
        .iter()
        .filter(|(state, _)| !matches!(state, State::Empty | State::Draft | State::Returned))
        .map(|(_, n)| n)
        .sum();
    let rows: Vec<Value> = found.iter().map(|unit| row(&ctx, id, unit, &today)).collect();
    ctx.page(
        "reporting_board.html",
        context! {
            title => one.name, campaign => say::campaign(&ctx, &law, &one, &today), rows => rows, count => count, chips => chips, all => all,
            sent => sent, late => late, orders => ORDERS, pages => asked.pages(PER, count), q => asked.q, tt => asked.tt, sap => asked.sap,
            kept => asked.kept(), done => !asked.xong.is_empty(), draft => one.course == Course::Draft,
            settings => ctx.may("read", "campaigns").then(|| ctx.link(&format!("/bao-cao/{id}/cai-dat"))),
            waiting => ctx.link(&format!("/bao-cao/{id}/cho-duyet")), changed => ctx.link(&format!("/bao-cao/{id}/sua-sau-duyet")),
        },
    )
}

fn row(ctx: &Ctx, id: i64, unit: &Reporting, today: &say::Today) -> Value {
    let days = today.day.epoch_days() - unit.since.day().epoch_days();
    let open = matches!(unit.state, State::Empty | State::Draft | State::Returned);
    context! {
        name => unit.name, href => ctx.link(&format!("/bao-cao/{id}/xa/{}", unit.unit)), state => say::state(ctx.lang, unit.state),
        days => days, since => locale::date(unit.since.day()), asked => unit.asked, filled => unit.filled, waiting => unit.waiting,
        returned => unit.returned, accepted => unit.accepted, comments => unit.comments,
        late => (open && unit.due < today.day).then(|| say::left(ctx.lang, unit.due, today)),
    }
}

const HEADINGS: [&str; 9] = [
    "reporting-unit",
    "reporting-state",
    "reporting-since",
    "reporting-filled",
    "reporting-asked",
    "reporting-waiting",
    "reporting-returned",
    "reporting-accepted",
    "reporting-comments",
];

/// `GET /bao-cao/{campaign}/bang.csv`: the board as it is chosen. Cost: as the page, of all units found.
pub async fn csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Csv).await
}

/// `GET /bao-cao/{campaign}/bang.xlsx`: the same as a workbook.
pub async fn xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Xlsx).await
}

async fn file(ctx: &Ctx, id: i64, asked: &Asked, kind: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    campaign(ctx, &mut tx, id).await?;
    let (state, choice) = chosen(asked, ctx.site.clock.today());
    let (found, _) = kept::board(&mut tx, id, &asked.listing_of(&state, 0, MOST), choice).await?;
    let row = |unit: &Reporting| {
        let mut cells = [unit.name.clone(), locale::word(ctx.lang, unit.state.key()), locale::date(unit.since.day())]
            .map(Content::Text)
            .to_vec();
        let numbers = [unit.filled, unit.asked, unit.waiting, unit.returned, unit.accepted, unit.comments];
        cells.extend(numbers.map(|number| Content::Number(Decimal::from(number))));
        cells
    };
    take_away(ctx, "bang-bao-cao", "reporting-title", &HEADINGS, found.iter().map(row).collect(), kind)
}
