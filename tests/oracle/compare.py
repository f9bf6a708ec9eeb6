#!/usr/bin/env python3
"""Compares `langso evaluate` with the oracle on seeded random inputs and on a table of edge cases.

    python3 tests/oracle/compare.py --seed 1 --cases 300 [--langso PATH]

Compared: exit code, bytes of the JSON (sentences and the version's twelve digits by shape),
and the set of lines that problems name. A difference is made smaller row by row, then printed.
"""
import argparse
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent))
import evaluate as oracle  # noqa: E402

SETS = sorted(p.parent.name for p in (oracle.ROOT / "rulebooks").glob("*/rulebook.toml"))
OVERLAY = str(oracle.ROOT / "rulebooks/overlays/minh-hoa.toml")


class Case:
    def __init__(self, name, rulebook, values, units=None, overlay=False, as_of=None, rebuild=None):
        self.name, self.rulebook, self.values, self.units = name, rulebook, values, units
        self.overlay, self.as_of, self.rebuild = overlay, as_of, rebuild


def normal(judged):
    """Takes the sentences and digits out, after checking their shape."""
    def indicator(i):
        assert isinstance(i["requirement"], str) and i["requirement"].strip(), "a sentence is empty"
        i["requirement"] = ""
        for part in i["parts"]:
            indicator(part)
    for one in judged:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}\+[0-9a-f]{12}", one["version"]), one["version"]
        one["version"] = one["version"][:11] + "0" * 12
        for criterion in one["criteria"]:
            for i in criterion["indicators"]:
                indicator(i)
    return judged


def program(langso, case):
    with tempfile.TemporaryDirectory() as folder:
        xlsx = case.values[:4] == b"PK\x03\x04"
        path = os.path.join(folder, "values.xlsx" if xlsx else "values.csv")
        Path(path).write_bytes(case.values)
        command = [langso, "evaluate", "--rulebook", case.rulebook, "--values", path, "--format", "json", "--lang", "vi"]
        if case.units is not None:
            units = os.path.join(folder, "units.csv")
            Path(units).write_bytes(case.units)
            command += ["--units", units]
        if case.overlay:
            command += ["--overlay", OVERLAY]
        if case.as_of is not None:
            command += ["--as-of", case.as_of]
        done = subprocess.run(command, capture_output=True, timeout=120)
    err = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        lines = set(map(int, re.findall(r"^dòng (\d+):", err, re.M)))
        return done.returncode, None if not done.stdout else "stdout is not empty", None if xlsx else lines, err
    try:
        out = oracle.encode(normal(json.loads(done.stdout)))
    except (AssertionError, ValueError, KeyError) as e:
        return 0, f"malformed: {e}", set(), err
    if oracle.encode(json.loads(done.stdout)) != done.stdout:
        out = "the bytes are not compact JSON with necessary escapes"
    return 0, out, set(), err


def expected(case):
    try:
        judged = oracle.evaluate(
            case.rulebook, case.values, case.units, [OVERLAY] if case.overlay else [], case.as_of)
    except oracle.Refused as refused:
        lines = {line for line, _ in refused.problems if line}
        if case.values[:4] == b"PK\x03\x04":
            lines = None
        return 2, None, lines, "\n".join(f"dòng {n}: {t}" for n, t in sorted(refused.problems))
    return 0, oracle.encode(judged), set(), ""


def differs(langso, case):
    ours, theirs = expected(case), program(langso, case)
    return None if ours[:3] == theirs[:3] else (ours, theirs)


def first_difference(a, b, where=""):
    if type(a) is not type(b):
        return f"{where}: oracle {a!r}, program {b!r}"
    if isinstance(a, dict):
        if list(a) != list(b):
            return f"{where}: keys {list(a)} / {list(b)}"
        return next(filter(None, (first_difference(a[k], b[k], f"{where}.{k}") for k in a)), None)
    if isinstance(a, list):
        if len(a) != len(b):
            return f"{where}: {len(a)} / {len(b)} members"
        return next(filter(None, (first_difference(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b)))), None)
    return None if a == b else f"{where}: oracle {a!r}, program {b!r}"


def report(langso, case):
    if case.rebuild:
        rows, build = case.rebuild
        step = max(1, len(rows) // 2)
        while step:
            i = 0
            while i < len(rows) and len(rows) > 1:
                fewer = rows[:i] + rows[i + step:]
                smaller = Case(case.name, case.rulebook, build(fewer), case.units, case.overlay, case.as_of)
                if fewer and differs(langso, smaller):
                    rows, case = fewer, smaller
                else:
                    i += step
            step //= 2
    pair = differs(langso, case)
    print(f"\n== {case.name}: set {case.rulebook}, overlay {case.overlay}, as-of {case.as_of}")
    if pair is None:
        print("   (not repeatable when made smaller)")
        return
    ours, theirs = pair
    if case.values[:2] != b"PK":
        print("   values:", repr(case.values[:1500].decode("utf-8", "replace")))
    if case.units is not None:
        print("   units: ", repr(case.units[:400].decode("utf-8", "replace")))
    print(f"   oracle:  exit {ours[0]}, lines {ours[2]}, {ours[3][:300]}")
    print(f"   program: exit {theirs[0]}, lines {theirs[2]}, {theirs[3][:300]}")
    if isinstance(ours[1], bytes) and isinstance(theirs[1], bytes):
        print("   first:  ", first_difference(json.loads(ours[1]), json.loads(theirs[1])))
    elif isinstance(theirs[1], str):
        print("   program:", theirs[1])


# ---------------------------------------------------------------- random inputs

def workbook(rows):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')
        z.writestr("_rels/.rels", '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Số liệu" sheetId="1" r:id="r1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
        lines = []
        for r, row in enumerate(rows, 1):
            cells = "".join(
                f'<c r="{chr(65 + c)}{r}" t="inlineStr"><is><t xml:space="preserve">{escape(v)}</t></is></c>'
                for c, v in enumerate(row) if v)
            lines.append(f'<row r="{r}">{cells}</row>')
        z.writestr("xl/worksheets/sheet1.xml", '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + "".join(lines) + "</sheetData></worksheet>")
    return out.getvalue()


def shipped_codes():
    oracle.shipped_units()
    return sorted(oracle._shipped[0][2])


def leaf_value(r, own, good):
    """(value, numerator, denominator) that fits, or most likely does not."""
    kind = own["kind"]
    if not good:
        return r.choice([
            ("101", "", ""), ("-1", "", ""), ("1.5", "", ""), ("abc", "", ""), ("n/a", "", ""), ("1.000", "", ""),
            ("+5", "", ""), ("1e3", "", ""), ("1 000", "", ""), ("٣", "", ""), ("5.", "", ""), (",5", "", ""),
            ("", "3", "0"), ("", "4", "3"), ("", "3", ""), ("", "", "3"), ("5", "1", "2"), ("41,200", "", ""),
            ("đạt", "", ""), ("50 %", "", ""), ("1.2.3", "", ""), ("không", "", ""), ("", "1.000", "2000"),
            ("-0", "", ""), ("", "-1", "2"), ("1.234.567", "", ""), ("0.500", "", ""), ("", "1", "2")])
    if own.get("applies_if") and r.random() < 0.3:
        return "n/a", "", ""
    if kind in ("boolean", "document"):
        word = r.choice(["true", "false", "đạt", "đạt", "đạt", "không đạt", "TRUE", "Đạt", "KHÔNG ĐẠT", "False"])
        return (unicodedata.normalize("NFD", word) if r.random() < 0.3 else word), "", ""
    requirement = own.get("requirement", {})
    marks = re.findall(r"\d+(?:\.\d+)?", json.dumps({k: v for k, v in requirement.items() if k.startswith("by_") or k == "value"}))
    number = r.choice(marks or ["50"]) if r.random() < 0.5 else str(r.randrange(0, 100))
    if kind == "percent" and float(number) > 100:
        number = "100"
    if kind == "percent":
        if r.random() < 0.3:
            den = r.choice([3, 7, 1000, 128, 1300, 999983, 12.5])
            num = r.randrange(0, int(den) + 1)
            a, b = str(num), str(den)
            return "", a.replace(".", r.choice(".,")), b.replace(".", r.choice(".,"))
        if r.random() < 0.4 and float(number) <= 99:
            number = number.split(".")[0] + r.choice(".,") + r.choice(["0", "5", "00", "999", "4996", "9999999", "250", "0000001"])
    elif kind == "count":
        number = number.split(".")[0] + r.choice(["", "", ",0", ".00"])
    else:
        number = r.choice(["", "", "-"]) + r.choice([number, number + ".5" if "." not in number else number, "0", "0,0", "123456789012345678901234567890.1234567890123", "0012"])
    return number.replace(".", r.choice(".,"), 1), "", ""


def random_case(seed):
    r = random.Random(seed)
    name = r.choice(SETS + ["commune-2021-2025"] * 4)
    own_units = r.random() < 0.6 or not name.startswith("commune")
    as_of = r.choice([None, None, "2022-06-30", "2024-02-29", "2024-03-01", "2025-06-30", "2027-01-01"])
    if own_units and r.random() < 0.05:
        as_of = r.choice(["2025-13-01", "2025", "x"])
    overlay = r.random() < 0.4
    years = r.choice([["2025"], ["2023", "2024"], ["2021", "2026", "1999"], ["2024"]])
    units = None
    if own_units:
        codes = r.choice([["A"], ["A", "B", "Ấp 1"], ["01", "1"]])
        extra = r.choice([[], ["ethnic_mountainous"], ["more_than_3_schools", "ethnic_mountainous"]])
        sep = r.choice(",;\t")
        head = ["unit_code", "region", "group"] + extra
        keep = head if r.random() < 0.8 else ["unit_code"] + extra
        lines = [sep.join(h.upper() if r.random() < 0.2 else h for h in keep)]
        for c in codes:
            cells = {"unit_code": c, "region": r.choice(["TDMNPB", "TDMNPB", "DBSH", "DNB", "", "XX", "TN"]),
                     "group": r.choice(["", "1", "2", "3"])}
            cells.update({e: r.choice(["true", "FALSE", "", "True"]) for e in extra})
            lines.append(sep.join(cells[k] for k in keep))
        units = (r.choice(["", "\ufeff"]) + r.choice(["\n", "\r\n", "\r"]).join(lines)).encode()
    else:
        codes = r.sample(shipped_codes(), 2)
    good = r.choice([1.0, 1.0, 1.0, 0.98, 0.9])
    full = r.random() < 0.5
    rows = []
    for code in codes:
        for year in years:
            day = r.choice(["", "", f"{year}-06-30", "2025-07-01"])
            law = oracle.Book(name, (as_of if as_of and len(as_of) == 10 and as_of[5:7] != "13" else f"{year}-12-31"), [])
            region_rows = set(law.regional)
            for no, own in law.leaves.items():
                if (not full and r.random() < 0.6) or (no in region_rows and r.random() < 0.9):
                    continue
                triple = ("", "", "") if r.random() < 0.05 else leaf_value(r, own, r.random() < good)
                rows.append([code, year, no if r.random() < 0.9 else f"{name}/{no}", *triple, day])
            for other in law.prerequisites:
                if r.random() < 0.3:
                    rows.append([code, year, f"held:{other}", r.choice(["đạt", "không đạt", "TRUE"]), "", "", day])
                if r.random() < 0.4:
                    their = oracle.Book(other, law.day, [])
                    for no, own in their.leaves.items():
                        if no not in their.regional and r.random() < 0.95:
                            rows.append([code, year, f"{other}/{no}", *leaf_value(r, own, True), day])
    if good < 1:
        for _ in range(r.randrange(0, 4)):
            if rows:
                row = list(r.choice(rows))
                spot = r.randrange(6)
                if spot == 0:
                    row[0] = r.choice(["", "ZZ", row[0].lower() + "x"])
                elif spot == 1:
                    row[1] = r.choice(["", "25", "20255", "2025-01", "２０２５"])
                elif spot == 2:
                    row[2] = r.choice(["", "99.9", "17.1", "held:" + name, "held:x", "x/1.1", name + "/", "1.1 .", "held:"])
                elif spot == 3:
                    row.append("too many")
                rows.insert(r.randrange(len(rows) + 1), row)
    columns = ["unit_code", "period", "indicator", "value", "numerator", "denominator", "unit_as_of"]
    order = list(range(7))
    r.shuffle(order)
    sep = r.choice(",;\t")
    end = r.choice(["\n", "\r\n", "\r"])
    bom, quote_all, blanks, last = r.choice(["", "\ufeff"]), r.random() < 0.2, r.random() < 0.3, r.random() < 0.5
    upper = r.random() < 0.2
    style, as_book = r.randrange(1 << 30), r.random() < 0.15

    def build(rows):
        s = random.Random(style)
        head = [columns[i].upper() if upper else columns[i] for i in order]
        head.append("ghi chú")
        table = [[row[i] for i in order] + ["ghi" + end + "chú" if s.random() < 0.05 else ""] + row[7:] for row in rows]
        if as_book:
            return workbook([head] + [[c.replace("\r", "\n") for c in row] for row in table])
        def cell(v):
            pad = s.choice(["", "", "", " "]) if not quote_all else ""
            if quote_all or any(x in v for x in '\r\n",;\t'):
                return '"' + v.replace('"', '""') + '"'
            return pad + v + pad
        lines = [sep.join(map(cell, head))]
        for row in table:
            if blanks and s.random() < 0.1:
                lines.append(s.choice(["", sep * (len(head) - 1), "  "]))
            cells = list(map(cell, row))
            lines.append(sep.join(cells))
        return (bom + end.join(lines) + (end if last else "")).encode()

    return Case(f"seed {seed}", name, build(rows), units, overlay, as_of, (rows, build))


# ---------------------------------------------------------------- a table of edge cases

def table():
    """One line of the contract each; U is a units file of one commune of TDMNPB."""
    U = b"unit_code,region,group,ethnic_mountainous\nA,TDMNPB,1,true\nB,DBSH,,FALSE\nC,,,\nD,??,,\n"
    H = "unit_code,period,indicator,value\n"
    F = "unit_code,period,indicator,value,numerator,denominator,unit_as_of\n"
    X = "commune-2021-2025"
    made = []

    def t(name, text, rulebook=X, units=U, **more):
        made.append(Case(name, rulebook, text if isinstance(text, bytes) else text.encode(), units, **more))

    t("a header alone", H)
    t("nothing", "")
    t("only a BOM", "\ufeff")
    t("unknown set", H, rulebook="no-such-set")
    t("blank row only", H + "A,2025,3.1,\n")
    t("blank row beside another", H + "A,2025,3.1,\nA,2025,1.1,đạt\n")
    t("blank row counts as duplicate", H + "A,2025,3.1,\nA,2025,3.1,80\n")
    t("8.4 and SET/8.4 are one row", H + f"A,2025,3.1,80\nA,2025,{X}/3.1,80\n")
    t("composite takes no row", H + "A,2025,3.2,đạt\n")
    t("held of the judged set", H + f"A,2025,held:{X},đạt\n")
    t("held n/a", H + f"A,2025,held:{X},n/a\n", rulebook="commune-advanced-2021-2025")
    t("held alone gives an element", H + f"A,2025,held:{X},đạt\n", rulebook="commune-advanced-2021-2025")
    t("held false", H + f"A,2025,held:{X},Không Đạt\n", rulebook="commune-advanced-2021-2025")
    t("SET/NO alone gives an element", H + f"A,2025,{X}/3.1,79\n", rulebook="commune-advanced-2021-2025")
    t("prerequisite of another level", H + "A,2025,commune-2021-2025/3.1,101\n", rulebook="district-2021-2025")
    t("prerequisite of another level held", H + "A,2025,held:commune-2021-2025,đạt\n", rulebook="district-2021-2025")
    t("SET neither judged nor prerequisite", H + "A,2025,district-2021-2025/1.1,đạt\n")
    for value in ("94.996", "79,9999999999999999999999999", "80.0", "100", "100.000000", "100.1", "-0", "1.000", "080", "5.", ".5", "5%", "N/A", "n/a", "true", "+5", "1e1", "１", "-5", "0,500"):
        t(f"percent {value}", H + f'A,2025,3.1,"{value}"\n')
    for value in ("Đạt", "ĐẠT", "KHÔNG ĐẠT", "TRUE", "1", "yes", "n/a", "không  đạt", unicodedata.normalize("NFD", "không đạt")):
        t(f"yes/no {value}", H + f"A,2025,1.1,{value}\n")
    incomes = [n for n, o in oracle.Book(X, "2025-12-31", []).leaves.items() if o["kind"] in ("income", "money", "number")]
    counts = [n for n, o in oracle.Book(X, "2025-12-31", []).leaves.items() if o["kind"] == "count"]
    for no, values in ((incomes[:1], ("48", "47.9", "48,0", "-1", "41.200", "41,200", "0.500", "0,500", "1000", "1.0000", "-0", "-0,0", "100.000", "1000.000", "48.", "012.500")),
                       (counts[:1], ("3,0", "3.5", "-1", "-0", "1.000", "1,000", "0.000", "1000", "0", "1234.000"))):
        for value in values if no else ():
            t(f"{no[0]} {value}", H + f'A,2025,{no[0]},"{value}"\n')
    for n, d in (("1", "3"), ("2", "3"), ("0", "5"), ("5", "5"), ("6", "5"), ("0", "0"), ("1", ""), ("", "1"), ("1,5", "2,5"), ("1.000", "2000"), ("-0", "5"), ("799999999", "1000000000"), ("4", "5"), ("1", "128"), ("1", "1280000")):
        t(f"fraction {n}/{d}", F + f'A,2025,3.1,,"{n}","{d}",\n')
    t("fraction of yes/no", F + "A,2025,1.1,,1,2,\n")
    t("value and fraction", F + "A,2025,3.1,50,1,2,\n")
    t("value and numerator", F + "A,2025,3.1,50,1,,\n")
    t("value column may be missing", "unit_code;period;indicator;numerator;denominator\nA;2025;3.1;1;2\n")
    t("value column and one fraction column missing", "unit_code;period;indicator;numerator\nA;2025;3.1;1\n")
    t("first three columns needed", "unit_code,indicator,value\nA,3.1,80\n")
    t("a heading twice", "unit_code,period,indicator,value,Value\nA,2025,3.1,80,\n")
    t("headings any case and order, trimmed", " VALUE , Indicator,PERIOD ,Unit_Code\n80,3.1,2025,A\n")
    t("unknown columns", "x,unit_code,period,indicator,value,y\n1,A,2025,3.1,80,2\n")
    t("semicolons with decimal commas", H.replace(",", ";") + "A;2025;3.1;79,5\n")
    t("tabs", H.replace(",", "\t") + "A\t2025\t3.1\t79,5\n")
    t("CR", (H + "A,2025,3.1,79\n\nA,2025,3.3,bad\n").replace("\n", "\r"))
    t("CRLF", (H + "A,2025,3.1,79\n\nA,2025,3.3,bad\n").replace("\n", "\r\n"))
    t("line of a record is its first", F + '"A","2025","3.1","79\n\n"\nA,2025,1.1,bad,,,\n')
    t("open quote", H + 'A,2025,3.1,"79\nA,2025,1.1,đạt\n')
    t("missing cells are empty", F + "A,2025,3.1,80\n")
    t("too many cells", H + "A,2025,3.1,80,\nA,2025,1.1,đạt\n")
    t("a line of separators", H + ",,,\nA,2025,3.1,80\n")
    t("a longer line of separators", H + ",,,,,,\nA,2025,3.1,80\n")
    t("periods", H + "A,2025,3.1,80\nA,025,3.1,80\nA,20255,3.1,80\nA,2O25,3.1,80\nA,1900,3.1,80\n")
    t("codes match byte for byte", H + "a,2025,3.1,80\nA,2025,3.1,80\n")
    t("units and periods as text", H + "B,2025,3.1,80\nA,2024,3.1,80\nA,2023,3.1,80\n")
    t("regions", H + "".join(f"{u},2025,{incomes[0]},48\n" for u in "ABCD"))
    t("invalid UTF-8", (H + "A,2025,3.1,8").encode() + b"\xff\n")
    t("a code twice in units", H, units=U + b"A,,,\n")
    t("units without code column", H, units=b"code\nA\n")
    t("region and group may be missing", H + "A,2025,3.1,80\n", units=b"unit_code\nA\n")
    t("no units", H + "A,2025,3.1,80\n", units=b"unit_code\n")
    t("unit_as_of has no effect with units", F + "A,2025,3.1,80,,,2020-01-01\nA,2025,1.1,đạt,,,2021-01-01\n")
    for day in ("2024-02-29", "2024-03-01", "2025-02-30", ""):
        t(f"as of {day}", H + "A,2025,15.4,90\n", as_of=day)
        t(f"as of {day}, yes/no", H + "A,2025,15.4,đạt\n", as_of=day)
    t("amended by default day", H + "A,2023,15.4,90\nA,2024,15.4,đạt\nA,2023,13.1,đạt\nA,2024,13.1,đạt\n")
    t("set with too few indicators", H + "A,2026,held:x,\n", rulebook="commune-2026-2030")
    t("overlay", H + "A,2025,2.1,80\nB,2025,2.1,79.9\n", overlay=True)
    codes = [c for c in shipped_codes()]
    t("shipped, another level", H + "02,2024,3.1,80\n", units=None)
    t("shipped, unknown", H + "99999,2024,3.1,80\n", units=None)
    units, _, by_code = oracle._shipped[0]
    old = next(u for u in units.values() if u["level"] == "commune" and u["valid_to"] == "2025-06-30"
               and not any(v["valid_to"] == "" for v in by_code[u["code"]]))["code"]
    new = next(u for u in units.values() if u["level"] == "commune" and u["kind"] == "commune" and u["valid_to"] == "")["code"]
    ward = next(u for u in units.values() if u["kind"] == "ward" and u["valid_to"] == "")["code"]
    t("an old commune at the year's end", H + f"{old},2025,3.1,80\n", units=None)
    t("an old commune in June", F + f"{old},2025,3.1,80,,,2025-06-30\n", units=None)
    t("an old commune before", H + f"{old},2024,3.1,80\n", units=None)
    t("another unit_as_of", F + f"{old},2025,3.1,80,,,2025-06-30\n{old},2025,1.1,đạt,,,2025-06-29\n", units=None)
    t("unit_as_of not a date", F + f"{new},2025,3.1,80,,,30/12/2025\n", units=None)
    t("a new commune", H + f"{new},2025,3.1,80\n", units=None)
    t("a new commune too early", H + f"{new},1999,3.1,80\n", units=None)
    t("a ward", H + f"{ward},2025,3.1,80\n", units=None)
    t("workbook", workbook([["unit_code", "period", "indicator", "value"], ["A", "2025", "3.1", "79,5"], ["A", "2025", "1.1", "đạt"]]))
    t("workbook, bad", workbook([["unit_code", "period", "indicator", "value"], ["A", "2025", "3.1", "41 %"]]))
    assert codes
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--show", type=int, default=5)
    target = os.environ.get("CARGO_TARGET_DIR", str(oracle.ROOT / "target"))
    parser.add_argument("--langso", default=os.path.join(target, "debug", "langso"))
    options = parser.parse_args()
    if not os.path.exists(options.langso):
        sys.exit(f"no program at {options.langso}: cargo build -p app")
    cases = table() + [random_case(options.seed * 1_000_000 + i) for i in range(options.cases)]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = [c for c, d in zip(cases, pool.map(lambda c: differs(options.langso, c), cases)) if d]
    refused = sum(expected(c)[0] == 2 for c in cases)
    for case in found[: options.show]:
        report(options.langso, case)
    print(f"{len(cases)} cases ({refused} refused by both or one), {len(found)} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
