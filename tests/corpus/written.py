"""One text in a file of each format that is read: the smallest file a reader of that format takes for whole.

What the usual programs save besides is in :mod:`corpus.saved` and :mod:`corpus.office_files`; here the text is free,
so that many can be put through each reader.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from xml.sax.saxutils import escape

import libarchive
import openpyxl
import pptx
import xlwt
from pptx.util import Inches

from corpus.compound import compound, macros, message
from corpus.office_files import repacked
from segl_classifier.evaluation import documents

_DIVIDERS = "\t;|"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_MARK = "HER STÅR DET"
_OFFICE, _MS = "application/vnd.openxmlformats-officedocument", "application/vnd.ms"
_DOCUMENT, _WORKBOOK = (
    f"{_OFFICE}.wordprocessingml.document.main+xml",
    f"{_OFFICE}.spreadsheetml.sheet.main+xml",
)
MACRO = "Husk underskrift"  # what the macros say
_PROJECT = macros(f'Attribute VB_Name = "M"\r\nMsgBox "{MACRO}"\r\n'.encode())

Cell = str | int


def html(text: str) -> bytes:
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in text.split("\n"))
    return f'<html><head><meta charset="utf-8"></head><body>{lines}</body></html>'.encode()


def rtf(text: str) -> bytes:
    """Rich text: letters beyond ASCII as ``\\uN?``, which a reader that knows no Unicode shows as "?"."""
    shown = "".join(
        f"\\{c}" if c in "\\{}" else "\\par\n" if c == "\n" else c if ord(c) < 128 else _signed(c)
        for c in text
    )
    return b"{\\rtf1\\ansi\\ansicpg1252\\uc1 " + shown.encode("ascii") + b"\\par}"


def _signed(letter: str) -> str:
    return "".join(f"\\u{unit}?" for (unit,) in struct.iter_unpack("<h", letter.encode("utf-16-le")))


def doc(text: str) -> bytes:
    """Word 97 (MS-DOC): a text in one piece of UTF-16, behind a head that says where its table is."""
    letters = text.replace("\n", "\r") + "\r"
    head = bytearray(0x400)
    head[:4] = b"\xec\xa5\xc1\x00"
    struct.pack_into("<i", head, 0x4C, len(letters))
    table = struct.pack("<BIIIHIH", 2, 16, 0, len(letters), 0, len(head), 0)
    struct.pack_into("<II", head, 0x1A2, 0, len(table))
    return compound(
        {"WordDocument": bytes(head) + letters.encode("utf-16-le"), "0Table": table.ljust(5000, b"\0")}
    )


def ppt(text: str) -> bytes:
    """PowerPoint 97 (MS-PPT): a slide with one text."""
    letters = text.replace("\n", "\r").encode("utf-16-le")
    atom = struct.pack("<HHI", 0, 0x0FA0, len(letters)) + letters
    slide = struct.pack("<HHI", 0x0F, 0x03EE, len(atom)) + atom
    return compound({"Current User": bytes(40), "PowerPoint Document": slide})


def xls(text: str) -> bytes:
    """Excel 97: a row a line, numbers typed as numbers unless that loses a zero in front."""
    divider = max(_DIVIDERS, key=text.count)
    return xls_sheet([[_typed(cell) for cell in line.split(divider)] for line in text.split("\n")])


def _typed(cell: str) -> Cell:
    plain = cell.strip()
    is_number = plain.isascii() and plain.isdigit() and plain[0] != "0" and len(plain) < 16
    return int(plain) if is_number else cell


def xls_sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Excel 97: cells typed as the texts and numbers they are."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Ark1")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook: cells typed as the texts and numbers they are."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def docm(text: str) -> bytes:
    return _retyped(documents.docx(text), _DOCUMENT, f"{_MS}-word.document.macroEnabled.main+xml", "word")


def dotx(text: str) -> bytes:
    return _retyped(documents.docx(text), _DOCUMENT, f"{_OFFICE}.wordprocessingml.template.main+xml")


def dotm(text: str) -> bytes:
    kind = f"{_MS}-word.template.macroEnabledTemplate.main+xml"
    return _retyped(documents.docx(text), _DOCUMENT, kind, "word")


def xlsm(text: str) -> bytes:
    return _retyped(documents.xlsx(text), _WORKBOOK, f"{_MS}-excel.sheet.macroEnabled.main+xml", "xl")


def _retyped(package: bytes, old: str, new: str, macros_in: str = "") -> bytes:
    """*package* with its main part of another type (MS-OFFMACRO2 §2.2), and with macros in the folder that is named."""

    def types(xml: str) -> str:
        assert old in xml
        kind = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        return xml.replace(old, new).replace("<Default", f"{kind if macros_in else ''}<Default", 1)

    add = {f"{macros_in}/vbaProject.bin": _PROJECT} if macros_in else {}
    return repacked(package, add, {"[Content_Types].xml": types})


def pptx_show(text: str) -> bytes:
    shown = "</a:t></a:r></a:p><a:p><a:r><a:t>".join(map(escape, text.split("\n")))
    return repacked(_show(), change={"ppt/slides/slide1.xml": lambda xml: xml.replace(_MARK, shown)})


@cache
def _show() -> bytes:
    show = pptx.Presentation()
    first, *others = show.slide_layouts
    for other in others:  # each would be read with every text that is written into it
        show.slide_layouts.remove(other)
    slide = show.slides.add_slide(first)
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(8), Inches(4)).text_frame.text = _MARK
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def odt(text: str) -> bytes:
    return _odf("text", "<office:text>" + _paragraphs(text) + "</office:text>")


def odp(text: str) -> bytes:
    box = f"<draw:frame><draw:text-box>{_paragraphs(text)}</draw:text-box></draw:frame>"
    page = f'<draw:page draw:name="1">{box}</draw:page>'
    return _odf("presentation", f"<office:presentation>{page}</office:presentation>")


def ods(text: str) -> bytes:
    """OpenDocument: a row a line, all cells typed as texts."""
    divider = max(_DIVIDERS, key=text.count)
    return ods_sheet([line.split(divider) for line in text.split("\n")])


def ods_sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    """OpenDocument: cells typed as the texts and numbers they are."""
    lines = "".join(f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>" for cells in rows)
    sheet = f'<table:table table:name="Ark1">{lines}</table:table>'
    return _odf("spreadsheet", f"<office:spreadsheet>{sheet}</office:spreadsheet>")


def _cell(cell: Cell) -> str:
    kind = f' office:value-type="float" office:value="{cell}"' if isinstance(cell, int) else ""
    return f"<table:table-cell{kind}>{_paragraphs(str(cell))}</table:table-cell>"


def _paragraphs(text: str) -> str:
    return "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))


def _odf(kind: str, body: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{short}="{_ODF}:{long}:1.0"'
        for short, long in (
            ("office", "office"),
            ("text", "text"),
            ("table", "table"),
            ("draw", "drawing"),
        )
    )
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        package.writestr("content.xml", '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return out.getvalue()


def msg(text: str) -> bytes:
    return message({"0037001F": _wide("Bilag"), "1000001F": _wide(text)})


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def winmail(text: str) -> bytes:
    """A winmail.dat (MS-OXTNEF) whose body stands in Windows-1252, other letters as "?"."""
    body = text.encode("cp1252", "replace") + b"\0"
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(
        struct.pack("<BII", 1, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
        for number, data in ((0x00069007, struct.pack("<II", 1252, 0)), (0x0002800C, body))
    )


def eml(text: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@nordby.example", "b@kunde.example", "Bilag"
    mail.set_content(text)
    return mail.as_bytes()


def ics(text: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "SUMMARY:Møde", f"DESCRIPTION:{_value(text)}"]
    return _folded([*lines, "END:VEVENT", "END:VCALENDAR"])


def vcf(text: str) -> bytes:
    return _folded(["BEGIN:VCARD", "VERSION:3.0", "FN:Ida Kjær", f"NOTE:{_value(text)}", "END:VCARD"])


def _value(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(lines: list[str]) -> bytes:
    """Lines as RFC 5545 §3.1 wants them: cut after 75 octets, here after 60 characters of which some are two."""
    return "".join(
        "\r\n ".join(line[i : i + 60] for i in range(0, len(line), 60)) + "\r\n" for line in lines
    ).encode()


def zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mappe/brev.docx", documents.docx(text))
    return out.getvalue()


def seven_zip_zipped(text: str) -> bytes:
    """An archive within an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mappe/breve.7z", seven_zip(text))
    return out.getvalue()


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode())


def tar(text: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as archive:
        member = tarfile.TarInfo("brev.txt")
        member.size = len(text.encode())
        archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def seven_zip(text: str) -> bytes:
    out = bytearray()
    data = text.encode()

    def take(block: bytes) -> int:
        out.extend(block)
        return len(block)

    with libarchive.custom_writer(take, "7zip") as archive:
        archive.add_file_from_memory("brev.txt", len(data), data)
    return bytes(out)


WRITERS: dict[str, Callable[[str], bytes]] = {
    "txt": str.encode,
    "txt in UTF-16": lambda text: b"\xff\xfe" + _wide(text),
    "txt in Windows-1252": lambda text: text.encode("cp1252", "replace"),
    "csv": str.encode,
    "html": html,
    "rtf": rtf,
    "pdf": documents.pdf,
    "docx": documents.docx,
    "docm": docm,
    "dotx": dotx,
    "dotm": dotm,
    "xlsx": documents.xlsx,
    "xlsm": xlsm,
    "pptx": pptx_show,
    "odt": odt,
    "ods": ods,
    "odp": odp,
    "doc": doc,
    "xls": xls,
    "ppt": ppt,
    "msg": msg,
    "dat": winmail,
    "eml": eml,
    "ics": ics,
    "vcf": vcf,
    "zip": zipped,
    "gz": gzipped,
    "tar.bz2": tar,
    "7z": seven_zip,
    "zip with a 7z": seven_zip_zipped,
}

# Sheets in which a number may be typed as one, and so has lost its zeros in front.
SHEETS: dict[str, Callable[[Sequence[Sequence[Cell]]], bytes]] = {
    "xlsx": xlsx_sheet,
    "xls": xls_sheet,
    "ods": ods_sheet,
}
