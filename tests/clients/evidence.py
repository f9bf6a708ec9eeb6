"""Evidence is sent by a tus client that others wrote (tuspy), over a line that is cut in the middle.

Usage: evidence.py PATH-OF-LANGSO
"""

import contextlib
import json
import os
import socket
import sys
import tempfile
import threading
import urllib.request

from service import run, service
from tusclient import client

UNIT = 250
PART = 200_000


class Line:
    """Hands on what comes, and is cut after so many bytes of a client: once a number, then it holds."""

    def __init__(self, port, cuts):
        self.port, self.cuts, self.were_cut = port, list(cuts), 0
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.hand_on, args=(self.door.accept()[0],), daemon=True).start()

    def hand_on(self, near):
        far = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self.copy, args=(far, near, None), daemon=True).start()
        self.copy(near, far, self.cuts.pop(0) if self.cuts else None)

    def copy(self, source, sink, most):
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(16_384):
                passed += len(data)
                if most is not None and passed > most:
                    self.were_cut += 1
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def scan(size):
    """A PDF of so many bytes, none like another."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(b"%PDF-1.7\n" + os.urandom(size - 9))
        file.flush()
        yield file.name


def told(base):
    with urllib.request.urlopen(f"{base}/api/v1/units/{UNIT}/evidence") as answer:
        return json.load(answer)["evidence"]


def bytes_of(base, piece):
    with urllib.request.urlopen(base + piece["file"]) as answer:
        return answer.read()


def sent(base, path, name, **more):
    metadata = {"unit": str(UNIT), "filename": name, "figures": "income.per_person:2024"}
    tus = client.TusClient(f"{base}/api/v1/uploads")
    uploader = tus.uploader(path, chunk_size=PART, metadata=metadata, **more)
    uploader.upload()
    return uploader


def a_scan_comes_whole(base):
    with scan(1_300_000) as path:
        sent(base, path, "biên bản.pdf")
        piece = told(base)[0]
        assert piece["name"] == "biên bản.pdf" and piece["bytes"] == 1_300_000, piece
        assert [use["year"] for use in piece["uses"]] == [2024], piece
        assert bytes_of(base, piece) == open(path, "rb").read()


def a_cut_line_goes_on_from_what_came(base):
    before = len(told(base))
    port = int(base.rsplit(":", 1)[1])
    with scan(1_500_000) as path:
        # The first connection, which begins the upload and sends parts, is cut within one; so are the next two.
        line = Line(port, [250_000, 450_000, 90_000])
        tries = 0
        uploader = None
        metadata = {"unit": str(UNIT), "filename": "ban-quet.pdf"}
        tus = client.TusClient(f"{line.base}/api/v1/uploads")
        while True:
            tries += 1
            assert tries < 20, "it never comes to an end"
            try:
                uploader = uploader or tus.uploader(path, chunk_size=PART, metadata=metadata)
                if uploader.url:
                    uploader.offset = uploader.get_offset()
                uploader.upload()
                break
            except Exception as cut:  # noqa: BLE001 - whatever a cut line makes of the client
                print("      cut:", type(cut).__name__, uploader.offset if uploader else 0)
                # Another session, as a client does that begins again.
                tus = client.TusClient(f"{line.base}/api/v1/uploads")
        assert line.were_cut == 3, line.were_cut
        pieces = told(base)
        assert len(pieces) == before + 1, "a cut line made a second piece"
        assert bytes_of(base, pieces[0]) == open(path, "rb").read()


def the_same_again_is_the_same_piece(base):
    with scan(300_000) as path:
        sent(base, path, "mot.pdf")
        count = len(told(base))
        sent(base, path, "hai.pdf")
        assert len(told(base)) == count


def what_is_no_evidence_is_refused(base):
    count = len(told(base))
    with tempfile.NamedTemporaryFile(suffix=".svg") as file:
        file.write(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" * 100)
        file.flush()
        try:
            sent(base, file.name, "anh.svg")
        except Exception:  # noqa: BLE001
            pass
        else:
            raise AssertionError("a drawing with scripts was taken")
    assert len(told(base)) == count


if __name__ == "__main__":
    with service(sys.argv[1]) as (base, _):
        checks = [a_scan_comes_whole, a_cut_line_goes_on_from_what_came, the_same_again_is_the_same_piece, what_is_no_evidence_is_refused]
        run(checks, base)
