"""HTML as text: what the reader sees in one piece, and what else is sent along.

A tokeniser after the WHATWG HTML standard §13.2.5, without a tree: whether two pieces of text touch is
told by the tags between them. Inline tags join, so that ``0101<span>90</span>-12<b>34</b>`` is
``010190-1234``; block tags break the line; table cells are set apart by a tab and rows by a line end, so
that a heading stays above its column. Text hidden by style is read like any other: it is sent too. Where a
page shows something else than its text in order, that is read as well (:mod:`.rendered`).

Time is linear in the input whatever is in it: nesting costs nothing, and every token matches to the end
of the text when its own end is missing. What a browser would drop there (a comment never closed, a tag
without ``>``) is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from segl_classifier.layout.tidy import CELL_ENDS, KEPT_APART, closed_up, tidy, without_separators
from segl_classifier.markup import linked, placed, rendered, sheet_values, spoken
from segl_classifier.markup.attributes import is_hidden, pairs, values_told
from segl_classifier.markup.character_references import unescape_safely
from segl_classifier.markup.data_uris import DataUri, data_uri, pictures_in
from segl_classifier.markup.spanned import OF_TABLES, Spans
from segl_classifier.markup.tokens import columns_of

# Tags that do nothing to the text: half of what a mail program writes. To take them out first is faster.
_NOTHING = re.compile(r"<(?:/(?:span|font|a|b|i|u|strong|em|o:p)|b|i|u|strong|em|span|o:p)>")

# Attributes whose value is shown, spoken or sent to be used; others (class, style, id …) are layout.
_READ = frozenset(
    "alt title value placeholder content label summary aria-label aria-description href action srcdoc "
    "cite download abbr name string".split()
)
_REFERENCES = frozenset(("src", "background", "data", "xlink:href", "poster", "href"))
_ADDRESSES = _REFERENCES | {"srcset"}
_TELLS = re.compile(r"\?|(?<!\d)\d{6}-\d{4}(?!\d)")  # in the address of a picture: a query, or whose it is
_MAY_BE_READ = re.compile(
    r"\b(?:alt|title|value|placeholder|content|label|summary|aria-|href|action|srcdoc|cite|download|abbr|data|"
    r"src|srcset|background|name|string)[\w:-]{0,60}\s{0,40}=",
    re.IGNORECASE,
)
_CDATA = "[CDATA["
_LETTERS = re.compile(r"[^\W_]")
_CONDITION = re.compile(r"\A\s*\[(?:if|endif)[^\]]*\]>?|<!\[endif\]\Z", re.IGNORECASE)
_DOCTYPE = re.compile(r"doctype\b", re.IGNORECASE)  # what stands in its brackets is the sender's own
_KNOWN_BOGUS = re.compile(r"(?:doctype\b|\[if|\[endif|xml|import\b)", re.IGNORECASE)
_WORDS_IN_STYLE = re.compile(
    r"<[a-zA-Z]|\b[0-36-9]\d[ ./-]?[01]\d[ ./-]?\d\d\s{0,2}[-./\u2010-\u2015\u2212]?\s{0,2}\d\d ?\d\d\b"
)
_TAGS = re.compile(r"<[^<>]*+>")
_SAYS_CPR = re.compile(r"(?:[\w.-]{1,40}:)?[\w.-]{0,40}(?:cpr|civilreg|personnummer|personnr)", re.IGNORECASE)

_LINES_BEFORE = 2  # lines that tell what a line is about
_LINE, _CELL, _INLINE = "\n", "\t", ""
_BREAKS: dict[str, str] = dict.fromkeys(
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe legend "
    "li listing main marquee menu nav noembed noframes noscript object ol optgroup option p plaintext pre "
    "search section select summary table tbody textarea tfoot thead title tr ul video xmp".split(),
    _LINE,
) | {"td": _CELL, "th": _CELL}
_INLINE_TAGS = frozenset(
    "a abbr acronym applet area audio b base basefont bdi bdo big blink canvas cite code col colgroup data "
    "datalist del dfn em embed figcaption font i img image input ins kbd keygen link map mark math meta "
    "meter nobr output param picture progress q rp rt ruby s samp script slot small source span strike "
    "strong style sub sup svg template time track tt u var wbr".split()
)
_BREAKS |= dict.fromkeys(_INLINE_TAGS - _BREAKS.keys(), _INLINE)
_BREAKS |= {f"/{name}": CELL_ENDS if between == _CELL else between for name, between in _BREAKS.items()}
_TERM_ENDS = re.compile(r"</dt\s*+>\s*+<dd(?=[\s/>])", re.IGNORECASE)
_MORE_BLANKS = re.compile("(?<=[ \n]) +")  # those that begin a line, too: some of its lines begin with none
_STOP = 8  # columns between the stops of a tab
_PREFORMATTED = {"pre": 1, "textarea": 1, "/pre": -1, "/textarea": -1}


@dataclass(frozen=True, slots=True)
class Page:
    """``text`` is all text in its order; ``otherwise`` those of its lines that a reader sees otherwise, as he
    sees them; ``spoken`` what is shown or spoken without standing in the text, such as what a field is filled with,
    one a line; ``aside`` holds comments, scripts and other attribute values, one a line; ``shown`` the content ids
    of pictures (``cid:``) and ``files`` the pictures written in place. ``scripts`` is what its scripts say, in
    ``aside`` too. ``cut``: more is shown than was read."""

    text: str
    aside: str
    shown: frozenset[str]
    files: tuple[DataUri, ...]
    otherwise: str = ""
    spoken: str = ""
    scripts: str = ""
    cut: bool = False


def read_html(markup: str, *, xml: bool = False) -> Page:
    """The text of *markup*. In *xml* an element that HTML does not know holds a value of its own, and does not
    touch its neighbours; in HTML it is nothing to a browser. Never raises."""
    markup = without_separators(markup)
    # What a term stands for is beside it, as in a table of two columns.
    if not xml and ("</dt" in markup or "</DT" in markup):
        markup = _TERM_ENDS.sub("<td", markup)
    reader = _Reader(_LINE if xml else _INLINE)
    reader.read(markup, comments=True)
    page = reader.page()
    if not xml and placed.is_used(markup):
        page = replace(page, otherwise=_new_lines(page.text, _placed(markup)))
    if not reader.differs:
        return page
    shown, cut = _rendered(markup)
    ways = (page.otherwise, _new_lines(page.text, shown))
    return replace(page, otherwise="\n\n".join(filter(None, ways)), cut=cut)


def _placed(markup: str) -> str:
    """What stands where in *markup*, whose elements have places."""
    columns = columns_of(markup)
    sheets = (
        text for raw, text in zip(columns[1], columns[3], strict=False) if raw and raw.lower() == "style"
    )
    page = placed.Placing(sheets)
    for before, name, attributes in zip(columns[0], columns[5], columns[6], strict=False):
        page.text(unescape_safely(before))
        if name is not None:
            lower = name.lower()
            page.tag(lower, attributes, _BREAKS.get(lower, _INLINE))
    page.text(unescape_safely(columns[0][-1]))
    return page.lines()


def _rendered(markup: str) -> tuple[str, bool]:
    """What a reader sees of *markup*, and whether there is more of it."""
    columns = columns_of(rendered.unconditional(markup))
    rules = rendered.Rules()
    for raw, sheet in zip(columns[1], columns[3], strict=False):
        if raw is not None and raw.lower() == "style":
            rules.read(sheet)
    page = rendered.Rendering(rules)
    preformatted = 0
    for before, name, attributes in zip(columns[0], columns[5], columns[6], strict=False):
        if before:
            page.text(_shown(before, preformatted > 0, page.parts))
        if name is not None:
            lower = name.lower()
            preformatted = max(0, preformatted + _PREFORMATTED.get(lower, 0))
            page.tag(lower, attributes, _BREAKS.get(lower, _INLINE))
    if columns[0][-1]:
        page.text(_shown(columns[0][-1], preformatted > 0, page.parts))
    return tidy("".join(page.parts)), page.cut


def _new_lines(text: str, other: str) -> str:
    """The lines of *other* that *text* lacks, each with those before it; a table is given whole."""
    known = set(closed_up(text).split("\n"))
    lines = closed_up(other).split("\n")
    new = [number for number, line in enumerate(lines) if line not in known]
    if any("\t" in lines[number] for number in new):
        return "\n".join(lines)
    kept = {near for number in new for near in range(max(0, number - _LINES_BEFORE), number + 1)}
    return "\n".join(line for number, line in enumerate(lines) if number in kept)


class _Reader:
    def __init__(self, unknown: str = _INLINE) -> None:
        self._unknown = unknown  # what an unknown tag puts between the texts around it
        self.differs = False  # whether what is shown may differ from the text
        self._text: list[str] = []
        self._data: list[str] = []  # XML: the attributes of elements whose names HTML has, too
        self._aside: list[str] = []
        self._values: list[str] = []  # of cells copied from a sheet
        self._spoken = spoken.Spoken()
        self._idle: set[str] = set()  # comments seen to hold no text: layout for Outlook, all over a page
        self._shown: set[str] = set()
        self._files: list[DataUri] = []
        self._scripts: list[str] = []

    def page(self) -> Page:
        whole = self._whole()
        if self._values:
            self._aside += sheet_values.not_shown(self._values, whole)
        aside = tidy("\n".join(self._aside)) if self._aside else ""
        said = "\n".join(self._spoken.lines)
        files, scripts = tuple(dict.fromkeys(self._files)), "\n;\n".join(self._scripts)
        return Page(whole, aside, frozenset(self._shown), files, spoken=said, scripts=scripts)

    def _whole(self) -> str:
        """The text, and behind it the data that would have torn it apart where it stood."""
        return tidy("".join((*self._text, *self._data))) if self._text or self._data else ""

    def read(self, markup: str, *, comments: bool) -> None:
        """One pass over the tokens. *comments*: read the markup inside them too (they do not nest)."""
        text, aside = self._text, self._aside
        layout: set[str] = set()  # attributes seen to hold no text: most tags of a page look alike
        preformatted, spans = 0, Spans(text, markup)
        columns = columns_of(_NOTHING.sub("", markup))
        if not rendered.TAGS.isdisjoint(name.lower() for name in set(columns[5]) if name):
            self.differs = True
        for before, raw, settings, content, closed, name, attributes, end, comment, bogus in zip(
            *columns, strict=False
        ):
            if before:
                text.append(_shown(before, preformatted > 0, text))
            if name is None:
                if raw is not None:
                    self._raw(raw, settings, content, closed is not None)
                else:
                    self._comment(comment, bogus, comments)
                continue
            if attributes and attributes not in layout and not self._attributes(attributes):
                layout.add(attributes)
            between = _BREAKS.get(name)
            if between is None:
                between = _BREAKS.get(name.lower())
            if between is None and self._unknown:
                text.append(self._unknown)
                if _SAYS_CPR.match(name):
                    text.append("CPR: ")
                if attributes:
                    text.append(values_told(attributes))
            elif between == _CELL:
                spans.begin_cell(attributes)
            elif between:
                text.append(between)
                if (lower := name.lower()) in OF_TABLES:
                    spans.tag(lower)
                elif step := _PREFORMATTED.get(lower):
                    preformatted = max(0, preformatted + step)
            if attributes and self._unknown and between is not None:
                self._data.append(values_told(attributes))
            if not end or (between is None and ":" not in name):
                # A tag cut off, or one that is none: "Bo <010190-1234>", "<bo@x.example>".
                aside.append(unescape_safely(name + attributes))
        if columns[0][-1]:
            text.append(_shown(columns[0][-1], preformatted > 0, text))
        spans.end()

    def _comment(self, inside: str | None, bogus: str | None, comments: bool) -> None:
        if inside is None:
            if bogus and bogus.startswith(_CDATA):
                self._cdata(bogus.removeprefix(_CDATA).removesuffix("]]"))
            elif bogus and "[" in bogus and _DOCTYPE.match(bogus):
                self._aside.append(unescape_safely(bogus.partition("[")[2]))
            elif bogus and not _KNOWN_BOGUS.match(bogus) and _LETTERS.search(bogus):
                self._aside.append(bogus)
            return
        if inside in self._idle:
            return
        if inside.startswith("[if") and rendered.in_comment(inside.removesuffix("-->")):
            self.differs = True
        shown = comments and (spoken.for_outlook(inside) or spoken.ends_text(inside))
        markup = _CONDITION.sub("", inside.removesuffix(">").removesuffix("!").removesuffix("--"))
        if not _LETTERS.search(markup):
            return
        if shown:
            told = [self._inside(piece, shown) for piece, shown in spoken.pieces(markup)]
            if not any(told):
                self._idle.add(inside)
        elif not comments or "<" not in markup:
            self._aside.append(unescape_safely(markup))
        elif not self._inside(markup, shown=False):
            self._idle.add(inside)

    def _cdata(self, inside: str) -> None:
        """Text of XML as it stands (XML 1.0 §2.7); a page shows it within drawings only (SVG, MathML)."""
        if self._unknown:
            self._text.append(inside)
        elif not self._spoken.take(inside):
            self._aside.append(inside)

    def _inside(self, markup: str, shown: bool) -> bool:
        """What stands in a comment or an attribute is beside the text, and in part *shown* all the same; false when
        there is nothing."""
        inner = _Reader(self._unknown)
        inner.read(markup, comments=False)
        text = inner._whole()
        if shown and text and spoken.has_three_words(text):
            self._spoken.add(text)
        elif text:
            self._aside.append(text)
        said = inner._spoken.lines
        if not shown:
            self._aside += said
        elif said:
            self._spoken.add("\n".join(said))
        self._aside += (*inner._aside, *inner._values)
        self._shown |= inner._shown
        self._files += inner._files
        self._scripts += inner._scripts
        return bool(text or said or inner._aside or inner._shown or inner._files)

    def _raw(self, name: str, settings: str, content: str, closed: bool) -> None:
        """Script and style hold no tags. A style is layout and left out, unless it swallows the page or is shown."""
        if settings:
            self._attributes(settings)
            if self._unknown:
                self._data.append(values_told(settings))
        if spoken.is_shown(name, settings, content):
            text = tidy(unescape_safely(_TAGS.sub(" ", content).replace("\n", " ")))
            if spoken.has_three_words(text):
                self._spoken.add(text)
        if "data:" in content and name.lower() == "style":
            self._drawn(content)
        if not self.differs and name.lower() == "style" and rendered.in_sheet(content):
            self.differs = True
        if name.lower() == "script":
            self._scripts.append(content)
        if not closed or name.lower() == "script" or _WORDS_IN_STYLE.search(content):
            self._aside.append(content)

    def _attributes(self, attributes: str) -> bool:
        """Keep the texts in *attributes*; false when there are none."""
        if not self.differs and rendered.in_attributes(attributes):
            self.differs = True
        # The colon may be a reference.
        written = unescape_safely(attributes) if "data&" in attributes else attributes
        drawn = "data:" in written and self._drawn(written)
        if ">" in attributes or "<" in attributes:  # text swallowed by a quote that was never closed?
            self._aside.append(unescape_safely(attributes))
        elif len(attributes) < 5 or not _MAY_BE_READ.search(attributes):
            return drawn
        hidden = "value" in attributes and "hidden" in attributes and is_hidden(attributes)
        for name, value in pairs(attributes):
            self._attribute(name.lower(), value, hidden)
        return True

    def _attribute(self, name: str, value: str, hidden: bool) -> None:
        if name in spoken.ATTRIBUTES and not (hidden and name == "value"):
            text = unescape_safely(value) if "&" in value else value
            if not self._spoken.take(text):
                self._aside.append(text)
            return
        if name in _REFERENCES and self._reference(value):
            return
        if name == sheet_values.NAME:
            self._values.append(unescape_safely(value))
        elif name == "srcdoc":
            self._inside(unescape_safely(value), shown=True)
        elif name in _READ or name.startswith("data-") or (name in _ADDRESSES and _TELLS.search(value)):
            link = unescape_safely(value)
            self._aside.append(link)
            for said in linked.told(link):
                self._spoken.add(said)

    def _drawn(self, style: str) -> bool:
        """Keep the pictures written into *style*, a sheet or attributes; whether there are any."""
        found = list(pictures_in(style))
        self._files += found
        return bool(found)

    def _reference(self, value: str) -> bool:
        """A picture named or written in place; true when nothing is left to read of *value*."""
        link = value.strip()
        if link[:4].lower() == "cid:":
            name = unescape_safely(link[4:]).strip().strip("<>")
            # RFC 2392 §2 has it in per cent; most programs do not.
            self._shown |= {name, unquote(name)} - {""}
            return True
        if uri := data_uri(unescape_safely(link) if "&" in link else link):
            self._files.append(uri)
        return uri is not None


def _without_tabs(line: str) -> str:
    """*line* with blanks up to each stop, at least two, so that they part columns."""
    *parts, last = line.split("\t")
    out, column = [], 0
    for part in parts:
        column += len(part)
        stop = column // _STOP * _STOP + _STOP
        out.append(part + " " * max(2, stop - column))
        column = stop
    return "".join((*out, last))


def _shown(text: str, preformatted: bool, before: Sequence[str]) -> str:
    """*text* as it is shown behind the pieces *before*."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if preformatted:
        if "\t" in text:
            text = "\n".join(map(_without_tabs, text.split("\n")))
        begins = text[:1] == " " and (not before or before[-1].endswith(_LINE))
        text = _MORE_BLANKS.sub(lambda more: KEPT_APART * len(more[0]), f"{_LINE}{text}" if begins else text)
        text = text.removeprefix(_LINE) if begins else text
    else:
        if "\n" in text:
            text = text.replace("\n", " ")
        if "\t" in text:
            text = text.replace("\t", " ")
    return unescape_safely(text) if "&" in text else text
