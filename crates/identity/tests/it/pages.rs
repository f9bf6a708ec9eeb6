//! What a browser meets: forms, cookies, where they lead.

use crate::{CLOCK, PASSWORD, ROOMS, identity, somebody, tokens::by_program};
use anyhow::{Context, Result, ensure};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, Response, header},
};
use identity::{Identity, keeper::Keeper, secrets, store as people};
use kernel::{Actor, Role};
use std::{any::TypeId, collections::HashMap, net::SocketAddr, sync::Arc};
use store::{Query, Store, args};
use testkit::each_engine;
use tower::ServiceExt;

/// The network of a proxy on another machine that this site believes.
const PROXY: &str = "192.0.2.8/30";

/// What the rooms of this site keep of people.
pub fn hooks() -> web::personal::Hooks {
    let rooms = [web::room(), units::room(), identity::room()];
    let all = rooms.iter().flat_map(|room| room.personal).copied().collect();
    web::personal::Hooks { all, retention: web::personal::Retention::default() }
}

pub fn site(store: &Store, demo: bool, secure: bool) -> Result<(web::Site, web::Routes)> {
    let rooms = [web::room(), units::room(), identity::room()];
    let routes = rooms.iter().fold(web::Routes::new(), |all, room| all.merge((room.routes)()));
    let templates = rooms.iter().flat_map(|room| (room.templates)());
    let identity = Arc::new(Identity { demo, secure, ..identity(store) });
    let site = web::Site(Arc::new(web::SiteParts {
        store: store.clone(),
        clock: Arc::new(CLOCK),
        templates: web::Templates::new(templates)?,
        people: Arc::new(Keeper(identity.clone())),
        place: "Tỉnh Tuyên Quang".into(),
        illustrative: false,
        permissions: routes.table.clone(),
        things: HashMap::from([
            (TypeId::of::<Identity>(), identity as Arc<dyn std::any::Any + Send + Sync>),
            (TypeId::of::<web::personal::Hooks>(), Arc::new(hooks()) as Arc<dyn std::any::Any + Send + Sync>),
            (TypeId::of::<web::NamedLaw>(), Arc::new(web::NamedLaw(Box::new(crate::law)))),
            (TypeId::of::<web::Proxies>(), Arc::new(web::Proxies(vec![PROXY.parse().ok().context("a network")?]))),
        ]),
        openapi: "{}".into(),
        origin: "https://lang.example".into(),
        limit: None,
        search: web::search::Search::default(),
    }));
    Ok((site, routes))
}

/// A request of a browser on our own page; `cookie` as it was set.
pub async fn send(
    store: &Store,
    secure: bool,
    method: &str,
    path: &str,
    cookie: &str,
    form: &str,
) -> Result<Response<Body>> {
    send_from(store, secure, method, path, cookie, form, ([203, 0, 113, 7], None)).await
}

/// The same from a peer, which says for whom it asks where it is a proxy.
pub async fn send_from(
    store: &Store,
    secure: bool,
    method: &str,
    path: &str,
    cookie: &str,
    form: &str,
    (peer, handed_on): ([u8; 4], Option<&str>),
) -> Result<Response<Body>> {
    let (site, routes) = site(store, false, secure)?;
    let peer: SocketAddr = (peer, 5000).into();
    let mut request =
        Request::builder().method(method).uri(path).header("host", "lang.example").extension(ConnectInfo(peer));
    if let Some(from) = handed_on {
        request = request.header("x-forwarded-for", from);
    }
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    Ok(web::app(site, routes).oneshot(request.header("cookie", cookie).body(Body::from(form.to_owned()))?).await?)
}

pub fn said(answer: &Response<Body>, name: header::HeaderName) -> &str {
    answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
}

pub async fn text(answer: Response<Body>) -> Result<String> {
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub fn plain(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

pub fn form(tiep: &str, password: &str) -> String {
    format!("login=tanmy&password={}&tiep={}", plain(password), plain(tiep))
}

#[test]
fn a_login_leads_back_to_this_site_alone() {
    each_engine(ROOMS, |store| async move {
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        for (tiep, wanted) in [
            ("/tai-khoan", "/tai-khoan"),
            ("/xa/250?nam=2024", "/xa/250?nam=2024"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/x\r\nset-cookie: a=b", "/"),
            ("javascript:alert(1)", "/"),
            ("", "/"),
        ] {
            let answer = send(&store, false, "POST", "/dang-nhap", "", &form(tiep, PASSWORD)).await?;
            ensure!(answer.status() == 303 && said(&answer, header::LOCATION) == wanted, "{tiep:?}: {answer:?}");
        }
        Ok(())
    });
}

#[test]
fn a_cookie_is_for_this_host_and_no_script_and_goes_with_the_session() {
    each_engine(ROOMS, |store| async move {
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let answer =
            send(&store, true, "POST", "/dang-nhap", "langso=chosen-by-somebody-else", &form("/", PASSWORD)).await?;
        let familiar = answer.headers().get_all(header::SET_COOKIE).iter().nth(1).context("a second cookie")?;
        ensure!(familiar.to_str()?.starts_with("__Host-langso-quen=") && familiar.to_str()?.contains("HttpOnly"));
        let cookie = said(&answer, header::SET_COOKIE).to_owned();
        for part in ["__Host-langso=", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            ensure!(cookie.contains(part), "{part}: {cookie}");
        }
        ensure!(!cookie.contains("chosen-by-somebody-else") && !cookie.contains("Domain"), "{cookie}");
        let cookie = cookie.split(';').next().context("a cookie")?.to_owned();
        let page = send(&store, true, "GET", "/tai-khoan", &cookie, "").await?;
        ensure!(page.status() == 200 && said(&page, header::CACHE_CONTROL) == "no-store", "{page:?}");
        ensure!(text(page).await?.contains("Lý Thị Hoa"));
        // A write of a browser that does not say where it comes from.
        let (site, routes) = site(&store, false, true)?;
        let request =
            Request::post("/dang-xuat").header("host", "lang.example").header("cookie", &cookie).body(Body::empty())?;
        ensure!(web::app(site, routes).oneshot(request).await?.status() == 403, "another site logs people out");
        let gone = send(&store, true, "POST", "/dang-xuat", &cookie, "").await?;
        ensure!(said(&gone, header::SET_COOKIE).contains("Max-Age=0"));
        let cleared = header::HeaderName::from_static("clear-site-data");
        ensure!(said(&gone, cleared) == "\"cache\"", "pages stay in the browser: {gone:?}");
        let page = send(&store, true, "GET", "/tai-khoan", &cookie, "").await?;
        ensure!(page.status() == 303 && said(&page, header::LOCATION).starts_with("/dang-nhap"), "the session goes on");
        Ok(())
    });
}

#[test]
fn what_not_everybody_may_see_is_kept_on_no_disk() {
    each_engine(ROOMS, |store| async move {
        somebody(&store, "tanmy", Role::Auditor).await?;
        let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
        let person = people::by_login(&mut tx, "tanmy").await?.context("a person")?.id;
        people::begin(&mut tx, &secrets::hash("s"), person, people::Begun::Full, "").await?;
        people::set_totp(&mut tx, person, Some("sealed"), 0, Some(&secrets::hash("s"))).await?;
        tx.commit().await?;
        for (path, kept) in [
            ("/quan-tri/nguoi", "no-store"),
            ("/quan-tri/nguoi.xlsx", "no-store"),
            ("/nhat-ky.csv", "no-store"),
            ("/api/v1/people", "no-store"),
            ("/tai-khoan/du-lieu.json", "no-store"),
            ("/du-lieu-ca-nhan", "private, no-cache"),
        ] {
            let answer = send(&store, false, "GET", path, "langso=s", "").await?;
            let found = (answer.status().as_u16(), said(&answer, header::CACHE_CONTROL));
            ensure!(found == (200, kept), "{path}: {found:?}");
        }
        Ok(())
    });
}

#[test]
fn what_is_measured_is_for_whoever_runs_the_site() {
    each_engine(ROOMS, |store| async move {
        let person = crate::proposals::administrator(&store, "quantri").await?;
        let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
        let ends = kernel::Moment(kernel::Clock::now(&CLOCK).0 + 1_000_000);
        for (secret, only) in [("langso_a", "read operation"), ("langso_b", "read people")] {
            people::add_token(&mut tx, person, &secrets::hash(secret), "x", &[only.to_owned()], ends).await?;
        }
        tx.commit().await?;
        for (token, peer, wanted) in [
            ("", [203, 0, 113, 7], 403),
            ("", [127, 0, 0, 1], 403), // A proxy of this machine: the host is not this machine's.
            ("langso_a", [203, 0, 113, 7], 200),
            ("langso_b", [203, 0, 113, 7], 403),
            ("langso_c", [203, 0, 113, 7], 403),
        ] {
            let (site, routes) = site(&store, false, false)?;
            let peer: SocketAddr = (peer, 5000).into();
            let request = Request::get("/metrics").header("host", "lang.example").extension(ConnectInfo(peer));
            let request = request.header("authorization", format!("Bearer {token}")).body(Body::empty())?;
            let answer = web::app(site, routes).oneshot(request).await?;
            ensure!(answer.status() == wanted, "{token:?}: {answer:?}");
            ensure!(text(answer).await?.contains("langso_requests_total") == (wanted == 200), "{token:?}");
        }
        Ok(())
    });
}

#[test]
fn a_wrong_password_is_said_on_the_form_and_the_demo_has_its_own_door() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let answer = send(&store, false, "POST", "/dang-nhap", "", &form("/tai-khoan", "sai")).await?;
        ensure!(answer.status() == 422 && said(&answer, header::SET_COOKIE).is_empty());
        let page = text(answer).await?;
        ensure!(
            page.contains("không đúng") && page.contains("value=\"tanmy\"") && !page.contains("value=\"sai\""),
            "{page}"
        );
        ensure!(!page.contains("/dang-nhap/demo"), "the demo's door is shown elsewhere");
        let answer = send(&store, false, "POST", "/dang-nhap/demo", "", &format!("person={person}")).await?;
        ensure!(answer.status() == 422, "the demo's door is open elsewhere");
        Ok(())
    });
}

#[test]
fn the_trail_is_searched_by_who_what_and_time_and_shows_what_changed() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "kiemtoan", Role::Auditor).await?;
        let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
        let key = identity(&store).key.seal(&identity::second::secret());
        identity::store::set_totp(&mut tx, person, Some(&key), 0, None).await?;
        let details = serde_json::json!({"before": {"name": "Cũ", "same": 1}, "after": {"name": "Mới", "same": 1}});
        let line = store::AuditLine { action: "test.change", kind: "thing", subject: "7".into(), unit: None, details };
        tx.audit(line).await?;
        let secret = "s1";
        identity::store::begin(&mut tx, &identity::secrets::hash(secret), person, identity::store::Begun::Full, "")
            .await?;
        tx.commit().await?;
        let get = async |path: &str| text(send(&store, false, "GET", path, "langso=s1", "").await?).await;
        let page = get("/nhat-ky?viec=test.").await?;
        ensure!(page.contains("test.change") && page.contains("Cũ") && page.contains("Mới"), "{page}");
        ensure!(!page.contains(">same<") && !page.contains("identity.password"), "more than was asked for: {page}");
        for (query, wanted) in [
            ("nguoi=kiemtoan", "audit.read"),
            ("nguoi=khong-co", "Không có ai mang tên đăng nhập này"),
            ("don_vi=abc", "Không tìm thấy đơn vị"),
            ("tu=hom-qua", "Ngày không đúng"),
            ("sap=cu", "test.change"),
            ("doi_tuong=thing", "test.change"),
            ("tu=2026-11-24&den=2026-11-24", "test.change"),
            ("den=2026-11-23", "Không có dòng nào"),
            ("viec=audit.read", "audit.read"),
        ] {
            let page = get(&format!("/nhat-ky?{query}")).await?;
            ensure!(page.contains(wanted), "{query}: {page}");
        }
        // Whoever reads what somebody did reads of them: the line is theirs, too.
        get("/nhat-ky?nguoi=kiemtoan&viec=identity.").await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT a.subject, d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                   WHERE a.action = 'audit.read' ORDER BY a.seq DESC LIMIT 1";
        let line = tx.row(sql, args![]).await?.context("a line")?;
        ensure!(line.text(0)? == person.to_string() && line.text(1)?.contains("identity."), "{}", line.text(1)?);
        let refused = send(&store, false, "GET", "/nhat-ky.csv?don_vi=abc", "langso=s1", "").await?;
        ensure!(refused.status() == 422, "a file of everything where one unit was asked for");
        let csv = get("/nhat-ky.csv?viec=test.").await?;
        ensure!(csv.lines().count() == 2 && csv.contains("test.change"), "{csv}");
        Ok(())
    });
}

/// A program of an administrator's making with an auditor's role: nobody logs in as it.
async fn add_program(store: &Store) -> Result<kernel::PersonId> {
    let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
    let person = people::add(&mut tx, "kho", "Kho dữ liệu", None, "vi", false).await?;
    let from = kernel::Clock::today(&CLOCK);
    for role in [Role::Machine, Role::Auditor] {
        let new = identity::model::NewGrant { person, role, unit: None, agency: None, criteria: None, from, to: None };
        people::grant(&mut tx, &new).await?;
    }
    tx.commit().await?;
    Ok(person)
}

#[test]
fn who_needs_a_second_factor_is_led_to_it_first() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::Administrator).await?;
        let answer = send(&store, false, "POST", "/dang-nhap", "", &form("/", PASSWORD)).await?;
        let cookie = said(&answer, header::SET_COOKIE).split(';').next().context("a cookie")?.to_owned();
        let led = send(&store, false, "GET", "/quan-tri/nguoi", &cookie, "").await?;
        ensure!(led.status() == 303 && said(&led, header::LOCATION) == "/tai-khoan/xac-thuc", "{led:?}");
        // A token is no way round: none is made, and one from before such a role reads nothing.
        let form = format!("name=x&only=read+audit&to=2027-06-30&old={}&key=k", plain(PASSWORD));
        let made = send(&store, false, "POST", "/tai-khoan/khoa", &cookie, &form).await?;
        ensure!(made.status() == 403 && !text(made).await?.contains("langso_"), "a token before the second factor");
        let body = serde_json::json!({"name": "x", "only": ["read audit"], "to": "2027-06-30", "password": PASSWORD});
        let body = body.to_string();
        let (status, made) = by_program(&store, "POST", "/api/v1/tokens", ("cookie", &cookie), &body).await?;
        ensure!(status == 403 && made["secret"].is_null(), "{made}");
        let program = add_program(&store).await?;
        let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
        let ends = kernel::Moment(kernel::Clock::now(&CLOCK).0 + people::HOUR);
        for (whose, secret) in [(person, "langso_old"), (program, "langso_program")] {
            people::add_token(&mut tx, whose, &secrets::hash(secret), "x", &["read audit".to_owned()], ends).await?;
        }
        tx.commit().await?;
        let trail = async |secret: &str| -> Result<u16> {
            let bearer = format!("Bearer {secret}");
            Ok(by_program(&store, "GET", "/nhat-ky", ("authorization", &bearer), "").await?.0)
        };
        ensure!(trail("langso_old").await? == 403, "an old token carries a new role's power");
        ensure!(trail("langso_program").await? == 200, "a program that nobody logs in as is asked for a second factor");
        let page = text(send(&store, false, "GET", "/tai-khoan/xac-thuc", &cookie, "").await?).await?;
        let sealed =
            page.split_once("name=\"sealed\" value=\"").context("a secret")?.1.split('"').next().context("it")?;
        let opened = identity(&store).key.open(sealed).context("sealed")?;
        let code = identity::second::code(&opened[8..], kernel::Clock::now(&CLOCK));
        let wrong = send(
            &store,
            false,
            "POST",
            "/tai-khoan/xac-thuc",
            &cookie,
            &format!("sealed={sealed}&code=1&old={}", plain(PASSWORD)),
        )
        .await?;
        ensure!(wrong.status() == 422);
        let set = send(
            &store,
            false,
            "POST",
            "/tai-khoan/xac-thuc",
            &cookie,
            &format!("sealed={sealed}&code={code}&old={}", plain(PASSWORD)),
        )
        .await?;
        ensure!(set.status() == 303, "{set:?}");
        let people = send(&store, false, "GET", "/quan-tri/nguoi", &cookie, "").await?;
        ensure!(people.status() == 200, "{people:?}");
        ensure!(trail("langso_old").await? == 200, "a token waits on after its owner's second factor");
        let own = format!("/quan-tri/nguoi/{person}/vai-tro");
        let given = send(&store, false, "POST", &own, &cookie, "role=coordination&unit=1").await?;
        ensure!(given.status() == 422, "an administrator makes themselves what they like: {given:?}");
        Ok(())
    });
}
