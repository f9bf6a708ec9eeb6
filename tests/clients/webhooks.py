"""Webhooks against a receiver that checks them with the library of Standard Webhooks: signed, tried again under the same number,
never sent on. Usage: webhooks.py PATH-OF-LANGSO"""

import http.server
import json
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service import run, service


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers what it was told to, and keeps what came."""

    came, answers = [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.came.append((self.path, dict(self.headers.items()), body))
        status, headers = self.answers.pop(0) if self.answers else (204, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


def receiver():
    Receiver.came.clear()
    Receiver.answers.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/in"


def ask(site, method, path, body=None):
    status, text = site.ask(method, path, body, site.administrator)
    return status, json.loads(text or "null")


def add(site, url, events="report.told", name="thử"):
    return ask(site, "POST", "/api/v1/webhooks", json.dumps({"name": name, "url": url, "events": events}).encode())


def report(site):
    form = urllib.parse.urlencode({"trang": "/xa/250?nam=2024&q=riêng+tư", "text": "Số liệu này sai nhiều quá."}).encode()
    request = urllib.request.Request(site.base + "/bao-sai/gui", data=form)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def wait(what, seconds=20):
    for _ in range(seconds * 10):
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"in vain: {Receiver.came}")


def calls(site, hook):
    return ask(site, "GET", f"/api/v1/webhooks/{hook}/calls")[1]["calls"]


def a_call_is_signed_and_says_nothing_that_somebody_typed(site):
    server, url = receiver()
    status, made = add(site, url)
    assert status == 200 and made["secret"].startswith("whsec_"), made
    assert "secret" not in json.dumps(ask(site, "GET", "/api/v1/webhooks")[1]), "it is shown again"
    report(site)
    wait(lambda: Receiver.came)
    path, headers, body = Receiver.came[0]
    said = Webhook(made["secret"]).verify(body, headers)
    assert path == "/in" and said["type"] == "report.told" and said["data"]["page"] == "/xa/250", said
    assert "sai nhiều" not in body.decode() and "riêng" not in urllib.parse.unquote(body.decode())
    for secret, sent in [("whsec_" + "A" * 43 + "=", body), (made["secret"], body + b" ")]:
        try:
            Webhook(secret).verify(sent, headers)
        except WebhookVerificationError:
            continue
        raise AssertionError("a body that was changed, or another secret, passes")
    wait(lambda: calls(site, made["id"])[0]["state"] == "sent")
    ask(site, "POST", f"/api/v1/webhooks/{made['id']}/off")
    server.shutdown()


def a_call_that_fails_is_made_again_under_its_number_and_never_sent_on(site):
    server, url = receiver()
    Receiver.answers.extend([(302, {"Location": "/elsewhere"}), (500, {})])
    status, made = add(site, url)
    assert status == 200, made
    report(site)
    for tries in (1, 2):
        wait(lambda: [call for call in calls(site, made["id"]) if call["tries"] == tries])
        found = calls(site, made["id"])[0]
        assert found["state"] == "waiting" and found["problem"] == f"answered {[302, 500][tries - 1]}", found
        # Some minutes later.
        with sqlite3.connect(f"{site.data}/langso.sqlite", timeout=30) as database:
            database.execute("UPDATE web_call SET due_at = 0 WHERE state = 'waiting'")
            database.execute("UPDATE store_job SET run_at = 0 WHERE state = 'waiting'")
        database.close()
    wait(lambda: calls(site, made["id"])[0]["state"] == "sent")
    numbers = {headers["webhook-id"] for _, headers, _ in Receiver.came}
    assert len(Receiver.came) == 3 and len(numbers) == 1, Receiver.came
    assert all(path == "/in" for path, _, _ in Receiver.came), "sent on"
    for _, headers, body in Receiver.came:
        Webhook(made["secret"]).verify(body, headers)
    ask(site, "POST", f"/api/v1/webhooks/{made['id']}/off")
    report(site)
    time.sleep(2)
    assert len(Receiver.came) == 3, "it is off"
    server.shutdown()


def a_trial_goes_to_its_own_address_alone(site):
    server, url = receiver()
    made = [add(site, f"{url}/{n}")[1] for n in range(2)]
    assert ask(site, "POST", f"/api/v1/webhooks/{made[1]['id']}/trial")[0] == 200
    wait(lambda: Receiver.came)
    time.sleep(1.5)
    assert [path for path, _, _ in Receiver.came] == ["/in/1"], Receiver.came
    assert Webhook(made[1]["secret"]).verify(Receiver.came[0][2], Receiver.came[0][1])["type"] == "webhook.trial"
    server.shutdown()


def a_secret_is_changed_without_a_call_that_either_refuses(site):
    server, url = receiver()
    made = add(site, url)[1]
    status, changed = ask(site, "POST", f"/api/v1/webhooks/{made['id']}/secret")
    assert status == 200 and changed["secret"].startswith("whsec_") and changed["secret"] != made["secret"], changed
    report(site)
    wait(lambda: Receiver.came)
    _, headers, body = Receiver.came[0]
    assert len(headers["webhook-signature"].split(" ")) == 2, headers
    for secret in (made["secret"], changed["secret"]):
        assert Webhook(secret).verify(body, headers)["type"] == "report.told"
    wait(lambda: calls(site, made["id"])[0]["state"] == "sent")
    assert ask(site, "POST", f"/api/v1/webhooks/{made['id']}/deletion")[0] == 200
    report(site)
    time.sleep(2)
    assert len(Receiver.came) == 1, "a deleted address is called"
    assert calls(site, made["id"])[0]["state"] == "sent", "its history is gone at once"
    server.shutdown()


def the_key_of_the_folder_is_changed_while_the_site_runs(site):
    server, url = receiver()
    made = add(site, url)[1]
    for finish in ([], ["--finish"]):
        done = subprocess.run([site.binary, "rotate-secret", "--data", site.data, *finish], capture_output=True, text=True)
        assert done.returncode == 0, done
        Receiver.came.clear()
        report(site)
        wait(lambda: Receiver.came)
        assert Webhook(made["secret"]).verify(Receiver.came[0][2], Receiver.came[0][1])["type"] == "report.told"
    key = pathlib.Path(site.data, "keys", "secret.key")
    assert len(key.read_text().splitlines()) == 1 and key.stat().st_mode & 0o777 == 0o600
    ask(site, "POST", f"/api/v1/webhooks/{made['id']}/off")
    server.shutdown()


def an_address_within_a_network_is_refused(site):
    for url in [
        "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[fd00::1]/", "https://192.168.1.1:8443/x",
        "http://hook.example/", "https://a:b@hook.example/", "file:///etc/passwd", "https://[::ffff:10.0.0.1]/", "x",
    ]:
        status, answer = add(site, url)
        assert status == 422, (url, status, answer)
    assert add(site, "https://hook.example/", events="all")[0] == 422
    assert add(site, "https://hook.example/", name="")[0] == 422
    assert ask(site, "POST", "/api/v1/webhooks", b"[")[0] == 422


with service(sys.argv[1], "--webhook-loopback") as site:
    run(
        [
            a_call_is_signed_and_says_nothing_that_somebody_typed,
            a_call_that_fails_is_made_again_under_its_number_and_never_sent_on,
            a_trial_goes_to_its_own_address_alone,
            a_secret_is_changed_without_a_call_that_either_refuses,
            the_key_of_the_folder_is_changed_while_the_site_runs,
            an_address_within_a_network_is_refused,
        ],
        site,
    )
