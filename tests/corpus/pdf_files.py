"""PDF files made on the spot, with a personal number of its own at every place where words can stand."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from corpus.office_files import Numbers, Places

# As most programs write a PDF. The library makes ASCII of what it has packed otherwise, letter by letter in Python.
rl_config.useA85 = 0


@cache
def document() -> tuple[bytes, Places]:
    """Two pages, a form, notes, bookmarks, properties, a file inside, and a form of the XFA kind."""
    at = Numbers()
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    page.setTitle(at("title"))
    page.setAuthor(at("author"))
    page.setSubject(at("subject"))
    page.setKeywords(at("keywords"))
    page.drawString(72, 800, f"Kære Søren, dit nummer er {at('text')}.")
    number = at("two text runs")
    page.drawString(72, 785, number[:9])
    page.drawString(72 + page.stringWidth(number[:9]), 785, number[9:])
    left = 72.0
    for letter in at("letter by letter"):
        page.drawString(left, 770, letter)
        left += page.stringWidth(letter)
    for row, cells in enumerate((("Navn", "CPR-nr.", "Beløb"), ("Bo Hansen", at("table"), "1.200,50"))):
        for column, cell in enumerate(cells):
            page.drawString(72 + 150 * column, 700 - 15 * row, cell)
    invisible = page.beginText(72, 640)
    invisible.setTextRenderMode(3)
    invisible.textLine(at("invisible text"))
    page.drawText(invisible)
    page.bookmarkPage("her")
    page.addOutlineEntry(at("bookmark"), "her")
    form = page.acroForm
    form.textfield(name="cpr", tooltip=at("hint of a field"), value=at("form field"), x=72, y=600)
    form.choice(
        name="valg",
        value="andet",
        options=["andet", at("option of a field")],
        x=72,
        y=560,
        width=200,
        height=20,
    )
    form.checkbox(name="ja", checked=True, x=300, y=560)
    page.textAnnotation(at("note"), Rect=[300, 300, 320, 320])
    page.linkURL(f"mailto:{at('link')}@post.example", (72, 500, 200, 520))
    page.showPage()
    page.drawString(72, 700, f"Side to: {at('second page')}")
    page.showPage()
    page.save()

    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        inside = pikepdf.AttachedFileSpec(
            pdf, b"indhold", filename="bilag.txt", description=at("description of a file")
        )
        pdf.attachments["bilag.txt"] = inside
        data = f"<d:datasets xmlns:d='urn:d'><d:data><cpr>{at('XFA form')}</cpr></d:data></d:datasets>"
        xfa = pikepdf.Array([pikepdf.String("datasets"), pdf.make_stream(data.encode())])
        pdf.Root.AcroForm.XFA = xfa
        # A field whose value stands in its parent, not in what is shown of it.
        value = at("value in a parent field")
        parent = pdf.make_indirect(
            pikepdf.Dictionary(FT=pikepdf.Name.Tx, T=pikepdf.String("far"), V=pikepdf.String(value))
        )
        shown = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=[10, 10, 90, 30], Parent=parent
            )
        )
        parent.Kids = pikepdf.Array([shown])
        pdf.Root.AcroForm.Fields.append(parent)
        pdf.pages[1].Annots = pikepdf.Array(
            [
                shown,
                pdf.make_indirect(
                    pikepdf.Dictionary(
                        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[10, 50, 90, 70],
                        Contents=pikepdf.String(f"Fri tekst {at('free text note')}"),
                    )
                ),
            ]
        )  # fmt: skip
        pdf.Root.Names.JavaScript = pikepdf.Dictionary(
            Names=[
                pikepdf.String("s"),
                pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"f('{at('script')}')"),
            ]
        )
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            meta["dc:rights"] = at("property of the second kind")
        done = io.BytesIO()
        pdf.save(done)
    return done.getvalue(), at.places


def locked(data: bytes, user: str, owner: str = "ejer") -> bytes:
    """*data* behind a password; an empty one to open it leaves only changing it forbidden."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user=user, owner=owner))
    return out.getvalue()


@cache
def letter_picture() -> bytes:
    """A picture of a letter as PNG."""
    picture = Image.new("L", (1400, 420), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(40)
    for row, line in enumerate(("Dear Jens Hansen", "Your number is 010190-1234", "and nothing else")):
        draw.text((40, 40 + 80 * row), line, font=font, fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@cache
def stamped(text: str, share: float) -> bytes:
    """One page with *text* in lines over a picture of a letter that covers *share* of it."""
    out = io.BytesIO()
    width, height = A4
    page = Canvas(out, pagesize=A4)
    page.drawImage(ImageReader(io.BytesIO(letter_picture())), 0, 0, width, height * share)
    for number, start in enumerate(range(0, len(text), 80)):
        page.drawString(30, height - 20 - 12 * number, text[start : start + 80])
    page.save()
    return out.getvalue()


def scanned() -> bytes:
    """One page that is nothing but a picture."""
    out = io.BytesIO()
    Image.open(io.BytesIO(letter_picture())).save(out, "PDF", resolution=150)
    return out.getvalue()


def without_letters(lines: list[str], plain: list[str]) -> bytes:
    """One page: *lines* in a font that shows them and does not say which letters they are, *plain* in one that does."""
    face = TTFont("Vera", "Vera.ttf").face
    glyphs = ("".join(f"{face.charToGlyph[ord(letter)]:04x}" for letter in line) for line in lines)
    shown = [f"/F1 10 Tf 50 {800 - 14 * row} Td <{line}> Tj" for row, line in enumerate(glyphs)]
    shown += [
        f"/F2 10 Tf 50 {780 - 14 * (row + len(lines))} Td ({line}) Tj" for row, line in enumerate(plain)
    ]
    pdf = pikepdf.new()
    program = pdf.make_stream(face._ttf_data)
    name, half = pikepdf.Name.Vera, pikepdf.Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0)
    described = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=name, Flags=4, FontBBox=[0, -200, 1000, 900], ItalicAngle=0,
        Ascent=900, Descent=-200, CapHeight=700, StemV=80, FontFile2=program,
    )  # fmt: skip
    inner = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType2, BaseFont=name, CIDSystemInfo=half, DW=600,
        FontDescriptor=pdf.make_indirect(described), CIDToGIDMap=pikepdf.Name.Identity,
    )  # fmt: skip
    outer = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, BaseFont=name, Encoding=pikepdf.Name("/Identity-H"),
        DescendantFonts=[pdf.make_indirect(inner)],
    )  # fmt: skip
    helvetica = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page = pdf.add_blank_page(page_size=A4)
    page.Contents = pdf.make_stream("\n".join(f"BT {line} ET" for line in shown).encode())
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=outer, F2=helvetica))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def pictured(boxes: list[tuple[float, float, float, float]], text: str = "", *, form: bool = False) -> bytes:
    """One page: pictures of a letter, each at a part of it (left, bottom, width, height), and *text* from the top.

    With *form* the pictures stand in a form at half its size.
    """
    out = io.BytesIO()
    width, height = A4
    page = Canvas(out, pagesize=A4)
    if form:
        page.beginForm("inside", 0, 0, width * 2, height * 2)
    for left, bottom, across, up in boxes:
        size = 2 if form else 1
        page.drawImage(
            ImageReader(io.BytesIO(letter_picture())),
            left * width * size, bottom * height * size, across * width * size, up * height * size,
        )  # fmt: skip
    if form:
        page.endForm()
        page.saveState()
        page.scale(0.5, 0.5)
        page.doForm("inside")
        page.restoreState()
    for number, start in enumerate(range(0, len(text), 80)):
        page.drawString(30, height - 20 - 12 * number, text[start : start + 80])
    page.save()
    return out.getvalue()


def _curve(left: float, bottom: float, *bends: tuple[float, ...]) -> list[str]:
    """A path's operators: where it begins, and the curves that follow."""
    numbers = (" ".join(f"{number:.3f}" for number in bend) for bend in bends)
    return [f"{left:.3f} {bottom:.3f} m", *(f"{six} c" for six in numbers)]


def _ellipse(left: float, bottom: float, width: float, height: float) -> list[str]:
    across, up = width / 2, height / 2
    bent_across, bent_up = across * 0.5523, up * 0.5523  # as near to an ellipse as four curves come
    x, y = left + across, bottom + up
    return _curve(
        x + across, y,
        (x + across, y + bent_up, x + bent_across, y + up, x, y + up),
        (x - bent_across, y + up, x - across, y + bent_up, x - across, y),
        (x - across, y - bent_up, x - bent_across, y - up, x, y - up),
        (x + bent_across, y - up, x + across, y - bent_up, x + across, y),
    )  # fmt: skip


def outlined(
    lines: list[str],
    text: str = "",
    *,
    one_path: bool = False,
    form: bool = False,
    scale: float = 0.02,
    widths: bool = False,
) -> bytes:
    """One page: *lines* drawn as outlines of letters, a path each or one a line, and *text* below them. With *widths*
    letters differ in their width."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    if form:
        page.beginForm("inside")
    for row, line in enumerate(lines):
        path: list[str] = []
        for place, letter in enumerate(line):
            left, base = 50 + 300 * scale * place, 780 - 1_000 * scale * row
            for size in (300 * scale, 200 * scale) if letter != " " else ():
                narrow = 0.4 + ord(letter) % 7 / 10 if widths else 0.8
                right = left + size * (min(narrow, 1.0) if widths else 1.0)
                path += _ellipse(left, base, size * narrow, size)
                path += _curve(
                    left, base, (left, base + size, right, base, (left + right) / 2, base + size / 2)
                )
            if not one_path:
                page.addLiteral("\n".join([*path, "f*"]))
                path = []
        if one_path:
            page.addLiteral("\n".join([*path, "f*"]))
    if form:
        page.endForm()
        page.doForm("inside")
    for start in range(0, len(text), 100):
        page.drawString(30, 20 + 0.12 * start, text[start : start + 100])
    page.save()
    return out.getvalue()


def ruled(rows: int, *, one_path: bool = False) -> bytes:
    """A form to be filled in by hand: boxes and rules, a few words, and a logo of many curves."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    page.drawString(50, 800, "Ansøgning om plads i vuggestue. Udfyldes med blokbogstaver.")
    path = page.beginPath()
    for row in range(rows):
        for column in range(10):
            path.rect(50 + 50 * column, 50 + 12 * row, 50, 12)
            path.moveTo(50 + 50 * column, 56 + 12 * row)
            path.lineTo(90 + 50 * column, 56 + 12 * row)
            if not one_path:
                page.drawPath(path)
                path = page.beginPath()
    if one_path:
        page.drawPath(path)
    for ring in range(500):
        page.circle(520, 790, 4 + ring / 20)
    page.save()
    return out.getvalue()


def annotated(
    subtype: str, appearance: str, more: dict[str, Any] | None = None, *, scan: bool = False
) -> bytes:
    """One page with an annotation that shows *appearance*, or with *scan* a picture over the whole page."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    page.drawString(50, 800, "Hej")
    page.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        box = [0, 0, 595, 842] if scan else [0, 0, 300, 20]
        with pikepdf.open(io.BytesIO(scanned())) as other:
            image = pdf.copy_foreign(next(iter(other.pages[0].Resources.XObject.values())))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        shown = pdf.make_stream(
            b"q 595 0 0 842 0 0 cm /I Do Q" if scan else f"BT /F1 12 Tf 2 5 Td ({appearance}) Tj ET".encode(),
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=box,
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(I=image)),
        )  # fmt: skip
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(f"/{subtype}"),
            Rect=box if scan else [50, 700, 350, 720], AP=pikepdf.Dictionary(N=shown), **{"F": 4, **(more or {})},
        )  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(note)])
        if subtype == "Widget":
            pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pdf.pages[0].Annots)
        done = io.BytesIO()
        pdf.save(done)
    return done.getvalue()
