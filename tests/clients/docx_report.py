"""The report of a form as DOCX, in programs that are not ours: python-docx reads its headings, tables and numbers; openxml-audit holds every
part against the schemas and rules of the Open XML SDK. Usage: docx_report.py PATH-OF-LANGSO [--libreoffice]: with it LibreOffice makes a PDF."""

import html
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import docx
from docx.oxml.ns import qn
from docx.table import Table
from openxml_audit import OpenXmlValidator
from service import run, service

FORM = "/bieu/06"
# What that validator asks of every document and ISO/IEC 29500-1 does not: 11.3.5 and 14.2.7 let a package do without.
OPTIONAL = ("relationships/fontTable", "relationships/theme")


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def said(element):
    return "".join(text.text or "" for text in element.iter(qn("w:t")))


def the_parts_are_valid(base, file):
    for name, path in (("report", file), ("template", file.with_name("mau.docx"))):
        found = OpenXmlValidator().validate(str(path)).errors
        wrong = [error for error in found if not any(part in error.description for part in OPTIONAL)]
        assert not wrong, (name, [(error.description, error.part_uri) for error in wrong])


def the_validator_sees_what_is_wrong(base, file):
    """A paragraph where only rows may stand is found: the check above can fail."""
    broken = docx.Document(file)
    table = next(broken.element.body.iter(qn("w:tbl")))
    table.append(table.makeelement(qn("w:r"), {}))
    at = file.with_name("broken.docx")
    broken.save(at)
    found = [e for e in OpenXmlValidator().validate(str(at)).errors if not any(p in e.description for p in OPTIONAL)]
    assert found


def the_form_of_the_decree_is_read(base, file):
    document = docx.Document(file)
    lines = [said(paragraph) for paragraph in document.element.body.iter(qn("w:p"))]
    for wanted in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "BÁO CÁO", "Nơi nhận:", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"):
        assert wanted in lines, wanted
    fonts = document.styles.element.find(qn("w:docDefaults")).iter(qn("w:rFonts"))
    assert {font.get(qn("w:ascii")) for font in fonts} == {"Times New Roman"}
    sizes = [(round(s.page_width.mm), round(s.page_height.mm)) for s in document.sections]
    assert sizes[0] == (210, 297) and sizes[-1] == (297, 210), sizes


def every_number_of_the_page_stands_in_the_table(base, file):
    page = get(f"{base}{FORM}?nam=2026").decode()
    body = page[page.index("<tbody") : page.index("</tbody>")]
    rows = re.findall(r"<tr.*?</tr>", body, re.S)
    numbers = [html.unescape(n) for row in rows for n in re.findall(r">\s*(\d[\d.,]*)\s*<", row)]
    document = docx.Document(file)
    tables = [Table(element, document) for element in document.element.body.iter(qn("w:tbl"))]
    table = max(tables, key=lambda one: len(one.rows))
    cells = [said(cell) for cell in table._tbl.iter(qn("w:tc"))]
    assert len(table.rows) >= len(rows) and len(numbers) > 20, (len(table.rows), len(rows), len(numbers))
    for number in set(numbers):
        assert cells.count(number) >= numbers.count(number), (number, cells.count(number), numbers.count(number))


def libreoffice_makes_a_pdf(base, file):
    with tempfile.TemporaryDirectory() as folder:
        home = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", folder, str(file)]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        made = pathlib.Path(folder, file.stem + ".pdf").read_bytes()
    assert made.startswith(b"%PDF") and len(made) > 10_000, len(made)


if __name__ == "__main__":
    with service(sys.argv[1]) as site, tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "06.docx")
        file.write_bytes(get(f"{site.base}{FORM}/tep.docx?nam=2026"))
        file.with_name("mau.docx").write_bytes(get(f"{site.base}/bieu/mau.docx"))
        checks = [
            the_parts_are_valid,
            the_validator_sees_what_is_wrong,
            the_form_of_the_decree_is_read,
            every_number_of_the_page_stands_in_the_table,
        ]
        run([libreoffice_makes_a_pdf] if "--libreoffice" in sys.argv else checks, site.base, file)
