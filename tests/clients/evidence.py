"""Evidence is sent by a tus client that others wrote (tuspy), over a line that is cut in the middle.

Usage: evidence.py PATH-OF-LANGSO
"""

import contextlib
import os
import socket
import sys
import tempfile
import threading
import time
import urllib.request

from service import run, site
from tusclient import client

UNIT = 250
PART = 200_000


class Line:
    """Hands on what comes; each time that so many bytes of clients have passed in all, the connection is cut."""

    def __init__(self, port, cuts):
        self.port, self.cuts, self.passed, self.were_cut = port, list(cuts), 0, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                for ends, counts in (((near, far), True), ((far, near), False)):
                    threading.Thread(target=self.copy, args=(*ends, counts), daemon=True).start()

    def copy(self, source, sink, counts):
        with contextlib.suppress(OSError):
            while data := source.recv(16_384):
                self.passed += len(data) if counts else 0
                if counts and self.cuts and self.passed > self.cuts[0]:
                    self.cuts.pop(0)
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


RIGHTS = "attach evidence,read working figures"


def told(made):
    return made.json(f"/api/v1/units/{UNIT}/evidence", made.sender)["evidence"]


def bytes_of(made, piece):
    request = urllib.request.Request(made.base + piece["file"], headers={"Authorization": f"Bearer {made.sender}"})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def tus(made, base):
    return client.TusClient(f"{base}/api/v1/uploads", headers={"Authorization": f"Bearer {made.sender}"})


def sent(made, path, name):
    metadata = {"unit": str(UNIT), "filename": name, "figures": "income.per_person:2024"}
    tus(made, made.base).uploader(path, chunk_size=PART, metadata=metadata).upload()


def a_scan_comes_whole(made):
    with scan(1_300_000) as path:
        sent(made, path, "biên bản.pdf")
        piece = told(made)[0]
        assert piece["name"] == "biên bản.pdf" and piece["bytes"] == 1_300_000, piece
        assert [use["year"] for use in piece["uses"]] == [2024], piece
        assert bytes_of(made, piece) == open(path, "rb").read()


def a_cut_line_goes_on_from_what_came(made):
    before = len(told(made))
    with scan(1_500_000) as path:
        line = Line(made.port, [300_000, 700_000, 1_100_000])
        metadata = {"unit": str(UNIT), "filename": "ban-quet.pdf"}
        uploader = None
        for _ in range(20):
            try:
                uploader = uploader or tus(made, line.base).uploader(path, chunk_size=PART, metadata=metadata)
                if uploader.url:
                    uploader.offset = uploader.get_offset()
                uploader.upload()
                break
            except Exception as cut:  # noqa: BLE001 - whatever a cut line makes of the client
                answer = getattr(cut, "response_content", None) or cut
                print("      cut:", uploader.offset if uploader else 0, str(answer)[:90])
                # Until the other end has seen it, too.
                time.sleep(0.3)
        else:
            raise AssertionError("it never comes to an end")
        assert line.were_cut == 3, line.were_cut
        pieces = told(made)
        assert len(pieces) == before + 1, "a cut line made a second piece"
        assert bytes_of(made, pieces[0]) == open(path, "rb").read()


def the_same_again_is_the_same_piece(made):
    with scan(300_000) as path:
        sent(made, path, "mot.pdf")
        count = len(told(made))
        sent(made, path, "hai.pdf")
        assert len(told(made)) == count


def what_is_no_evidence_is_refused(made):
    count = len(told(made))
    with tempfile.NamedTemporaryFile(suffix=".svg") as file:
        file.write(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" * 100)
        file.flush()
        try:
            sent(made, file.name, "anh.svg")
        except Exception:  # noqa: BLE001
            pass
        else:
            raise AssertionError("a drawing with scripts was taken")
    assert len(told(made)) == count


if __name__ == "__main__":
    with site(sys.argv[1]) as made:
        made.sender = made.token("vanphong", RIGHTS)
        made.start()
        checks = [a_scan_comes_whole, a_cut_line_goes_on_from_what_came, the_same_again_is_the_same_piece, what_is_no_evidence_is_refused]
        run(checks, made)
