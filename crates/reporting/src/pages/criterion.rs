//! A criterion of a unit: entered by the unit, reviewed by others. One criterion a page; the whole form works without scripts.

use super::{
    Fields, after,
    doubts::{self as shown_doubts, Again as Answered},
    law, proofs, reporting, say, unit,
};
use crate::{
    comments::{self, Comment},
    doubts::Doubts,
    entry::{self, Answer, Given, Typed},
    form::{self, Field, Form as Asks, Said, SetForm, Sheet},
    model::{Action, Campaign, Course, Criterion, Item, Reporting},
    rules, store as kept, told,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use facts::{Law, checks::Side, pages::attach};
use kernel::{AgencyId, PersonId, Phrase, UnitId};
use minijinja::{Value, context};
use rulebook::{Kind, requirement};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use web::{Asking, Ctx, Form, Multipart, Outcome, Path, Repeatable};

type At = (i64, i64, String, String);

/// What the page is asked for: told after something was done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `1`: what was sent was saved; `2`: some of it; `3`: a step was taken.
    xong: String,
    /// How many pieces of evidence were attached, and at which measure.
    tep: String,
    o: String,
}

/// Everything the page of a criterion, or of all of them, is made from.
pub(super) struct Shown {
    pub(super) campaign: Campaign,
    pub(super) summed: Reporting,
    pub(super) items: Vec<Item>,
    pub(super) form: Asks,
    /// Whether this reader enters the values of the criterion now.
    enters: bool,
    /// Whether they entered any of them: what nobody reviews themselves.
    own: bool,
    /// The agencies to whose criteria their reviewing is bound.
    bound: Option<BTreeSet<AgencyId>>,
    proofs: proofs::Proofs,
    comments: Vec<Comment>,
    doubts: Doubts,
    /// What proves its figures, by measure.
    pieces: BTreeMap<i64, Vec<Value>>,
    people: HashMap<PersonId, String>,
    /// The last reason with which it was given back.
    reason: Option<(String, String)>,
    pub(super) today: say::Today,
}

/// What was sent and is shown again: by measure what was typed, and what became of it.
#[derive(Default)]
pub(super) struct Again {
    typed: BTreeMap<String, Given>,
    pub(super) answers: BTreeMap<String, Answer>,
    /// The measure of a correction that was not taken.
    correction: Option<String>,
    /// Files that were not taken, by measure.
    files: Vec<(String, Phrase)>,
    /// Answers to doubts that were sent with a step.
    doubts: Answered,
}

fn criterion(at: &At) -> Criterion {
    Criterion { set: at.2.clone(), no: at.3.clone() }
}

/// Looks up what a page shows of a unit: of one criterion, or of all. Cost: the unit's figures of two years, its criteria and
/// comments, what was done; of one criterion the doubts, and what proves the figures of the year.
pub(super) async fn shown(
    ctx: &Ctx,
    law: &Law,
    (campaign, unit): (i64, i64),
    criterion: Option<&Criterion>,
) -> Result<Shown, web::Failure> {
    let mut tx = ctx.read().await?;
    let (campaign, summed) = reporting(ctx, &mut tx, campaign, unit).await?;
    let Some(place) = units::store::get(&mut tx, UnitId(unit)).await? else { return Err(ctx.not_found()) };
    let items = kept::items(&mut tx, campaign.id, place.id).await?;
    let form = form::load(&mut tx, law, &campaign, &place).await?;
    let today = say::today(ctx, &mut tx).await?;
    let comments = comments::of(&mut tx, campaign.id, place.id).await?;
    let item = criterion.and_then(|one| items.iter().find(|item| item.criterion == *one));
    let enters = item.is_some_and(|item| {
        rules::is_open(item.state) && campaign.takes_entries(today.day) && ctx.may("enter", "reporting")
    });
    // Doubts and evidence stand on a criterion's own page: to whoever enters what a value may use, to the others what it rests on.
    let (mut doubts, mut proofs, mut pieces) = (Doubts::default(), proofs::Proofs::default(), BTreeMap::new());
    let (mut bound, mut own) = (None, false);
    if let Some((_, sheet)) = criterion.and_then(|one| form.sheet(one)) {
        let hands = kept::hands(&mut tx, &campaign, place.id, &sheet.measures()).await?;
        own = rules::reviews_own(ctx.actor.person, &hands);
        bound = unit::bound(ctx, &mut tx, place.id).await?;
        doubts = Doubts::of(&mut tx, law, &campaign, place.id).await?;
        if enters {
            proofs = proofs::load(ctx, &mut tx, place.id, campaign.year()).await?;
        } else {
            let measures: Vec<i64> = sheet.fields.iter().map(|field| field.measure).collect();
            pieces = facts::pages::pieces(ctx, &mut tx, &place, campaign.year(), &measures).await?;
        }
    }
    let done = kept::actions(&mut tx, campaign.id, place.id, 200).await?;
    let shown = form.sheets().filter(|(_, sheet)| criterion.is_none_or(|one| *one == sheet.criterion));
    let writers = shown.flat_map(|(_, sheet)| &sheet.fields);
    let writers = writers.filter_map(|field| field.declared.as_ref()?.person);
    let people =
        comments.iter().filter_map(|one| one.person).chain(writers).chain(done.iter().filter_map(|one| one.person));
    let people = say::names(&mut tx, people.chain(shown_doubts::people(&doubts))).await?;
    let back = done.iter().find(|one| Some(&one.criterion) == criterion && rules::needs_reason(one.action));
    let reason = back.map(|one| (one.reason.clone(), say::who(ctx.lang, &people, one.person, &one.actor)));
    Ok(Shown {
        campaign,
        summed,
        items,
        form,
        enters,
        own,
        bound,
        proofs,
        comments,
        doubts,
        pieces,
        people,
        reason,
        today,
    })
}

/// `GET /bao-cao/{campaign}/xa/{unit}/{set}/{no}`. Cost: the unit's figures of two years, its criteria and comments, the doubts of its
/// figures, what proves those of the year.
pub async fn page(ctx: Ctx, Path(at): Path<At>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let shown = shown(&ctx, &law, (at.0, at.1), Some(&criterion(&at))).await?;
    tell(&ctx, &law, &at, &shown, StatusCode::OK, &Again::default(), &asked)
}

/// The page, with what was sent with a step and not done.
pub(super) async fn stopped(ctx: &Ctx, at: At, status: StatusCode, sent: Answered) -> Outcome {
    let law = law(ctx);
    let shown = shown(ctx, &law, (at.0, at.1), Some(&criterion(&at))).await?;
    tell(ctx, &law, &at, &shown, status, &Again { doubts: sent, ..Again::default() }, &Asked::default())
}

fn tell(ctx: &Ctx, law: &Law, at: &At, shown: &Shown, status: StatusCode, again: &Again, done: &Asked) -> Outcome {
    let criterion = criterion(at);
    let (Some((set, sheet)), Some(place)) =
        (shown.form.sheet(&criterion), shown.items.iter().position(|item| item.criterion == criterion))
    else {
        return Err(ctx.not_found());
    };
    let item = &shown.items[place];
    let today = &shown.today;
    let enters = shown.enters;
    let mut offers = unit::offers(ctx, &shown.campaign, std::slice::from_ref(item), shown.bound.as_ref());
    offers.retain(|action| !(shown.own && matches!(action, Action::Accept | Action::Confirm)));
    // Who may accept what was sent may write another number beside it; of a shorter period there is none.
    let sent = item.state == crate::model::State::Sent && shown.campaign.is_yearly();
    let reviews = sent && offers.contains(&Action::Accept);
    let doubter = shown_doubts::Teller { ctx, law, doubts: &shown.doubts, people: &shown.people, again: &again.doubts };
    let side = shown_doubts::side(ctx, item.state).filter(|_| shown.campaign.course == Course::Open);
    let stopped = doubter.stopped(shown.doubts.of_sheet(sheet), |doubt| format!("#{}", shown_doubts::anchor(doubt)));
    let teller = Teller { ctx, law, shown, set, again, done, doubter: Some(&doubter), side };
    let fields: Vec<Value> = sheet.fields.iter().map(|field| teller.field(field)).collect();
    let link = |at: usize| {
        let item = shown.items.get(at)?;
        let (set, no) = (&item.criterion.set, &item.criterion.no);
        Some(context! { no => no, name => say::criterion(ctx.lang, law, &item.criterion),
        href => ctx.link(&format!("/bao-cao/{}/xa/{}/{set}/{no}", shown.campaign.id, shown.form.unit.id)) })
    };
    let buttons: Vec<Value> = offers
        .iter()
        .map(|action| {
            context! { name => action.name(), word => say::action(ctx.lang, *action), reason => rules::needs_reason(*action),
                       action => unit::address(ctx, shown.campaign.id, shown.form.unit.id, *action) }
        })
        .collect();
    let (word, class) = facts::pages::verdict(ctx.lang, set.verdict.criteria[sheet.at]);
    let here = format!("/bao-cao/{}/xa/{}/{}/{}", shown.campaign.id, shown.form.unit.id, at.2, at.3);
    let wrong: Vec<Value> = teller.wrong(sheet);
    let changed = again.answers.values().any(|answer| matches!(answer, Answer::Changed));
    let unit_href = ctx.link(&told::page(shown.campaign.id, shown.form.unit.id));
    ctx.page_with(
        status,
        "reporting_criterion.html",
        context! {
            title => format!("{} {} · {}", at.3, ctx.lang.pick(&sheet.name_vi, &sheet.name_en), shown.form.unit.name),
            campaign => say::campaign(ctx, law, &shown.campaign, today), unit => shown.form.unit.name, unit_id => shown.form.unit.id.0, unit_href => unit_href,
            no => at.3, name => ctx.lang.pick(&sheet.name_vi, &sheet.name_en), set => say::set(ctx.lang, law, &at.2), set_id => at.2,
            state => say::state(ctx.lang, item.state), verdict => word, class => class, filled => sheet.filled(), asked => sheet.asked(),
            left => say::left(ctx.lang, shown.summed.due, today), due => locale::date(shown.summed.due), fields => fields, enters => enters, reviews => reviews,
            save => ctx.link(&format!("{here}/luu")), correct => ctx.link(&format!("{here}/sua")),
            api => format!("/api/v1/campaigns/{}/units/{}/entries", shown.campaign.id, shown.form.unit.id),
            comment => ctx.link(&format!("{}/trao-doi", told::page(shown.campaign.id, shown.form.unit.id))), may_comment => ctx.may("comment", "reporting"),
            here => here, tc => format!("{}|{}", at.2, at.3), stopped => stopped, reason_typed => again.doubts.typed("reason").unwrap_or_default(),
            answers => side.is_some().then(|| ctx.link(&format!("{}/nghi-van", told::page(shown.campaign.id, shown.form.unit.id)))),
            ran => doubter.ran(), doubts => shown.doubts.of_sheet(sheet).count(), key => uuid::Uuid::new_v4().to_string(), buttons => buttons, errors => wrong, changed => changed,
            before => place.checked_sub(1).and_then(link), after => link(place + 1), saved => done.xong == "1", partly => done.xong == "2", acted => done.xong == "3",
            attaches => (enters && ctx.may("attach", "evidence")).then(|| context! { accept => attach::ACCEPT, megabytes => attach::megabytes(ctx), most => attach::MOST_FILES,
                unit => shown.form.unit.id.0, year => shown.form.year.to_string(), all => ctx.link(&format!("/xa/{}/minh-chung", shown.form.unit.id)) }),
            reason => shown.reason.as_ref().filter(|_| item.state == crate::model::State::Returned).map(|(text, by)| context! { text => text, by => by }),
            person => ctx.who().map(|who| who.person.0), year => shown.campaign.year().to_string(), last_year => (shown.campaign.year() - 1).to_string(),
        },
    )
}

pub(super) struct Teller<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) law: &'a Law,
    pub(super) shown: &'a Shown,
    pub(super) set: &'a SetForm,
    pub(super) again: &'a Again,
    pub(super) done: &'a Asked,
    /// Who says doubts, where they are said.
    pub(super) doubter: Option<&'a shown_doubts::Teller<'a>>,
    pub(super) side: Option<Side>,
}

impl Teller<'_> {
    /// All that is wrong with what was sent, each with a link to its field.
    pub(super) fn wrong(&self, sheet: &Sheet) -> Vec<Value> {
        let mut found = Vec::new();
        for field in &sheet.fields {
            let code = &field.about.id;
            let no = field.node.map(|node| self.set.plan.book.nodes[node].indicator.no.as_str()).unwrap_or(code);
            found.extend(
                self.wrong_files(code)
                    .map(|said| context! { href => format!("#files-{code}"), text => format!("{no}: {said}") }),
            );
            let Some(Answer::Wrong(list)) = self.again.answers.get(code) else { continue };
            found.extend(list.iter().map(|(part, phrase)| {
                context! { href => format!("#{part}-{code}"), text => format!("{no}: {}", locale::say(self.ctx.lang, phrase)) }
            }));
        }
        found
    }

    fn doubts(&self, code: &str) -> Vec<Value> {
        let Some(doubter) = self.doubter else { return Vec::new() };
        self.shown.doubts.of_measure(code).map(|doubt| doubter.doubt(doubt, self.side)).collect()
    }

    /// What is wrong with files of a value.
    fn wrong_files(&self, code: &str) -> impl Iterator<Item = String> {
        self.again.files.iter().filter(move |(at, _)| at == code).map(|(_, why)| locale::say(self.ctx.lang, why))
    }

    fn said(&self, said: &Said, field: &Field) -> Value {
        let by = said.person.and_then(|person| self.shown.people.get(&person));
        context! { value => facts::pages::exactly(self.ctx.lang, &said.value, field.about.unit.as_deref()), at => locale::moment(said.at), by => by }
    }

    pub(super) fn field(&self, field: &Field) -> Value {
        let (ctx, lang, code) = (self.ctx, self.ctx.lang, &field.about.id);
        let node = field.node.map(|node| &self.set.plan.book.nodes[node]);
        let indicator = node.map(|node| &node.indicator);
        let unit = node.and_then(|node| node.unit()).or(field.about.unit.as_deref());
        let unit_word = unit.map(|unit| match requirement::unit_name(unit, false) {
            kernel::Arg::Text(text) => text,
            kernel::Arg::Phrase(phrase) => locale::say(lang, &phrase),
            _ => unit.to_owned(),
        });
        let asks = field.node.map(|node| {
            let (book, year) = (&self.set.plan.book, self.shown.campaign.year());
            locale::say(lang, &requirement::requirement(book, node, &self.set.traits, year))
        });
        let (op, limit, confidence) = self.set.requirement(field);
        let judged = self.set.judged(field).map(|judged| facts::pages::verdict(lang, judged));
        let sent = self.again.typed.get(code);
        let typed = sent.map_or_else(
            || form::typed(lang, field.declared.as_ref().map(|said| &said.value)),
            |given| given.typed.clone(),
        );
        let note = sent.map_or_else(
            || field.declared.as_ref().map_or("", |said| said.note.as_str()),
            |given| given.note.as_deref().unwrap_or_default(),
        );
        let answer = self.again.answers.get(code).filter(|_| self.again.correction.as_ref() != Some(code));
        let wrong: BTreeMap<&str, String> = match answer {
            Some(Answer::Wrong(list)) => list.iter().map(|(part, phrase)| (*part, locale::say(lang, phrase))).collect(),
            _ => BTreeMap::new(),
        };
        let version = field.declared.as_ref().map_or(0, |said| said.version);
        let comments = self.comments(field.measure);
        let open = self
            .shown
            .comments
            .iter()
            .filter(|c| c.measure == field.measure && c.closed_at.is_none() && c.answers.is_none())
            .count();
        let correction = self.again.correction.as_ref() == Some(code);
        let correction_wrong = match self.again.answers.get(code).filter(|_| correction) {
            Some(Answer::Wrong(list)) => list.iter().map(|(_, phrase)| locale::say(lang, phrase)).collect(),
            Some(Answer::Changed) => vec![locale::word(lang, "reporting-changed-meanwhile")],
            _ => Vec::new(),
        };
        context! {
            code => code, no => indicator.map(|i| i.no.as_str()), text => indicator.map_or_else(|| lang.pick(&field.about.name_vi, &field.about.name_en).clone(), |i| lang.pick(&i.text_vi, &i.text_en).clone()),
            guidance => indicator.and_then(|i| i.guidance.clone()), condition => indicator.and_then(|i| lang.pick(i.applies_if.clone(), i.applies_if_en.clone().or(i.applies_if.clone()))),
            unit => unit_word, asked => field.asked, yes_no => field.about.kind.is_yes_no(), percent => field.about.kind == Kind::Percent, kind => field.about.kind.name(),
            requirement => asks, op => serde_json::to_value(op).ok(), limit => limit.map(ToString::to_string), confirmed => confidence == rulebook::Confidence::Verified,
            verdict => judged.as_ref().map(|(word, _)| word.clone()), class => judged.map(|(_, class)| class), has_condition => self.set.has_condition(field),
            before => field.before.as_ref().map(|value| facts::pages::exactly(lang, value, unit)), value => typed.value, numerator => typed.numerator, denominator => typed.denominator,
            note => note, seen => version, declared => field.declared.as_ref().map(|said| self.said(said, field)), wrong => wrong,
            changed => matches!(answer, Some(Answer::Changed)),
            verified => field.verified.as_ref().map(|figure| context! { value => facts::pages::exactly(lang, &figure.value, unit), note => figure.note, at => locale::moment(figure.at) }),
            verified_seen => field.verified.as_ref().map_or(0, |figure| figure.revision.0),
            read => field.read.as_ref().filter(|_| !field.asked).map(|(origin, value)| context! { value => facts::pages::exactly(lang, value, unit), origin => locale::say_key(lang, &format!("origin-{}", origin.name()), &[]) }),
            href => ctx.link(&format!("/so-lieu/{}/{code}/{}", self.shown.form.unit.id, self.shown.campaign.year())), comments => comments, open => open,
            units => self.units(field), also => self.also(field),
            proofs => self.shown.proofs.at(ctx, field.measure), files_wrong => self.wrong_files(code).collect::<Vec<_>>(),
            attached => self.done.tep.parse::<i64>().ok().filter(|count| *count > 0 && self.done.o == *code),
            doubts => self.doubts(code), pieces => self.shown.pieces.get(&field.measure),
            correction => correction, correction_wrong => correction_wrong, measure => self.law.measure_code(field.measure),
        }
    }

    /// The units that a field takes, for the island: each with how it is written and by what it is multiplied.
    fn units(&self, field: &Field) -> Option<String> {
        let about = &field.about;
        let own = about.unit.as_deref().filter(|_| field.asked && about.kind.is_numeric())?;
        let mut all = vec![serde_json::json!({"unit": own, "names": [own], "times": "1"})];
        all.extend(about.said_in.iter().map(|one| {
            let names: Vec<&String> = std::iter::once(&one.unit).chain(&one.written).collect();
            serde_json::json!({"unit": one.unit, "names": names, "times": one.times})
        }));
        serde_json::to_string(&all).ok()
    }

    /// The other units that a field takes, in words, each with its rule.
    fn also(&self, field: &Field) -> Option<String> {
        let lang = self.ctx.lang;
        let one = |said: &rulebook::said_in::SaidIn| {
            let phrase = kernel::Phrase::new("said-in-rule").with("unit", said.unit.as_str());
            locale::say(lang, &phrase.with("times", said.times.clone()))
        };
        let all: Vec<String> = field.about.said_in.iter().filter(|_| field.asked).map(one).collect();
        (!all.is_empty()).then(|| locale::say_key(lang, "said-in-also", &[("units", all.join(", ").into())]))
    }

    /// The comments of a value, each with its answers.
    fn comments(&self, measure: i64) -> Vec<Value> {
        let (lang, all) = (self.ctx.lang, &self.shown.comments);
        let one = |comment: &Comment| {
            context! { id => comment.id, text => comment.text, at => locale::moment(comment.at),
            by => say::who(lang, &self.shown.people, comment.person, &comment.actor) }
        };
        let first = all.iter().filter(|comment| comment.measure == measure && comment.answers.is_none());
        let with_answers = |comment: &Comment| {
            let answers: Vec<Value> = all.iter().filter(|answer| answer.answers == Some(comment.id)).map(one).collect();
            let turn = self.ctx.link(&format!(
                "{}/trao-doi/{}",
                told::page(self.shown.campaign.id, self.shown.form.unit.id),
                comment.id
            ));
            context! { first => one(comment), answers => answers, closed => comment.closed_at.map(locale::moment), turn => turn }
        };
        first.map(with_answers).collect()
    }
}

/// What a form sends of its values: `v.`, `n.`, `d.`, `g.`, `s.` and a measure.
fn given(fields: &Fields) -> Vec<Given> {
    let text = |start: &str, code: &str| fields.get(&format!("{start}.{code}")).cloned().unwrap_or_default();
    after(fields, "s.")
        .map(|(code, seen)| Given {
            measure: code.to_owned(),
            typed: Typed { value: text("v", code), numerator: text("n", code), denominator: text("d", code) },
            note: fields.get(&format!("g.{code}")).cloned(),
            seen: seen.parse().unwrap_or(0),
        })
        .collect()
}

/// What became of a form of values.
pub(super) enum Became {
    /// All of it is saved, or was before; so many files were attached.
    Fine(i64),
    /// What was right is saved, so many files were attached; the rest is to be shown with what was typed, under this status.
    Again(StatusCode, Again, i64),
}

/// Saves the values of a form, each for itself, and keeps and uses its files. Cost: as [`entry::save`] and [`proofs::hang`].
pub(super) async fn sent(
    ctx: &Ctx,
    law: &Law,
    (campaign, unit): (i64, i64),
    sent: proofs::Sent,
) -> Result<Became, web::Failure> {
    let proofs::Sent { fields, files, mut wrong } = sent;
    let given = given(&fields);
    let body =
        serde_json::to_vec(&(&fields, files.iter().map(|(at, file)| (at, &file.blob.sha256)).collect::<Vec<_>>()))?;
    let repeatable = Repeatable::of_form(ctx, fields.get("key").map_or("", String::as_str), &body);
    let mut tx = ctx.write().await?;
    let campaign = super::campaign(ctx, &mut tx, campaign).await?;
    if let Some(first) = repeatable.seen(&mut tx).await? {
        return Ok(Became::Fine(first["files"].as_i64().unwrap_or(0)));
    }
    let Some(saved) = entry::save(&mut tx, law, &campaign, UnitId(unit), &given).await? else {
        return Err(ctx.not_found());
    };
    let (hung, refused) = proofs::hang(ctx, &mut tx, law, &saved.form, files, &fields).await?;
    wrong.extend(refused);
    let fine = saved.answers.iter().all(|answer| matches!(answer, Answer::Saved | Answer::Nothing));
    if fine && wrong.is_empty() {
        repeatable.keep(tx, &serde_json::json!({"saved": given.len(), "files": hung})).await?;
        return Ok(Became::Fine(hung as i64));
    }
    if hung > 0 || saved.answers.iter().any(|answer| matches!(answer, Answer::Saved)) {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let mut again = Again { files: wrong, ..Again::default() };
    for (one, answer) in given.into_iter().zip(saved.answers) {
        if matches!(answer, Answer::Wrong(_) | Answer::Changed) {
            again.typed.insert(one.measure.clone(), one.clone());
        }
        again.answers.insert(one.measure, answer);
    }
    let changed = again.answers.values().any(|answer| matches!(answer, Answer::Changed));
    let status = if changed { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(Became::Again(status, again, hung as i64))
}

/// `POST /bao-cao/{campaign}/xa/{unit}/{set}/{no}/luu`: what is right is saved, files are kept and used, what is wrong or was
/// changed by somebody else is shown again with what was typed. Cost: as [`sent`].
pub async fn save(ctx: Ctx, Path(at): Path<At>, parts: Multipart) -> Outcome {
    let law = law(&ctx);
    let form = proofs::read(&ctx, parts).await?;
    let here = ctx.link(&format!("/bao-cao/{}/xa/{}/{}/{}", at.0, at.1, at.2, at.3));
    let next = form.fields.get("tiep").and_then(|_| form.fields.get("sau").cloned());
    let next = next.filter(|path| path.starts_with(&format!("/bao-cao/{}/xa/{}/", at.0, at.1)));
    // Where the page is left: at the value whose button was pressed, or whose file it was.
    let place = form.fields.get("o").or(form.files.first().map(|(at, _)| at)).cloned();
    let place = place.filter(|at| law.measure_id(at).is_some()).unwrap_or_default();
    match sent(&ctx, &law, (at.0, at.1), form).await? {
        Became::Fine(files) => {
            let done = match files {
                0 => format!("{here}?xong=1"),
                _ => format!("{here}?xong=1&tep={files}&o={place}#f-{place}"),
            };
            Ok(Redirect::to(&next.map_or(done, |path| ctx.link(&path))).into_response())
        }
        Became::Again(status, again, files) => {
            let shown = shown(&ctx, &law, (at.0, at.1), Some(&criterion(&at))).await?;
            let partly = Asked { xong: "2".into(), tep: files.to_string(), o: place };
            tell(&ctx, &law, &at, &shown, status, &again, &partly)
        }
    }
}

/// `POST /bao-cao/{campaign}/xa/{unit}/{set}/{no}/sua`: a reviewer's value beside the declared one. Cost: as [`entry::correct`].
pub async fn correct(ctx: Ctx, Path(at): Path<At>, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let typed = Typed { value: text("value"), numerator: text("numerator"), denominator: text("denominator") };
    let given =
        Given { measure: text("measure"), typed, note: Some(text("note")), seen: text("seen").parse().unwrap_or(0) };
    let mut tx = ctx.write().await?;
    let campaign = super::campaign(&ctx, &mut tx, at.0).await?;
    let Some(answer) = entry::correct(&mut tx, &law, &campaign, UnitId(at.1), &given).await? else {
        return Err(ctx.not_found());
    };
    if matches!(answer, Answer::Saved) {
        tx.commit().await?;
        let there = format!("/bao-cao/{}/xa/{}/{}/{}?xong=1#f-{}", at.0, at.1, at.2, at.3, given.measure);
        return Ok(Redirect::to(&ctx.link(&there)).into_response());
    }
    drop(tx);
    let status =
        if matches!(answer, Answer::Changed) { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut again = Again { correction: Some(given.measure.clone()), ..Again::default() };
    again.answers.insert(given.measure, answer);
    let shown = shown(&ctx, &law, (at.0, at.1), Some(&criterion(&at))).await?;
    tell(&ctx, &law, &at, &shown, status, &again, &Asked::default())
}
