//! What of the law can be found: sets, criteria, indicators, measures, decisions; the pages of this room.

use async_trait::async_trait;
use kernel::Phrase;
use rulebook::{Rulebook, model::Indicator};
use store::{ReadTx, Result};
use web::{
    Site,
    search::{Both, Entry, Source, fixed},
};

/// Pages of this room that stand by themselves.
const PAGES: [(&str, &str); 12] = [
    ("/", "search-page-home"),
    ("/xa", "communes-title"),
    ("/ban-do", "map-title"),
    ("/kham-pha", "explore-title"),
    ("/bo-tieu-chi", "sets-title"),
    ("/bo-tieu-chi/so-sanh", "compare-title"),
    ("/nguon-va-phuong-phap", "sources-title"),
    ("/tu-dien-so-lieu", "dictionary-title"),
    ("/nguon-va-phuong-phap/can-xac-nhan", "unsure-title"),
    ("/nhap-so-lieu", "intake-title"),
    ("/api", "search-page-api"),
    ("/api/problems", "problems-title"),
];

pub(super) struct Law;

#[async_trait]
impl Source for Law {
    /// The law is read again after each change of it.
    async fn version(&self, site: &Site, tx: &mut ReadTx) -> Result<String> {
        Ok(site.thing::<crate::Law>().current(tx).await?.step().to_string())
    }

    async fn entries(&self, site: &Site, tx: &mut ReadTx) -> Result<Vec<Entry>> {
        let law = site.thing::<crate::Law>().current(tx).await?;
        let mut entries = fixed(&PAGES);
        // The sets that judge today come before those that did.
        for (at, set) in law.library().sets().enumerate() {
            let before = entries.len();
            of_set(set, at, &mut entries);
            let ended = set.applies.to.is_some_and(|to| to < site.clock.today());
            entries[before..].iter_mut().for_each(|entry| entry.ended = ended);
        }
        entries.extend(law.library().measures().enumerate().map(|(at, m)| Entry {
            group: "measures",
            title: Both::new(m.name_vi.as_str(), m.name_en.as_str()),
            names: vec![m.id.clone()],
            place: Both::name(m.unit.as_deref().unwrap_or("")),
            href: format!("/tu-dien-so-lieu?q={0}#{0}", m.id),
            own: true,
            order: format!("m{at:05}"),
            ..Entry::default()
        }));
        Ok(entries)
    }
}

/// A set with its decision, criteria and indicators.
fn of_set(set: &Rulebook, at: usize, entries: &mut Vec<Entry>) {
    let page = format!("/bo-tieu-chi/{}", set.set);
    let title = Both::new(set.title_vi.as_str(), set.title_en.as_str());
    let entry = |group, title: Both, names: Vec<String>, place: Both, href: String, order: usize| Entry {
        group,
        title,
        names,
        place,
        href,
        own: true,
        order: format!("{at:02}{order:05}"),
        ..Entry::default()
    };
    let decision = set.decision.number.clone();
    let issuer = Both::name(set.decision.issuer.as_str());
    entries.push(entry("sets", title.clone(), vec![set.set.clone()], issuer.clone(), page.clone(), 0));
    for number in decision.into_iter().chain(set.decision.amended_by.iter().map(|a| a.number.clone())) {
        let said = Both::said(&Phrase::new("search-decision").with("number", number.as_str()));
        entries.push(entry("decisions", said, vec![number], title.clone(), format!("{page}#van-ban"), 1));
    }
    for criterion in &set.criteria {
        let name = Both::new(criterion.name_vi.as_str(), criterion.name_en.as_str());
        let href = |no: &str| format!("{page}/{no}");
        let numbered = Phrase::new("search-criterion").with("no", criterion.no.as_str()).both(
            "name",
            criterion.name_vi.as_str(),
            criterion.name_en.as_str(),
        );
        let names = vec![criterion.name_vi.clone(), criterion.no.clone()];
        // The law's own order: what comes later stands later.
        let order = entries.len();
        entries.push(entry(
            "criteria",
            Both::said(&numbered),
            names,
            title.clone(),
            format!("{page}?tc={}", criterion.no),
            order,
        ));
        let mut put = |i: &Indicator| {
            let numbered = Phrase::new("search-indicator").with("no", i.no.as_str()).both(
                "text",
                i.text_vi.as_str(),
                i.text_en.as_str(),
            );
            let place = Both::new(
                format!("{} · {}", name.pick(locale::Lang::Vi), set.title_vi),
                format!("{} · {}", name.pick(locale::Lang::En), set.title_en),
            );
            let names = vec![i.text_vi.clone(), i.no.clone()];
            let order = entries.len();
            entries.push(entry("indicators", Both::said(&numbered), names, place, href(&i.no), order));
        };
        criterion.indicators.iter().for_each(|i| each(i, &mut put));
    }
}

/// An indicator and its parts.
fn each(indicator: &Indicator, put: &mut impl FnMut(&Indicator)) {
    put(indicator);
    indicator.parts.iter().for_each(|part| each(part, put));
}
