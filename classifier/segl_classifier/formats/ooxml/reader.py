"""Word, Excel and PowerPoint files since 2007: Office Open XML (ECMA-376), a zip package of XML parts.

What a person sees of such a file is one part or a few (``word/document.xml``, the sheets, the slides); the others
are sent along all the same: headers, comments, notes, hidden sheets, the cache of a pivot table, the data of a
chart, properties, files put into the file. So every XML part is read, and what is left out is named here:
``_LAYOUT`` (how text looks) and what a picture or a font is. Workbooks have a module of their own
(:mod:`.spreadsheet`); relations (``.rels``) give the addresses of links.

A file with a password is no zip but an OLE file with the stream ``EncryptedPackage`` (:mod:`.compound`).
"""

from __future__ import annotations

import re
from itertools import chain
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats.base64_in import take_base64
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.controls import CONTROL, read_control
from segl_classifier.formats.ooxml import binary_workbook
from segl_classifier.formats.ooxml.kept_tables import read_kept
from segl_classifier.formats.ooxml.spreadsheet import read_workbook
from segl_classifier.formats.page_in_file import take_beside
from segl_classifier.formats.pictures.picture import picture
from segl_classifier.formats.xml.attribute_numbers import Watch
from segl_classifier.formats.xml.events import Attributes, NotXml, local, parse
from segl_classifier.formats.xml.flow import read_flow
from segl_classifier.formats.zipped.package import Package, read_package
from segl_classifier.markup.html import read_html

_LAYOUT = re.compile(
    r"\[Content_Types\]\.xml|(?:.*/)?(?:theme/[^/]+|styles|stylesWithEffects|fontTable|webSettings|tableStyles"
    r"|viewProps|calcChain|(?:style|colors|layout|quickStyle)\d*|metadata|sheetMetadata|printerSettings\d*)\.(?:xml|bin)"
    r"|(?:.*/)?[^/]+\.(?:odttf|fntdata|ttf)|docProps/thumbnail\.\w+",
    re.IGNORECASE,
)
# What an add-in keeps with a sheet, in wide characters and often but one or two of them.
_OF_SHEET = re.compile(r"xl/customProperty\d*\.bin", re.IGNORECASE)
_WIDE_WORDS = re.compile(rb"(?!<)(?:[\t\r\n\x20-\xff]\0)++")
_LAYOUT_PLACE = "slide layout"
_CHANGES_PLACE = "before tracked changes"
_DATA_PLACE = "data in the file"
_PLACES = (
    ("word/document", ""),
    ("/header", "header"),
    ("/footer", "footer"),
    ("/comments", "comment"),
    ("/threadedcomment", "comment"),
    ("/modernComment", "comment"),
    ("/footnotes", "footnote"),
    ("/endnotes", "endnote"),
    ("/glossary/", "building block"),
    ("/slidelayouts/", _LAYOUT_PLACE),
    ("/slidemasters/", _LAYOUT_PLACE),
    ("/notesmasters/", _LAYOUT_PLACE),
    ("/handoutmasters/", _LAYOUT_PLACE),
    ("/notesslides/", "notes of slide"),
    ("/charts/", "chart"),
    ("/diagrams/", "diagram"),
    ("/drawings/", "drawing"),
    ("docprops/", "properties"),
    ("xl/revisions/", _CHANGES_PLACE),
    ("customxml/", _DATA_PLACE),
)
_NUMBER = re.compile(r"(\d+)\.xml$", re.IGNORECASE)
_SLIDE = re.compile(r"/slides/slide(\d+)\.xml$", re.IGNORECASE)
_IS_PAGE, _HEAD = re.compile(rb"<(?:\w{1,20}:)?html[\s>]", re.IGNORECASE), 2_000
_PAGES = (".xhtml", ".htm", ".html")
# What was written with a pen (InkML): strokes as lists of numbers.
_INK, _STROKE = re.compile(r".*/ink/[^/]+\.xml", re.IGNORECASE), re.compile(rb"<(?:\w{1,20}:)?trace[\s/>]")
_STROKES = 10  # a name takes fewer, a personal number as many
_MARKUP = (".xml", ".vml", ".rels", ".xhtml", ".htm", ".html", ".svg")


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text and all files in a docx, docm, dotx, xlsx, xlsm, pptx … ."""
    return read_package(data, allowance, _read_parts)


def _read_parts(package: Package, harvest: Harvest) -> None:
    is_binary = package.find(binary_workbook.WORKBOOK) is not None
    done = binary_workbook.read_binary_workbook(package, harvest) if is_binary else set[str]()
    rest = read_kept(package, read_workbook(package, harvest), harvest)
    links: list[str] = []
    authors: list[str] = []
    layouts: list[str] = []
    strokes = 0
    watch = Watch()
    for part in sorted(rest, key=_order):
        name = part.filename
        if name.lower().lstrip("/") in done or (_LAYOUT.fullmatch(name) and package.is_layout(part)):
            continue
        if not name.lower().endswith(_MARKUP):
            _read_file(package, part, harvest)
        elif name.endswith(".rels"):
            links += _external(package, part, harvest)
        else:
            strokes += len(_STROKE.findall(package.content(part))) if _INK.fullmatch(name) else 0
            authors += _read_part(package, part, harvest, layouts, watch)
    if strokes >= _STROKES:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "words by hand")
    harvest.lines(layouts, _LAYOUT_PLACE)  # a dozen layouts repeat the same words
    harvest.lines(authors, "authors")
    harvest.lines(links, "links")
    watch.tell(harvest)


def _read_part(
    package: Package, part: ZipInfo, harvest: Harvest, layouts: list[str], watch: Watch
) -> list[str]:
    """The text of one XML part, lines of layouts into *layouts*; gives the names of those who wrote in it. What stands
    in its attributes goes by *watch*."""
    name = part.filename
    place = _place(name)
    if name.lower().endswith(_PAGES):  # well-formed or not: its inline tags join, which those of XML do not
        _read_markup(package.content(part), place, harvest)
        return []
    chunks = package.chunks(part)
    head = next(chunks, b"")
    if _IS_PAGE.search(head, 0, _HEAD):  # put into the document under this name
        _read_markup(package.content(part), place, harvest)
    flow = read_flow(
        chain((head,), chunks),
        labels=place == "properties",
        most=harvest.left,
        data=place == _DATA_PLACE,
        watch=watch,
    )
    if flow.broken and not name.lower().endswith(".xml"):
        _read_markup(package.content(part), place, harvest, watch)
        return []
    if flow.broken:
        harvest.lack(Unreadable.DAMAGED, f"a part of the file {flow.broken}")
    if place == _LAYOUT_PLACE:
        layouts += flow.lines
    elif place == _CHANGES_PLACE:  # of cells: numbers have lost their zeros
        harvest.text(restored("\n".join(flow.lines)), place)
    elif place == _DATA_PLACE:
        harvest.text("\n".join(take_base64(flow.lines, harvest)), place)
    else:
        harvest.text("\n".join(flow.lines), place)
    harvest.lines(flow.earlier, _CHANGES_PLACE)
    harvest.lines(flow.shown, "as displayed")
    harvest.lines(flow.aside, f"beside {place or 'the text'}")
    if flow.full:
        harvest.overflow()
    return flow.authors


def _read_markup(data: bytes, place: str, harvest: Harvest, watch: Watch | None = None) -> None:
    """HTML put into the file, and old drawings (VML), which need not be well-formed."""
    markup = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    if watch is not None:
        watch.markup(markup)
    page = read_html(markup)
    harvest.text(page.text, place)
    of = place or "the text"
    take_beside(page, harvest, shown="as displayed", spoken=f"spoken in {of}", aside=f"beside {of}")


def _read_file(package: Package, part: ZipInfo, harvest: Harvest) -> None:
    """A part that is no XML: a picture, an embedded document, macros."""
    data = package.content(part)
    if not data:
        return
    name = part.filename.rpartition("/")[2]
    if _OF_SHEET.fullmatch(part.filename) and _WIDE_WORDS.fullmatch(data):
        harvest.text(data.decode("utf-16-le"), "properties")
        return
    if CONTROL.fullmatch(part.filename) and read_control(data, harvest):
        return
    if not picture(name, data, harvest):
        harvest.file(name, "", data)


def _external(package: Package, part: ZipInfo, harvest: Harvest) -> list[str]:
    """The addresses outside the file that a part links to."""
    targets: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name.endswith("Relationship") and local(attributes, "TargetMode") == "External":
            targets.append(local(attributes, "Target"))

    try:
        parse(package.chunks(part), start, lambda name: None, lambda text: None)
    except NotXml:
        harvest.lack(Unreadable.DAMAGED, "the relations of a part")
    return targets


def _place(name: str) -> str:
    slide = _SLIDE.search(name)
    if slide:
        return f"slide {slide[1]}"
    lower = name.lower()
    place = next((place for sign, place in _PLACES if sign in lower), "a part of the file")
    if place.endswith("slide") and (number := _NUMBER.search(name)):
        return f"{place} {number[1]}"
    return place


def _order(part: ZipInfo) -> tuple[int, int, str]:
    """The document first, slides by number, then the rest as it stands."""
    name = part.filename.lower()
    if name.lstrip("/").startswith("word/document"):
        return (0, 0, name)
    slide = _SLIDE.search(name)
    if slide:
        return (1, int(slide[1][:6]), name)
    return (2, 0, name)
