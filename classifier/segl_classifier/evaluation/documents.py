"""Small writers of real files, so that a record's attachment goes through the reader of its type.

They write what the text says and nothing else: a docx paragraph a line; an xlsx row a line, with cells as the
text divides them; a PDF page of fifty lines. Numbers in a sheet are typed as numbers, as a spreadsheet does
with a csv file it opens, unless that would lose a zero in front.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"
_BAD_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DIVIDERS = "\t;|"


def text_file(text: str) -> bytes:
    return text.encode()


def docx(text: str) -> bytes:
    """A Word document (ECMA-376): one paragraph a line."""
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{_xml(line)}</w:t></w:r></w:p>' for line in text.split("\n")
    )
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}<w:sectPr/></w:body></w:document>'
    kind = f"{_TYPE}.wordprocessingml.document.main+xml"
    return _package("word/document.xml", kind, {"word/document.xml": document})


def xlsx(text: str) -> bytes:
    """A workbook (ECMA-376) of one sheet: one row a line."""
    lines = text.split("\n")
    divider = max(_DIVIDERS, key=text.count)
    rows = "".join(
        f'<row r="{number}">{"".join(_cells(line.split(divider), number))}</row>'
        for number, line in enumerate(lines, 1)
    )
    sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    workbook = (
        f'<workbook xmlns="{_SHEET}" xmlns:r="{_DOCUMENT}">'
        '<sheets><sheet name="Ark1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    parts = {
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": links,
        "xl/worksheets/sheet1.xml": sheet,
    }
    more = (("/xl/worksheets/sheet1.xml", f"{_TYPE}.spreadsheetml.worksheet+xml"),)
    return _package("xl/workbook.xml", f"{_TYPE}.spreadsheetml.sheet.main+xml", parts, more)


def _cells(cells: Sequence[str], row: int) -> Iterator[str]:
    for number, cell in enumerate(cells):
        place = f"{_column(number)}{row}"
        if _NUMBER.fullmatch(cell.strip()):
            yield f'<c r="{place}"><v>{cell.strip()}</v></c>'
        elif cell:
            yield f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{_xml(cell)}</t></is></c>'


def _column(number: int) -> str:
    """A, B … Z, AA …"""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _xml(text: str) -> str:
    return escape(_BAD_XML.sub(" ", text))


def _package(main: str, kind: str, parts: dict[str, str], more: tuple[tuple[str, str], ...] = ()) -> bytes:
    """An Open Packaging Conventions file with its list of types and the link to its *main* part."""
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{content}"/>'
        for name, content in ((f"/{main}", kind), *more)
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="{main}"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {"[Content_Types].xml": types, "_rels/.rels": links, **parts}.items():
            member = zipfile.ZipInfo(name, (2025, 11, 24, 10, 0, 0))
            package.writestr(member, _XML + content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_PAGE_LINES, _LINE_CHARS = 50, 95
_UNICODE_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Segl def /CMapType 2 def\n"
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    + b"".join(
        b"64 beginbfrange\n%s\nendbfrange\n"
        % b"\n".join(b"<%02X00> <%02XFF> <%02X00>" % (high, high, high) for high in range(start, start + 64))
        for start in range(0, 256, 64)
    )
    + b"endcmap CMapName currentdict /CMap defineresource pop end end"
)


def pdf(text: str) -> bytes:
    """A PDF (ISO 32000-1): Helvetica; a font without letters of its own, but with their Unicode, for text
    that Windows-1252 cannot write."""
    lines = [
        line[i : i + _LINE_CHARS] for line in text.split("\n") for i in range(0, len(line) or 1, _LINE_CHARS)
    ]
    pages = [lines[i : i + _PAGE_LINES] for i in range(0, len(lines), _PAGE_LINES)]
    show = _narrow
    try:
        text.encode("cp1252")
        fonts = [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    except UnicodeEncodeError:
        show = _wide
        fonts = [
            b"<</Type/Font/Subtype/Type0/BaseFont/Segl/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Segl/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            b"/Supplement 0>>/FontDescriptor 6 0 R/DW 500>>",
            _stream(_UNICODE_MAP),
            b"<</Type/FontDescriptor/FontName/Segl/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800"
            b"/Descent -200/CapHeight 700/StemV 80>>",
        ]
    first = 3 + len(fonts)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        *fonts,
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>"
            % (first + 2 * number + 1)
        )
        drawn = b"\n".join(show(line) + b" Tj T*" for line in page)
        objects.append(_stream(b"BT /F 10 Tf 14 TL 50 790 Td\n" + drawn + b"\nET"))
    return _numbered(objects)


def _narrow(line: str) -> bytes:
    raw = line.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"(" + raw.replace(b"\r", b" ") + b")"


def _wide(line: str) -> bytes:
    return b"<" + line.encode("utf-16-be").hex().encode() + b">"


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _numbered(objects: Sequence[bytes]) -> bytes:
    """The file with its table of where each object stands (§7.5.4)."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


MAKERS: dict[str, Callable[[str], bytes]] = {
    "txt": text_file,
    "csv": text_file,
    "html": text_file,
    "docx": docx,
    "xlsx": xlsx,
    "pdf": pdf,
}
