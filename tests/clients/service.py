"""What the checks of foreign clients share: a fresh site of their own with people and tokens, and a count of what held."""

import base64
import contextlib
import hashlib
import hmac
import http.cookiejar
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

# What the office and the administrator are asked to do by a program here.
OFFICE = "import figures,publish figures,read working figures,edit figures,check figures,check units,import units,correct units"
ADMINISTRATOR = "read operation,keep operation,read webhooks,keep webhooks,read people,read audit"
PASSWORD = "ba con trâu uống nước chè"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def healthy(server, base):
    """Waits until a server answers."""
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError("the server ended before it served")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{base}/healthz").read()
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not serve")


@contextlib.contextmanager
def started(*command):
    """A command that serves, at a free port; gives its address once it answers."""
    port = free_port()
    listening = [*command, "--listen", f"127.0.0.1:{port}"]
    server = subprocess.Popen(listening, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        healthy(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def send(url, body, kind, token=None, method="POST", opener=None):
    """Sends bytes; the status and the answer, whatever the status."""
    request = urllib.request.Request(url, data=body, method=method)
    request.add_header("Accept-Language", "en")
    if body is not None:
        request.add_header("Content-Type", kind)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if opener:
        # Whoever shows a cookie says from which page it comes.
        request.add_header("Origin", "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url)))
    try:
        with opener.open(request) if opener else urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def code_of(secret):
    """The code of a second factor's secret in base 32 at this moment (RFC 6238)."""
    secret = secret.replace(" ", "")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    (number,) = struct.unpack(">I", digest[digest[19] & 15 :][:4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


class Site:
    """A site in a folder of its own: an administrator, somebody of the coordination office, and a token of each."""

    def __init__(self, binary, data):
        self.binary, self.data, self.port, self.process = binary, data, free_port(), None
        self.base = f"http://127.0.0.1:{self.port}"
        self.person("quantri", "Nguyễn Quản Trị", "administrator")
        self.person("vanphong", "Nông Thị Phương", "coordination")
        self.administrator = self.token("quantri", ADMINISTRATOR)
        self.office = self.token("vanphong", OFFICE)

    def command(self, *words):
        done = [self.binary, *words[:2], "--data", self.data, *words[2:]]
        return subprocess.run(done, capture_output=True, text=True, check=True).stdout

    def person(self, login, name, role=None, email=None):
        self.command("person", "add", login, name, *(["--email", email] if email else []))
        if role:
            self.command("person", "grant", login, role)

    def token(self, login, only):
        return self.command("token", "new", login, "thử", "--only", only).strip()

    def start(self, *options, **environment):
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, **quiet)
        healthy(self.process, self.base)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def ask(self, method, path, body=None, token=None, opener=None):
        """Bytes as JSON, a mapping as a form; the status and the text of the answer."""
        if isinstance(body, dict):
            form, kind = urllib.parse.urlencode(body).encode(), "application/x-www-form-urlencoded"
            return send(self.base + path, form, kind, token, method, opener)
        return send(self.base + path, body, "application/json", token, method, opener)

    def json(self, path, token=None):
        status, text = self.ask("GET", path, token=token)
        assert status == 200, (path, status, text)
        return json.loads(text)

    def log_in(self, login):
        """Somebody's first login in a browser: a code of the machine, a password, a second factor; who then asks as them."""
        code = self.command("person", "code", login).split()[-1].rstrip(".")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

        def post(path, form):
            status, page = self.ask("POST", path, form, opener=opener)
            assert status == 200, (path, status, page)

        post("/dat-mat-khau", {"code": code, "password": PASSWORD})
        post("/dang-nhap", {"login": login, "password": PASSWORD, "tiep": "/tai-khoan"})
        _, page = self.ask("GET", "/tai-khoan/xac-thuc", opener=opener)
        sealed = re.search(r'name="sealed" value="([^"]+)"', page)[1]
        secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)[1]
        post("/tai-khoan/xac-thuc", {"sealed": sealed, "code": code_of(secret), "old": PASSWORD})
        return lambda method, path, body=None: self.ask(method, path, body, opener=opener)

    def wait(self, what, seconds=30, told=lambda: ""):
        """Waits until something is there, and gives it."""
        for _ in range(seconds * 10):
            found = what()
            if found:
                return found
            time.sleep(0.1)
        alive = self.process and self.process.poll() is None
        raise AssertionError(f"in vain: {told() if alive else 'the site is gone'}")


def closed_year(base, token, year):
    """Closes a year by the page's form; the address of its return, once its snapshot is there."""
    status, page = send(f"{base}/tong-hop?nam={year}", None, None, token, "GET")
    assert status == 200, (status, page)
    field = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "key")}
    form = urllib.parse.urlencode({"nam": year, "cong_bo": "1", **field}).encode()
    request = urllib.request.Request(f"{base}/tong-hop", data=form, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        address = answer.geturl()
    for _ in range(600):
        status, text = send(f"{address}/ban-chot.json", None, None, method="GET")
        if status == 200:
            return address
        assert status == 409, (status, text)
        time.sleep(0.1)
    raise AssertionError("the year is not closed")


@contextlib.contextmanager
def site(binary):
    """A site with an empty database that is not started yet."""
    with tempfile.TemporaryDirectory(prefix="langso-clients-") as data:
        made = Site(binary, data)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def service(binary, *options):
    """The same, started."""
    with site(binary) as made:
        made.start(*options)
        yield made


def run(checks, *given):
    """Runs each check; prints what held and the line that `cargo xtask test` counts."""
    passed = failed = 0
    for check in checks:
        try:
            check(*given)
            passed += 1
            print(f"ok     {check.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED {check.__name__}\n{traceback.format_exc()}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
