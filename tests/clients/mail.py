"""Letters against a real mail server with STARTTLS and a login: they get through, only by a secret way, once or again under
the same Message-ID. Usage: mail.py PATH-OF-LANGSO"""

import contextlib
import datetime
import email
import email.policy
import ipaddress
import logging
import os
import pathlib
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service import ADMINISTRATOR, Site, free_port, run

# What the mail server says of clients that it does not like is expected.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")

USER, PASSWORD = "langso@tinh.example", "mật khẩu thư"
SENDER = "Làng Số <langso@tinh.example>"


def certificate(folder):
    """A certificate of 127.0.0.1 that signs itself; its paths: certificate, key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = pathlib.Path(folder) / "smtp.pem", pathlib.Path(folder) / "smtp.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths


class Box:
    """What the mail server was given; `refuse`: what it answers of an address; `taken`: what happens before it says so."""

    def __init__(self):
        self.letters, self.refuse, self.taken = [], {}, None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope.rcpt_tos, session.ssl is not None, letter))
        if self.taken:
            self.taken()
        return "250 taken"


class Server(Controller):
    """A mail server as provinces have them: STARTTLS, then a login."""

    def __init__(self, box, port, folder, secret=True, login=(USER, PASSWORD)):
        self.secret, self.login, self.tried = secret, login, []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate(folder))
        super().__init__(box, hostname="127.0.0.1", port=port)

    def check(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.tried.append(given)
        return AuthResult(success=given == self.login, handled=False)

    def factory(self):
        if not self.secret:
            return SMTP(self.handler)
        return SMTP(
            self.handler,
            tls_context=self.context,
            require_starttls=True,
            authenticator=self.check,
            auth_required=True,
            auth_require_tls=True,
        )


@contextlib.contextmanager
def mail_server(box, folder, **how):
    server = Server(box, free_port(), folder, **how)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Mailing(Site):
    """A site whose administrator is logged in, with a person who has a mail address."""

    def __init__(self, binary, data):
        super().__init__(binary, data)
        self.person("hoa", "Lý Thị Hoa", email="hoa@xa.example")
        self.logged_in = None

    def begin(self, server, authority=True, password=PASSWORD, scheme="smtp", user=USER):
        login = f"{urllib.parse.quote(user)}@" if user else ""
        environment = {
            "LANGSO_SMTP": f"{scheme}://{login}127.0.0.1:{server.port}",
            "LANGSO_MAIL_FROM": SENDER,
            "LANGSO_SMTP_PASSWORD": password,
        }
        if authority:
            environment["LANGSO_SMTP_CA"] = str(pathlib.Path(self.data) / "smtp.pem")
        self.start("--public-url", self.base, **environment)

    def invite(self):
        # No program may invite: it takes a person with both factors.
        if not self.logged_in:
            self.logged_in = self.log_in("quantri")
            # Tokens that were made before the password ended by it.
            self.administrator = self.token("quantri", ADMINISTRATOR)
            self.notices = self.token("quantri", "read own notices")
        people = self.json("/api/v1/people", self.administrator)["people"]
        person = next(one["id"] for one in people if one["login"] == "hoa")
        status, page = self.logged_in("POST", f"/quan-tri/nguoi/{person}/thu-ma", {})
        assert status == 200, (status, page)
        return page

    def letters(self):
        return self.json("/api/v1/mail", self.administrator)["mail"]

    def wait(self, what, seconds=30):
        return super().wait(what, seconds, self.letters)


@contextlib.contextmanager
def site(binary):
    with tempfile.TemporaryDirectory(prefix="langso-mail-") as data:
        made = Mailing(binary, data)
        try:
            yield made, data
        finally:
            made.stop()


def an_invitation_gets_through_and_sets_a_password(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder) as server:
        own.begin(server)
        page = own.invite()
        own.wait(lambda: box.letters)
        to, secret, letter = box.letters[0]
        assert to == ["hoa@xa.example"] and secret and server.tried == [(USER, PASSWORD)], (to, secret, server.tried)
        assert letter["From"].addresses[0].display_name == "Làng Số", letter["From"]
        assert letter["To"].addresses[0].display_name == "Lý Thị Hoa", letter["To"]
        assert letter["Subject"] == "Làng Số: đặt mật khẩu cho tài khoản của bạn", letter["Subject"]
        assert re.fullmatch(r"<[0-9a-f]{32}@tinh\.example>", letter["Message-ID"]), letter["Message-ID"]
        assert letter["Auto-Submitted"] == "auto-generated" and letter["Date"].datetime.tzinfo
        plain = letter.get_body(("plain",)).get_content()
        html = letter.get_body(("html",)).get_content()
        link = re.search(r"http://\S+/dat-mat-khau\?ma=(\S+)", plain)
        assert link and "hoa" in plain and f'<a href="{link[0]}">' in html, plain
        code = link[1]
        assert code not in page, "the administrator's page shows the code"
        own.wait(lambda: own.letters()[0]["state"] == "sent")
        stored = sqlite3.connect(f"{folder}/langso.sqlite").execute("SELECT sealed FROM web_outbox").fetchall()
        assert stored == [("",)], "what was sent is kept"
        form = {"code": code, "password": "ba con trâu uống nước chè"}
        status, page = own.ask("POST", "/dat-mat-khau", form)
        assert status == 200 and "hoa" in page, (status, page)
        status, _ = own.ask("POST", "/dat-mat-khau", form)
        assert status == 422, "a code twice"


def nothing_is_sent_where_the_way_is_not_secret(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder, secret=False) as server:
        own.begin(server)
        own.invite()
        own.wait(lambda: own.letters()[0]["tries"] == 1)
        assert not box.letters and not server.tried and own.letters()[0]["state"] == "waiting", own.letters()


def a_server_that_nobody_vouches_for_gets_nothing(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder) as server:
        own.begin(server, authority=False)
        own.invite()
        own.wait(lambda: own.letters()[0]["tries"] == 1)
        assert not box.letters and not server.tried and "certificate" in own.letters()[0]["problem"].lower(), own.letters()


def a_wrong_password_is_tried_again_and_a_wrong_mailbox_is_not(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder) as server:
        own.begin(server, password="sai")
        own.invite()
        own.wait(lambda: own.letters()[0]["tries"] == 1)
        assert own.letters()[0]["state"] == "waiting" and not box.letters, own.letters()
        own.stop()
        box.refuse["hoa@xa.example"] = "550 no such mailbox"
        own.begin(server)
        own.invite()
        own.wait(lambda: own.letters()[0]["state"] == "dead")
        assert "no such mailbox" in own.letters()[0]["problem"], own.letters()
        told = own.wait(lambda: [n for n in own.json("/api/v1/notices", own.notices)["notices"] if n["kind"] == "mail"])
        assert len(told) == 1, told
        # The mailbox was made meanwhile, and somebody sends the letter again by hand.
        box.refuse.clear()
        status, answer = own.ask("POST", f"/api/v1/mail/{own.letters()[0]['id']}/retry", token=own.administrator)
        assert status == 200, (status, answer)
        own.wait(lambda: own.letters()[0]["state"] == "sent")


def a_letter_whose_sender_is_killed_is_sent_again_under_its_number(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder) as server:
        own.begin(server)

        def kill():
            box.taken = None
            os.kill(own.process.pid, signal.SIGKILL)
            own.process.wait()

        # Between the server's taking it and our hearing of it.
        box.taken = kill
        own.invite()
        own.wait(lambda: own.process.poll() is not None)
        assert len(box.letters) == 1
        database = sqlite3.connect(f"{folder}/langso.sqlite")
        assert database.execute("SELECT state FROM web_outbox").fetchall() == [("waiting",)]
        # A minute later: the lease of the worker that is gone has run out.
        database.execute("UPDATE store_job SET lease_until = 0 WHERE state = 'running'")
        database.commit()
        database.close()
        own.begin(server)
        own.wait(lambda: own.letters()[0]["state"] == "sent")
        numbers = [letter["Message-ID"] for _, _, letter in box.letters]
        assert len(numbers) == 2 and numbers[0] == numbers[1], numbers
        own.stop()
        own.begin(server)
        time.sleep(2)
        assert len(box.letters) == 2, "a letter that was taken is sent again"


def a_report_is_told_to_the_office_and_a_role_to_whom_it_is(binary):
    box = Box()
    with site(binary) as (own, folder), mail_server(box, folder) as server:
        own.person("nguoitruc", "Người trực văn phòng", "coordination", email="nguoitruc@tinh.example")
        token = own.token("nguoitruc", "read own notices")
        database = sqlite3.connect(f"{folder}/langso.sqlite")
        choice = "INSERT INTO web_choice (person, kind, way) SELECT id, 'report', 'now' FROM identity_person WHERE login = 'nguoitruc'"
        database.execute(choice)
        database.commit()
        database.close()
        own.begin(server)
        status, _ = own.ask("POST", "/bao-sai/gui", {"trang": "/xa/250", "text": "Số liệu này sai nhiều quá."})
        assert status == 200, status
        own.wait(lambda: box.letters)
        to, _, letter = box.letters[0]
        plain = letter.get_body(("plain",)).get_content()
        assert to == ["nguoitruc@tinh.example"] and f"{own.base}/bao-sai/so/1" in plain, plain
        assert "sai nhiều" not in plain, "what a reader wrote goes by mail"
        told = own.json("/api/v1/notices?fields=kind,link", token)["notices"]
        assert sorted(n["kind"] for n in told) == ["report", "role"], told
        time.sleep(1.5)
        assert len(box.letters) == 1, "the role waits for the morning"


def what_stands_on_the_command_line_holds_no_password(binary):
    for url, word in [("smtp://a:secret@mail.example", "LANGSO_SMTP_PASSWORD"), ("smtp+plain://mail.example", "localhost")]:
        with tempfile.TemporaryDirectory() as data:
            command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--smtp-url", url]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert done.returncode == 2 and word in done.stderr and "secret" not in done.stderr, done


run(
    [
        an_invitation_gets_through_and_sets_a_password,
        nothing_is_sent_where_the_way_is_not_secret,
        a_server_that_nobody_vouches_for_gets_nothing,
        a_wrong_password_is_tried_again_and_a_wrong_mailbox_is_not,
        a_letter_whose_sender_is_killed_is_sent_again_under_its_number,
        a_report_is_told_to_the_office_and_a_role_to_whom_it_is,
        what_stands_on_the_command_line_holds_no_password,
    ],
    sys.argv[1],
)
