"""Documents of Word, PowerPoint, Visio and LibreOffice saved as one XML file: WordprocessingML of 2003, "Flat OPC"
(ECMA-376 part 2 in one file), the parts of such packages by themselves, flat OpenDocument.

Read as any XML, each run of letters is a line of its own: ``010190-`` and ``1234``, one of them bold, are no number,
and words are cut in two. Here the runs of a paragraph are joined as those of a docx or an odt are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Passage
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.odf.text import OdfText
from segl_classifier.formats.xml.attribute_numbers import Watch
from segl_classifier.formats.xml.events import NotXml, parse
from segl_classifier.formats.xml.flow import read_flow

_MARK = re.compile(
    r"progid\s?=\s?[\"'](?:Word\.Document|PowerPoint\.Show)|/office/word/20\d\d/\w*ml|/office/20\d\d/xmlPackage"
    r"|/(?:wordprocessingml|presentationml|drawingml)(?:/20\d\d)?/main|/(?:office/)?visio/20\d\d/|/ooxml/\w+/main"
    r"|<(?:\w{1,20}:)?(?:PageContents|MasterContents|VisioDocument)[\s>]|tc:opendocument:xmlns:(?P<odf>office)"
)
_HEAD = 4096
# Names of fonts, which documents that went through Word have in all scripts of the world.
_FONTS = re.compile(
    r"<(?:w:rFonts|a:font|a:latin|a:ea|a:cs|style:font-face)\s[^<>]*+>"
    r"|\s(?:style|svg|fo):font-(?:name|family)[\w-]{0,20}=(?:\"[^\"<>]*+\"|'[^'<>]*+')"
)
_ROOT = re.compile(rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:\w{1,20}:)?document\s", re.DOTALL)
_PROLOG = re.compile(r"[\s\ufeff]*(?:<\?xml[^>]{0,200}\?>)?")


class Document(NamedTuple):
    """``text`` of a document, whether there is *more* than may be kept, and whether it is *whole*: all that a person
    wrote, as in the same document in its package. Then what stands among its tags need not be read, too; it has
    *passages*."""

    text: str = ""
    more: bool = False
    whole: bool = False
    passages: tuple[Passage, ...] = ()


NO_DOCUMENT = Document()


def document(markup: str, most: int) -> Document:
    """The document that *markup* is, at most so many characters of it; an empty one when it is none."""
    mark = _MARK.search(markup, 0, _HEAD)
    if mark is None:
        return NO_DOCUMENT
    prolog = _PROLOG.match(markup)  # it names the encoding of the bytes; these are in another
    data = markup[prolog.end() if prolog else 0 :].encode("utf-8", "replace")
    return _open_document(data, most) if mark["odf"] else _office(data, most)


def without_fonts(markup: str) -> str:
    """*markup* without the names of fonts, if it is such a document."""
    return _FONTS.sub(" ", markup) if _MARK.search(markup, 0, _HEAD) else markup


def _office(data: bytes, most: int) -> Document:
    flow = read_flow([data], most=most, flat=True)
    return Document("\n".join((*flow.lines, *flow.earlier, *flow.shown, *flow.aside))[:most], flow.full)


def _open_document(data: bytes, most: int) -> Document:
    harvest = Harvest(Allowance(chars=most, files=0, bytes=0))
    reader, watch = OdfText(harvest, ""), Watch()
    whole = _ROOT.match(data) is not None
    try:
        parse([data], reader.start, reader.end, reader.characters, watch)
    except NotXml:  # what came before is kept, and all is read as it stands beside this
        whole = False
    reader.finish()
    watch.tell(harvest)
    content = harvest.content()
    more = any(lack.cause is Unreadable.TOO_LARGE for lack in content.lacks)
    text = "\n".join(passage.text for passage in content.passages)
    return Document(text, more, whole and not more, content.passages)
