"""What the checks of foreign clients share: a fresh server of their own, and a count of what held."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request


@contextlib.contextmanager
def started(*command):
    """A command that serves, at a free port; gives its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listening = [*command, "--listen", f"127.0.0.1:{port}"]
    server = subprocess.Popen(listening, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if server.poll() is not None:
                raise RuntimeError("the server ended before it served")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/healthz").read()
                break
            time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def service(binary, *options):
    """A server with an empty database, whoever sits at the machine may write; gives its address and its data folder."""
    with tempfile.TemporaryDirectory(prefix="langso-clients-") as data:
        with started(binary, "serve", "--data", data, "--local-admin", *options) as base:
            yield base, data


def send(url, body, kind):
    """Posts bytes; the status and the answer, whatever the status."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind, "Accept-Language": "en"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


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
