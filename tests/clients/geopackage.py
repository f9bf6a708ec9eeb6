"""Boundaries written by GDAL, as geographic programs do: sent to the API, to the page and to the command.
Usage: geopackage.py PATH-OF-LANGSO"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import urllib.request

import numpy
import pyogrio.raw

from service import run, send, service

# Codes and points of two communes in force at the end of 2025: Hồng Sơn, Ngọc Đường.
COMMUNES = {"02608": (105.286, 21.5933), "00700": (105.094, 22.8101)}
QUERY = "as_of=2025-12-31&source=GDAL"


def square(lon, lat):
    """Well-known binary of a square around a point."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = b"".join(struct.pack("<dd", lon + 0.02 * x, lat + 0.02 * y) for x, y in corners)
    return struct.pack("<BIII", 1, 3, 1, len(corners)) + ring


def written(folder, ending, codes, crs="EPSG:4326"):
    """A file of squares under these codes, as GDAL writes it."""
    path = pathlib.Path(folder) / f"{'-'.join(codes)}-{crs[5:]}{ending}"
    points = list(COMMUNES.values())
    shapes = numpy.array([square(*points[at % 2]) for at in range(len(codes))], dtype=object)
    driver = {".gpkg": "GPKG", ".geojson": "GeoJSON"}[ending]
    names = numpy.array([f"Xã {code}" for code in codes], dtype=object)
    pyogrio.raw.write(
        path,
        shapes,
        [numpy.array(codes, dtype=object), names],
        ["MA_XA", "TEN"],
        driver=driver,
        geometry_type="Polygon",
        crs=crs,
    )
    return path


def posted(site, path, more=""):
    address = f"{site.base}/api/v1/boundaries?{QUERY}{more}"
    status, text = send(address, path.read_bytes(), "application/octet-stream", site.office)
    return status, json.loads(text)


def kinds(problems):
    return [(p["type"].split("#")[1], p["place"]["field"]) for p in problems]


def both_formats_are_reported_alike(site):
    told = []
    for ending in [".gpkg", ".geojson"]:
        status, report = posted(site, written(site.data, ending, ["02608", "99999"]))
        assert status == 422, report
        assert kinds(report["errors"]) == [("boundaries-unknown-code", "features/1")], report
        told.append(report)
    assert told[0] == told[1]


def another_reference_system_is_refused(site):
    status, report = posted(site, written(site.data, ".gpkg", list(COMMUNES), "EPSG:3405"))
    assert status == 422 and report["problems"][0]["type"].endswith("#boundaries-other-system"), report


def a_dry_run_keeps_nothing_and_a_good_file_replaces_the_cells(site):
    path = written(site.data, ".gpkg", list(COMMUNES))
    assert official(site) == 0
    status, report = posted(site, path, "&dry_run=true")
    assert (status, report["good"], len(report["missing"])) == (200, 2, 122), report
    assert official(site) == 0
    status, report = posted(site, path)
    assert (status, report["errors"], official(site)) == (200, [], 2), report


def official(site):
    shapes = json.load(urllib.request.urlopen(f"{site.base}/api/v1/boundaries.geojson?as_of=2025-12-31"))
    return sum(not f["properties"]["approximate"] for f in shapes["features"])


def the_page_says_the_same(site):
    for codes, status, words in [(["02608", "99999"], 422, "1 errors."), (list(COMMUNES), 200, "2 boundaries can be kept")]:
        parts = [("ngay", "2025-12-31"), ("cap", "commune"), ("nguon", "GDAL"), ("cot", "")]
        body = b"".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in parts)
        file = written(site.data, ".gpkg", codes).read_bytes()
        body += b'--x\r\nContent-Disposition: form-data; name="tep"; filename="xa.gpkg"\r\n\r\n' + file + b"\r\n--x--\r\n"
        got = send(f"{site.base}/en/don-vi/ranh-gioi/kiem-tra", body, "multipart/form-data; boundary=x", site.office)
        assert got[0] == status and words in got[1], got


def the_command_says_the_same(site):
    with tempfile.TemporaryDirectory(prefix="langso-clients-") as data:
        for codes, more, code, good in [
            (["02608", "99999"], [], 2, 1),
            (list(COMMUNES), ["--dry-run"], 0, 2),
            (list(COMMUNES), [], 0, 2),
        ]:
            path = str(written(site.data, ".gpkg", codes))
            command = [sys.argv[1], "boundaries", "--data", data, path, "--as-of", "2025-12-31", "--source", "GDAL"]
            done = subprocess.run(command + more, capture_output=True, text=True, timeout=120)
            assert done.returncode == code, done
            counts = json.loads(done.stdout)
            assert (counts["good"], counts["errors"]) == (good, int(code == 2)), done
            assert "99999" in done.stderr or code == 0, done


if __name__ == "__main__":
    with service(sys.argv[1]) as site:
        run(
            [
                both_formats_are_reported_alike,
                another_reference_system_is_refused,
                a_dry_run_keeps_nothing_and_a_good_file_replaces_the_cells,
                the_page_says_the_same,
                the_command_says_the_same,
            ],
            site,
        )
