#!/usr/bin/env python3
"""A second reading of the contract of verdicts, in the standard library alone.

Same command line as `langso evaluate`. It was written from the contract's text, not from the
Rust, so that a difference between the two is a misreading by one of them. Requirement
sentences and the twelve digits of the version are left to the program: here they are "" and
zeros, and `compare.py` checks their shape.
"""
import csv as _csv
import datetime
import io
import json
import re
import sys
import tomllib
import unicodedata
import zipfile
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STRENGTH = {"unknown": 0, "recalled": 1, "verified": 2}
SIGNED = ("number", "money", "income")
GROUPED = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
FIGURE = re.compile(r"-?[0-9]+([.,][0-9]+)?")
YES_NO = {"true": True, "đạt": True, "false": False, "không đạt": False}


class Refused(Exception):
    """Exit code 2: every problem as (line, text); line 0 is a problem without a line."""

    def __init__(self, problems):
        super().__init__(problems)
        self.problems = problems


def clean(text):
    return unicodedata.normalize("NFC", text.strip())


def day_of(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text).isoformat()


# ---------------------------------------------------------------- the law

_library = {}


def rulebook(name):
    if name not in _library:
        path = ROOT / "rulebooks" / name / "rulebook.toml"
        if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
            raise Refused([(0, f"unknown set {name}")])
        _library[name] = tomllib.loads(path.read_text("utf-8"))
    return _library[name]


class Book:
    """A set as it stands on the day of judging, overlays laid on."""

    def __init__(self, name, day, overlays):
        raw = rulebook(name)
        self.name, self.day = name, day
        self.level = raw["applies"]["level"]
        self.prerequisites = raw.get("prerequisites", [])
        self.regions = set(raw.get("regions", {}))
        counts = raw.get("counts", {})
        self.few = (
            "indicators" in counts
            and "indicators_listed" in counts
            and counts["indicators_listed"] < counts["indicators"]
        )
        # "Amendment" is the contract's word for an indicator's `amended`, so only those move the date.
        self.version, self.moved = self.full(raw["decision"]["date"]), []
        self.laid = {}
        for overlay in overlays:
            if overlay.get("from", "") <= day:
                for item in overlay.get("set_requirement", []):
                    if item["set"] == name:
                        self.laid[item["no"]] = item
        self.leaves, self.composites, self.regional = {}, set(), {}
        self.criteria = []
        for criterion in raw.get("criteria", []):
            members = [self.indicator(i, None) for i in criterion.get("indicators", [])]
            self.criteria.append((criterion["no"], members))
        self.version = max(self.moved, default=self.version)

    @staticmethod
    def full(date):
        return date if len(date) == 10 else date + "-01"

    def indicator(self, raw, regions):
        own = dict(raw)
        for change in sorted(raw.get("amended", []), key=lambda a: a["from"]):
            if change["from"] <= self.day:
                self.moved.append(change["from"])
                own.update({k: v for k, v in change.items() if k not in ("from", "by")})
        laid = self.laid.get(own["no"])
        if laid:
            own.update({k: laid[k] for k in ("requirement", "confidence", "source") if k in laid})
        regions = own.get("applies_regions") or regions
        if regions:
            self.regional[own["no"]] = regions
        own["parts"] = [self.indicator(p, regions) for p in raw.get("parts", [])]
        if own["kind"] == "composite":
            self.composites.add(own["no"])
        else:
            self.leaves[own["no"]] = own
        return own

    def outside(self, no, region):
        regions = self.regional.get(no)
        return bool(regions) and region in self.regions and region not in regions


# ---------------------------------------------------------------- judging

def plain(number, given_as_fraction=False):
    """Exact decimal without trailing zeros; a fraction rounded half up to six places."""
    number = Fraction(number)
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    places = 0
    if rest == 1:
        while (number * 10**places).denominator != 1:
            places += 1
    if rest != 1 or (given_as_fraction and places > 6):
        places = 6
        number = Fraction((abs(number) * 10**6 + Fraction(1, 2)).__floor__() * (1 if number >= 0 else -1), 10**6)
    scaled = number * 10**places
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    text = digits[: len(digits) - places]
    tail = digits[len(digits) - places:].rstrip("0") if places else ""
    text += "." + tail if tail else ""
    return "-" + text if scaled < 0 else text


def threshold(requirement, unit, period):
    def number(x):
        return None if x is None or isinstance(x, dict) else Fraction(str(x))

    region = unit["region"]
    if "by_attribute" in requirement:
        table = requirement["by_attribute"]
        return number(table.get(unit["attributes"].get(table["attribute"], "").lower()))
    if "by_year" in requirement:
        entry = requirement["by_year"].get(period)
        return number(entry.get(region) if isinstance(entry, dict) else entry)
    if "by_region" in requirement:
        return number(requirement["by_region"].get(region))
    if "by_group" in requirement:
        return number(requirement["by_group"].get(unit["group"]))
    return number(requirement.get("value"))


MEETS = {
    ">=": lambda a, b: a >= b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b, "=": lambda a, b: a == b,
}


def joined(members, how):
    """members: (verdict, confidence). Gives the verdict and confidence of the whole."""
    applying = [m for m in members if m[0] != "not_applicable"]
    weakest = min((m[1] for m in applying or members), key=STRENGTH.get)
    if not applying:
        return "not_applicable", weakest
    verdicts = {m[0] for m in applying}
    if how == "any":
        for verdict in ("passed", "incomplete", "to_be_confirmed"):
            if verdict in verdicts:
                if verdict == "passed":
                    weakest = max((m[1] for m in applying if m[0] == "passed"), key=STRENGTH.get)
                return verdict, weakest
        return "failed", weakest
    for verdict in ("failed", "incomplete", "to_be_confirmed"):
        if verdict in verdicts:
            return verdict, weakest
    return "passed", weakest


def judge(own, book, unit, period, values):
    parts = [judge(p, book, unit, period, values) for p in own["parts"]]
    confidence = own.get("confidence", "unknown")
    out = {"no": own["no"], "verdict": None, "value": None}
    shortfall = None
    given = values.get(own["no"])
    requirement = own.get("requirement", {"op": "unknown"})
    if own["kind"] == "composite":
        verdict, confidence = joined([(p["verdict"], p["confidence"]) for p in parts], own.get("join", "all"))
        if book.outside(own["no"], unit["region"]):
            verdict = "not_applicable"
    elif book.outside(own["no"], unit["region"]):
        verdict = "not_applicable"
    elif given is None:
        verdict = "incomplete"
    elif given == "n/a":
        verdict = "not_applicable"
    elif own["kind"] in ("boolean", "document"):
        out["value"] = given
        verdict = "to_be_confirmed" if requirement["op"] == "unknown" else "passed" if given else "failed"
    else:
        number, fraction = given
        out["value"] = plain(number, fraction is not None)
        if fraction:
            out["numerator"], out["denominator"] = plain(fraction[0]), plain(fraction[1])
        limit = threshold(requirement, unit, period)
        if requirement["op"] not in MEETS or limit is None:
            verdict = "to_be_confirmed"
        elif MEETS[requirement["op"]](number, limit):
            verdict = "passed"
        else:
            verdict = "failed"
            shortfall = {"amount": plain(abs(number - limit), fraction is not None), "unit": own.get("unit") or None}
    out["verdict"] = verdict
    out["requirement"] = ""
    out["shortfall"] = shortfall
    out["source"] = own.get("source")
    out["confidence"] = confidence
    out["parts"] = parts
    return out


def judge_set(book, unit, period, values):
    criteria = []
    for no, members in book.criteria:
        judged = [judge(m, book, unit, period, values) for m in members]
        verdict, confidence = ("to_be_confirmed", "unknown")
        if judged:
            verdict, confidence = joined([(j["verdict"], j["confidence"]) for j in judged], "all")
        criteria.append({"no": no, "verdict": verdict, "confidence": confidence, "indicators": judged})
    members = [(c["verdict"], c["confidence"]) for c in criteria]
    if book.few or not members:
        members.append(("to_be_confirmed", "unknown"))
    verdict, confidence = joined(members, "all")
    return verdict, confidence, criteria


# ---------------------------------------------------------------- reading

def records(text):
    """(first physical line, text of the header's line); cells by RFC 4180, ends CRLF, LF or CR."""
    head = re.split(r"\r\n|\n|\r", text, maxsplit=1)[0]
    separator = max(",;\t", key=head.count)
    out, row, cell, line, first = [], [], [], 1, 1
    i, n, quoted, closed = 0, len(text), False, False
    began = False
    while i < n:
        c = text[i]
        newline = c in "\r\n"
        if newline and c == "\r" and text[i + 1: i + 2] == "\n":
            c, i = "\r\n", i + 1
        if quoted:
            if c == '"':
                if text[i + 1: i + 2] == '"':
                    cell.append('"')
                    i += 1
                else:
                    quoted, closed = False, True
            else:
                cell.append(c)
                line += newline
        elif newline:
            row.append("".join(cell))
            out.append((first, row))
            line += 1
            row, cell, first, closed, began = [], [], line, False, False
        elif c == separator:
            row.append("".join(cell))
            cell, closed, began = [], False, False
        elif c == '"' and not began:
            quoted = began = True
        elif (c == '"' or closed) and not c.isspace():
            raise Refused([(first, "a quote inside a cell")])
        else:
            cell.append(c)
            began = True
        i += 1
    if quoted:
        raise Refused([(first, "an open quote")])
    if row or cell or began:
        row.append("".join(cell))
        out.append((first, row))
    return out


def sheet(data):
    """The first sheet whose first row is there; a row number stands for a line."""
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        root = ET.fromstring(z.read("xl/worksheets/sheet1.xml"))
    out = []
    for row in root.iterfind(".//m:row", ns):
        cells = {}
        for c in row.iterfind("m:c", ns):
            column = 0
            for letter in re.match("[A-Z]+", c.get("r"))[0]:
                column = column * 26 + ord(letter) - 64
            v = c.find("m:is/m:t", ns) if c.get("t") == "inlineStr" else c.find("m:v", ns)
            cells[column - 1] = (v.text or "") if v is not None else ""
        out.append((int(row.get("r")), [cells.get(i, "") for i in range(max(cells, default=-1) + 1)]))
    return out


def read_table(data, needed):
    if data[:4] == b"PK\x03\x04":
        rows = sheet(data)
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as e:
            line = 1 + len(re.findall(rb"\r\n|\n|\r", data[: e.start]))
            raise Refused([(line, "not UTF-8")]) from e
        rows = records(text.removeprefix("\ufeff"))
    if not rows:
        raise Refused([(1, "no header")])
    heads = [clean(h).lower() for h in rows[0][1]]
    problems = [(1, f"{h} twice") for h in heads if h and heads.count(h) > 1]
    problems += [(1, f"{h} missing") for h in needed if h not in heads]
    if problems:
        raise Refused(problems)
    out = []
    for line, cells in rows[1:]:
        cells = [clean(c) for c in cells]
        if not any(cells):
            continue
        if len(cells) > len(heads):
            problems.append((line, "too many cells"))
            continue
        row = {h: c for h, c in zip(heads, cells + [""] * (len(heads) - len(cells))) if h}
        out.append((line, row))
    return heads, out, problems


def units_file(data):
    _, rows, problems = read_table(data, ["unit_code"])
    units = {}
    for line, row in rows:
        code = row.pop("unit_code")
        if not code:
            problems.append((line, "no code"))
        elif code in units:
            problems.append((line, "code twice"))
        units[code] = {"region": row.pop("region", ""), "group": row.pop("group", ""), "attributes": row}
    if problems:
        raise Refused(problems)
    return lambda code, day: units.get(code) and dict(units[code], level=None)


_shipped = []


def shipped_units():
    if not _shipped:
        with open(ROOT / "reference/units.csv", encoding="utf-8", newline="") as f:
            units = {r["id"]: r for r in _csv.DictReader(f)}
        with open(ROOT / "reference/attributes.csv", encoding="utf-8", newline="") as f:
            regions = {r["unit"]: r["value"] for r in _csv.DictReader(f) if r["attribute"] == "region"}
        by_code = {}
        for unit in units.values():
            by_code.setdefault(unit["code"], []).append(unit)
        _shipped.append((units, regions, by_code))
    units, regions, by_code = _shipped[0]

    def find(code, day):
        for unit in by_code.get(code, []):
            if (unit["valid_from"] or "0000") <= day <= (unit["valid_to"] or "9999"):
                at = unit["id"]
                while at and at not in regions:
                    at = units[at]["parent"]
                return {"region": regions.get(at, ""), "group": "", "attributes": {}, "level": unit["level"] if unit["level"] != "commune" or unit["kind"] == "commune" else unit["kind"]}
        return None

    return find


def figure(text, kind):
    """A number by the fine print; ValueError when it is none."""
    if not FIGURE.fullmatch(text) or not text.isascii():
        raise ValueError("not a number")
    if text.startswith("-") and kind not in SIGNED:
        raise ValueError("a minus")
    if kind != "percent" and GROUPED.fullmatch(text.lstrip("-")):
        raise ValueError("two readings")
    number = Fraction(text.replace(",", "."))
    if kind == "percent" and number > 100:
        raise ValueError("above 100")
    if kind == "count" and number.denominator != 1:
        raise ValueError("not whole")
    return number


def reading(own, row):
    """The value of a row for a leaf; None when blank."""
    value, num, den = row.get("value", ""), row.get("numerator", ""), row.get("denominator", "")
    if num or den:
        if value or not num or not den:
            raise ValueError("a value or both")
        if own["kind"] != "percent":
            raise ValueError("percents only")
        a, b = figure(num, "fraction"), figure(den, "fraction")
        if b == 0 or a > b:
            raise ValueError("no fraction")
        return a / b * 100, (a, b)
    if not value:
        return None
    if value.lower() == "n/a":
        if not own.get("applies_if"):
            raise ValueError("n/a not allowed")
        return "n/a"
    if own["kind"] in ("boolean", "document"):
        return YES_NO[value.lower()]
    return figure(value, own["kind"]), None


def evaluate(name, values, units=None, overlays=(), as_of=None):
    """The list of judged units; raises Refused."""
    rulebook(name)
    if as_of is not None:
        try:
            as_of = day_of(as_of)
        except ValueError:
            raise Refused([(0, "bad --as-of")]) from None
    laid = [tomllib.loads(Path(o).read_text("utf-8")) for o in overlays]
    find = units_file(units) if units is not None else shipped_units()
    heads, rows, problems = read_table(values, ["unit_code", "period", "indicator"])
    if "value" not in heads and not {"numerator", "denominator"} <= set(heads):
        raise Refused([(1, "value missing")])
    books = {}

    def book(which, period):
        key = which, as_of or f"{period}-12-31"
        if key not in books:
            books[key] = Book(which, key[1], laid)
        return books[key]

    found, seen, days, subjects = {}, set(), {}, {}
    wanted = [name] + rulebook(name).get("prerequisites", [])
    for line, row in rows:
        say = lambda text: problems.append((line, text))  # noqa: E731
        code, period, no = row["unit_code"], row["period"], row["indicator"]
        if not (row.get("value") or row.get("numerator") or row.get("denominator")):
            # As if it were not there, but it counts as a duplicate.
            key = code, period, *((name, no) if "/" not in no and not no.startswith("held:") else
                                  (no[5:], "held:" + no[5:]) if no.startswith("held:") else no.split("/", 1))
            if key in seen:
                say("same row twice")
            seen.add(key)
            continue
        if not re.fullmatch(r"[0-9]{4}", period) or not period.isascii() or period == "0000":
            say("bad period")
            continue
        day = f"{period}-12-31"
        if units is None:
            given = row.get("unit_as_of", "")
            if given:
                try:
                    day = day_of(given)
                except ValueError:
                    say("bad unit_as_of")
                    continue
            if days.setdefault((code, period), given) != given:
                say("another unit_as_of")
        unit = find(code, day)
        if unit is None or unit["level"] not in (None, book(name, period).level):
            say("unknown unit")
        which, held = name, no.startswith("held:")
        if held:
            which = no[5:]
        elif "/" in no:
            which, no = no.split("/", 1)
        if which not in wanted or (held and which == name):
            say("unknown indicator")
            continue
        law = book(which, period)
        if not held and no not in law.leaves and no not in law.composites:
            say("unknown indicator")
            continue
        key = code, period, which, no
        if key in seen:
            say("same row twice")
        seen.add(key)
        try:
            if held:
                value = reading({"kind": "boolean"}, row)
            elif no in law.composites:
                raise ValueError("composite")
            else:
                value = reading(law.leaves[no], row)
                if unit and law.outside(no, unit["region"]):
                    raise ValueError("outside its regions")
        except (ValueError, KeyError):
            say("bad value")
            continue
        if value is None or unit is None:
            continue
        subjects[code, period] = unit
        found.setdefault((code, period, which, held), {})[no] = value
    if problems:
        raise Refused(problems)

    out = []
    for code, period in sorted(subjects):
        unit, law = subjects[code, period], book(name, period)
        verdict, confidence, criteria = judge_set(law, unit, period, found.get((code, period, name, False), {}))
        prerequisites = []
        for other in law.prerequisites:
            their = book(other, period)
            held = found.get((code, period, other, True))
            rows_of = found.get((code, period, other, False))
            if their.level != law.level:
                answer = "to_be_confirmed"
            elif held:
                answer = "passed" if all(held.values()) else "failed"
            elif rows_of:
                answer = judge_set(their, unit, period, rows_of)[0]
            else:
                answer = "incomplete"
            prerequisites.append({"rulebook": other, "verdict": answer})
        out.append({
            "unit": code, "period": period, "rulebook": name, "version": law.version + "+" + "0" * 12,
            "verdict": verdict, "confidence": confidence, "prerequisites": prerequisites, "criteria": criteria,
        })
    return out


def encode(judged):
    return (json.dumps(judged, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def main(arguments):
    options, overlays = {}, []
    it = iter(arguments)
    try:
        for option in it:
            if option == "--overlay":
                overlays.append(next(it))
            elif option in ("--rulebook", "--values", "--units", "--as-of", "--lang", "--format"):
                options[option] = next(it)
            elif option != "--large":
                raise Refused([(0, f"bad option {option}")])
        read = lambda p: sys.stdin.buffer.read() if p == "-" else Path(p).read_bytes()  # noqa: E731
        judged = evaluate(
            options["--rulebook"], read(options["--values"]),
            read(options["--units"]) if "--units" in options else None, overlays, options.get("--as-of"),
        )
    except (StopIteration, KeyError, OSError) as e:
        print(e, file=sys.stderr)
        return 2
    except Refused as refused:
        word = "line" if options.get("--lang") == "en" else "dòng"
        for line, text in sorted(refused.problems):
            print(f"{word} {line}: {text}" if line else text, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(encode(judged))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
