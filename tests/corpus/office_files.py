"""Office files made on the spot, with a personal number of its own at every place where words can stand.

Each function gives the file and, for each place, the number that stands there. What the usual libraries cannot
write (footnotes, tracked changes, the cache of a pivot table) is put into the package by hand.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from typing import Any

import docx
import openpyxl
import pptx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from pptx.util import Inches

Places = dict[str, str]
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MORE = (
    f'{_W} xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8ffff3f0005fe02fea7359d780000000049454e44ae426082"
)


def large_png(size: int, width: int = 800, height: int = 800) -> bytes:
    """The head of a picture of *width* times *height*, and *size* bytes behind it."""
    return PNG[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0" + bytes(size)


class Numbers:
    """Hands out numbers, one for each place."""

    def __init__(self) -> None:
        self.places: Places = {}

    def __call__(self, place: str) -> str:
        number = f"{len(self.places) % 28 + 1:02}0190-{1001 + len(self.places)}"
        self.places[place] = number
        return number


def package(parts: Mapping[str, bytes], kind: str = "docx") -> bytes:
    """A new document or, of the *kind* ``xlsx``, workbook in which these *parts* stand in the place of its own."""
    base, out = io.BytesIO(), io.BytesIO()
    (docx.Document() if kind == "docx" else openpyxl.Workbook()).save(base)
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def repacked(data: bytes, add: Mapping[str, bytes | str] = {}, change: Mapping[str, Any] = {}) -> bytes:
    """The zip *data* with members added, and others changed by functions from text to text."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name in change:
                content = change[name](content.decode()).encode()
            new.writestr(name, content)
        for name, more in add.items():
            new.writestr(name, more)
    return out.getvalue()


@cache
def word() -> tuple[bytes, Places]:
    """A docx with something at every place of its parts."""
    at = Numbers()
    document = docx.Document()
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].text = at("header")
    section.footer.paragraphs[0].text = at("footer")
    section.first_page_header.paragraphs[0].text = at("header of the first page")

    paragraph = document.add_paragraph("Vedrørende ")
    for piece in re.findall(r"..?", at("runs")):
        paragraph.add_run(piece).bold = len(piece) == 1
    hidden = document.add_paragraph().add_run(at("hidden text"))
    hidden.font.hidden = True
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(0, 1).text, table.cell(1, 0).text = "Navn", "CPR", "Jens"
    table.cell(1, 1).text = at("table")
    inner = table.cell(1, 0).add_table(1, 1)
    inner.cell(0, 0).text = at("table in a table")
    document.add_comment(
        paragraph.runs[0], text=at("comment"), author=at("author of a comment"), initials="JH"
    )
    document.part.relate_to(f"mailto:{at('link')}@post.example", RELATIONSHIP_TYPE.HYPERLINK, True)

    def body(inside: str) -> None:
        document.element.body.insert(0, parse_xml(f"<w:p {_MORE}>{inside}</w:p>"))

    number = at("no-break hyphen")
    body(f"<w:r><w:t>{number[:6]}</w:t><w:noBreakHyphen/><w:t>{number[7:]}</w:t></w:r>")
    deleted, inserted = at("tracked deletion"), at("tracked insertion")
    body(
        f'<w:r><w:t xml:space="preserve">nr. {deleted[:7]}</w:t></w:r>'
        f"<w:del w:author='Eva'><w:r><w:delText>{deleted[7:]}</w:delText></w:r></w:del>"
        f"<w:ins w:author='Eva'><w:r><w:t>0000</w:t></w:r></w:ins>"
    )
    body(
        f'<w:r><w:t xml:space="preserve">nr. {inserted[:7]}</w:t></w:r>'
        f"<w:del w:author='Eva'><w:r><w:delText>0000</w:delText></w:r></w:del>"
        f"<w:ins w:author='Eva'><w:r><w:t>{inserted[7:]}</w:t></w:r></w:ins>"
    )
    code = at("field code")
    body(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText> QUOTE {code[:4]}</w:instrText></w:r><w:r><w:instrText>{code[4:]} </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>felt</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    around, box = at("text around a text box"), at("text box")
    body(
        f"<w:r><w:t>{around[:5]}</w:t></w:r><w:r><w:drawing><wp:anchor><wp:docPr id='1' name='Billede 1' "
        f"descr='Foto af {at('alternative text')}'/><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent>"
        f"<w:p><w:r><w:t>{box[:8]}</w:t></w:r><w:r><w:t>{box[8:]}</w:t></w:r></w:p>"
        f"</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
        f"<w:r><w:t>{around[5:]}</w:t></w:r>"
    )
    body(
        f"<w:r><w:pict><v:shape alt='{at('alternative text of old drawings')}'><v:textbox><w:txbxContent>"
        f"<w:p><w:r><w:t>{at('old text box')}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    body(
        f"<w:sdt><w:sdtPr><w:alias w:val='{at('name of a content control')}'/></w:sdtPr><w:sdtContent>"
        f"<w:r><w:t>{at('content control')}</w:t></w:r></w:sdtContent></w:sdt>"
    )
    body(
        f"<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:textInput><w:default w:val='{at('default of a field')}'/>"
        "</w:textInput></w:ffData></w:fldChar></w:r>"
    )
    properties = document.core_properties
    properties.title, properties.author, properties.comments = at("title"), at("author"), at("description")
    properties.keywords = at("keywords")
    out = io.BytesIO()
    document.save(out)

    def part(tag: str, text: str) -> str:
        return f"<w:{tag}s {_W}><w:{tag}><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{tag}></w:{tag}s>"

    custom = (
        '<Properties xmlns:vt="urn:vt"><property name="Sag"><vt:lpwstr>'
        f"{at('property of a user')}</vt:lpwstr></property></Properties>"
    )
    return repacked(
        out.getvalue(),
        {
            "word/footnotes.xml": part("footnote", at("footnote")),
            "word/endnotes.xml": part("endnote", at("endnote")),
            "word/glossary/document.xml": part("docPart", at("building block")),
            "docProps/custom.xml": custom,
            "customXml/item7.xml": f"<sag><cpr>{at('data in the file')}</cpr></sag>",
            "word/diagrams/data1.xml": f"<d:pt xmlns:d='urn:d'><d:t><d:p><d:t>"
            f"{at('diagram')}</d:t></d:p></d:t></d:pt>",
            "word/charts/chart1.xml": f"<c:c xmlns:c='urn:c'><c:pt><c:v>{at('chart')}</c:v></c:pt></c:c>",
            "word/embeddings/ark.xlsx": b"PK\3\4 a workbook",
        },
    ), at.places


@cache
def workbook() -> tuple[bytes, Places]:
    """An xlsx with something at every place of its parts."""
    at = Numbers()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Navn", "CPR", "Dato"])
    sheet.append(["Jens", at("cell"), "x"])
    number = at("number without its zero")
    sheet.append(["Bo", int(number.replace("-", "")), 1])
    at.places["number without its zero"] = number.replace("-", "")
    shaped = at("number with a format")
    sheet.append(["Ib", int(shaped.replace("-", "")), 2])
    sheet["B4"].number_format = '000000"-"0000'
    sheet["D90"] = at("far away cell")
    sheet.row_dimensions[90].hidden = True
    sheet["A1"].comment = Comment(at("comment"), at("author of a comment"))
    sheet.oddHeader.left.text = at("header")
    sheet.oddFooter.right.text = f"&12 Side & {at('footer')}"
    rule = DataValidation(type="list", formula1=f'"{at("list to choose from")},andet"', allow_blank=True)
    rule.prompt, rule.promptTitle = at("prompt"), "Udfyld"
    sheet.add_data_validation(rule)
    rule.add("A5")
    sheet["A6"].hyperlink = f"https://sag.example/?cpr={at('link')}"
    book.create_sheet("Skjult")["A1"] = at("hidden sheet")
    book["Skjult"].sheet_state = "hidden"
    book.create_sheet("Meget")["A1"] = at("very hidden sheet")
    book["Meget"].sheet_state = "veryHidden"
    book.create_sheet(at("name of a sheet"))
    book.defined_names["person"] = openpyxl.workbook.defined_name.DefinedName(
        "person", attr_text=f'"{at("defined name")}"'
    )
    book.properties.title = at("title")
    out = io.BytesIO()
    book.save(out)
    inline, formula, text = at("inline text"), at("value of a formula"), at("text in a formula")
    shared, old = at("shared text"), at("unused text")

    def cells(xml: str) -> str:
        more = (
            f"<row r='50'><c r='A50' t='inlineStr'><is><r><t>{inline[:6]}</t></r><r><t>{inline[6:]}</t></r></is></c>"
            f"<c r='B50' t='str'><f>A1&amp;B1</f><v>{formula}</v></c>"
            f"<c r='C50'><f>IF(A1=\"{text}\",1,2)</f><v>1</v></c>"
            "<c r='D50' t='s'><v>0</v></c></row>"
        )
        return xml.replace("</sheetData>", f"{more}</sheetData>")

    return repacked(
        out.getvalue(),
        {
            "xl/sharedStrings.xml": f"<sst><si><r><t>{shared[:3]}</t></r><r><t>{shared[3:]}</t></r>"
            "<rPh><t>x</t></rPh></si>"
            f"<si><t>{old}</t></si></sst>",
            "xl/pivotCache/pivotCacheDefinition1.xml": f"<p><sharedItems><s v='"
            f"{at('cache of a pivot table')}'/></sharedItems></p>",
            "xl/pivotCache/pivotCacheRecords1.xml": f"<p><r><s v='{at('record of a pivot table')}'/></r></p>",
            "xl/drawings/drawing9.xml": f"<x:d xmlns:x='urn:x' xmlns:a='urn:a'><a:p><a:r><a:t>"
            f"{at('text box')}</a:t></a:r></a:p></x:d>",
            "xl/threadedComments/threadedComment1.xml": f"<c><threadedComment><text>"
            f"{at('threaded comment')}</text></threadedComment></c>",
            "xl/externalLinks/externalLink1.xml": f"<e><cell r='A1' t='str'><v>"
            f"{at('value of another file')}</v></cell></e>",
            "xl/charts/chart1.xml": f"<c:c xmlns:c='urn:c'><c:pt><c:v>{at('chart')}</c:v></c:pt></c:c>",
        },
        {"xl/worksheets/sheet1.xml": cells},
    ), at.places


@cache
def presentation() -> tuple[bytes, Places]:
    """A pptx with something at every place of its parts."""
    at = Numbers()
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = at("title of a slide")
    box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1))
    for piece in re.findall(r"..?.?", at("runs")):
        box.text_frame.paragraphs[0].add_run().text = piece
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    table.cell(0, 1).text, table.cell(1, 1).text = "CPR", at("table")
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = at("group")
    image = slide.shapes.add_picture(io.BytesIO(PNG), 0, 0)
    image._element.nvPicPr.cNvPr.set("descr", at("alternative text"))
    slide.notes_slide.notes_text_frame.text = at("notes")
    show.slide_layouts[0].placeholders[0].text_frame.text = at("layout")  # type: ignore[attr-defined]
    hidden = show.slides.add_slide(show.slide_layouts[6])
    hidden._element.set("show", "0")
    hidden.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = at("hidden slide")
    show.core_properties.title = at("title")
    out = io.BytesIO()
    show.save(out)
    return repacked(
        out.getvalue(),
        {
            "ppt/comments/comment1.xml": f"<p:cmLst xmlns:p='urn:p'><p:cm><p:text>"
            f"{at('comment')}</p:text></p:cm></p:cmLst>",
            "ppt/diagrams/data1.xml": f"<d:p xmlns:d='urn:d'><d:r><d:t>{at('diagram')}</d:t></d:r></d:p>",
            "ppt/tags/tag1.xml": f"<p:tagLst xmlns:p='urn:p'><p:tag name='N' val='{at('tag')}'/></p:tagLst>",
        },
    ), at.places
