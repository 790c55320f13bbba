"""HTML as text: what the reader sees in one piece, and what else is sent along.

A tokeniser after the WHATWG HTML standard §13.2.5, without a tree: whether two pieces of text touch is
told by the tags between them. Inline tags join, so that ``0101<span>90</span>-12<b>34</b>`` is
``010190-1234``; block tags break the line; table cells are set apart by a tab and rows by a line end, so
that a heading stays above its column. Text hidden by style is read like any other: it is sent too.

Time is linear in the input whatever is in it: nesting costs nothing, and every token matches to the end
of the text when its own end is missing. What a browser would drop there (a comment never closed, a tag
without ``>``) is read as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_ATTRIBUTE = r"(?:=\s{0,40}+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?|[^>=])"
_TOKEN = re.compile(
    r"<(?:(?P<close>/?)(?P<name>[a-zA-Z][^\s/><]*+)(?P<attributes>" + _ATTRIBUTE + r"*+)(?P<end>>|\Z)"
    r"|!--(?P<comment>(?:-?>|.*?(?:--!?>|\Z)))"
    r"|[!?/](?P<bogus>[^>]*+)(?:>|\Z))",
    re.DOTALL,
)
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE) for name in ("script", "style")}

# Attributes whose value is shown, spoken or sent to be used; others (class, style, id …) are layout.
_READ = frozenset(
    "alt title value placeholder content label summary aria-label aria-description href action srcdoc "
    "cite download abbr name".split()
)
_MAY_BE_READ = re.compile(
    r"\b(?:alt|title|value|placeholder|content|label|summary|aria-|href|action|srcdoc|cite|download|abbr|data|"
    r"src|background|name)[\w:-]{0,60}\s{0,40}=",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?P<name>[^\s=/>\"']{1,80}+)\s{0,40}+=\s{0,40}+(?:\"(?P<double>[^\"]*+)\"?|'(?P<single>[^']*+)'?|(?P<bare>[^\s>]*+))"
)
_DATA_URI = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?[^,]{0,200}(?P<base64>;base64)?,", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W_]")
_CONDITION = re.compile(r"\A\s*\[(?:if|endif)[^\]]*\]>?|<!\[endif\]\Z", re.IGNORECASE)
_KNOWN_BOGUS = re.compile(r"(?:doctype\b|\[if|\[endif|xml|import\b)", re.IGNORECASE)
_WORDS_IN_STYLE = re.compile(r"<[a-zA-Z]")
_LONG_NUMBER = re.compile(r"&#0*(?:\d{9,}|[xX]0*[0-9a-fA-F]{9,});?")
_BLANKS = re.compile(r"[ \f]{2,}")

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


@dataclass(frozen=True, slots=True)
class DataUri:
    """A file written into the page itself (RFC 2397)."""

    content_type: str
    base64: bool
    data: str


@dataclass(frozen=True, slots=True)
class Page:
    """``text`` is what is shown; ``aside`` holds comments, scripts and attribute values, one a line;
    ``shown`` the content ids of pictures (``cid:``) and ``files`` the pictures written in place."""

    text: str
    aside: str
    shown: frozenset[str]
    files: tuple[DataUri, ...]


def read_html(markup: str) -> Page:
    """The text of *markup* (HTML or XML). Never raises."""
    reader = _Reader()
    reader.read(markup, comments=True)
    return reader.page()


class _Reader:
    def __init__(self) -> None:
        self._text: list[str] = []
        self._aside: list[str] = []
        self._shown: set[str] = set()
        self._files: list[DataUri] = []

    def page(self) -> Page:
        aside = _tidy("\n".join(self._aside)) if self._aside else ""
        return Page(_tidy("".join(self._text)), aside, frozenset(self._shown), tuple(self._files))

    def read(self, markup: str, *, comments: bool) -> None:
        """One pass over the tokens. *comments*: read the markup inside them too (they do not nest)."""
        out = self._text
        preformatted = 0
        position = 0
        search = _TOKEN.search
        while token := search(markup, position):
            start = token.start()
            if start > position:
                out.append(_shown(markup[position:start], preformatted > 0))
            position = token.end()
            name = token["name"]
            if name is None:
                self._comment(token, comments)
                continue
            lower = name.lower()
            closing = token["close"] == "/"
            between = _BREAKS.get(lower)
            if (attributes := token["attributes"]) and len(attributes) > 4:
                self._attributes(attributes)
            if between:
                out.append(between)
            if not token["end"] or (between is None and ":" not in name):
                # A tag cut off, or one that is none: "Bo <010190-1234>", "<bo@x.example>".
                self._aside.append(unescape_safely(name + attributes))
            elif lower in _RAW_END and not closing:
                position = self._raw(markup, position, lower)
            elif lower in ("pre", "textarea"):
                preformatted = max(0, preformatted + (-1 if closing else 1))
        if position < len(markup):
            out.append(_shown(markup[position:], preformatted > 0))

    def _comment(self, token: re.Match[str], comments: bool) -> None:
        inside = token["comment"]
        if inside is None:
            bogus = token["bogus"] or ""
            if not _KNOWN_BOGUS.match(bogus) and _LETTERS.search(bogus):
                self._aside.append(bogus)
            return
        inside = _CONDITION.sub("", inside.removesuffix(">").removesuffix("!").removesuffix("--"))
        if not _LETTERS.search(inside):
            return
        if not comments or "<" not in inside:
            self._aside.append(unescape_safely(inside))
            return
        inner = _Reader()
        inner.read(inside, comments=False)
        self._take(inner)

    def _take(self, inner: _Reader) -> None:
        """What stands in a comment or an attribute is sent but not shown: all of it is beside the text."""
        self._aside += ["".join(inner._text), *inner._aside]
        self._shown |= inner._shown
        self._files += inner._files

    def _raw(self, markup: str, position: int, name: str) -> int:
        """Script and style hold no tags. Styles are layout and left out, unless markup stands in them."""
        found = _RAW_END[name].search(markup, position)
        end = found.start() if found else len(markup)
        content = markup[position:end]
        if name == "script" or not found or _WORDS_IN_STYLE.search(content):
            self._aside.append(content)
        return end

    def _attributes(self, attributes: str) -> None:
        if ">" in attributes or "<" in attributes:  # text swallowed by a quote that was never closed?
            self._aside.append(unescape_safely(attributes))
        if not _MAY_BE_READ.search(attributes):
            return
        for pair in _PAIR.finditer(attributes):
            name = pair["name"].lower()
            value = pair["double"] or pair["single"] or pair["bare"]
            if value:
                self._attribute(name, value)

    def _attribute(self, name: str, value: str) -> None:
        if name in ("src", "background", "data", "xlink:href", "poster", "href") and self._reference(value):
            return
        if name == "srcdoc":
            inner = _Reader()
            inner.read(unescape_safely(value), comments=False)
            self._take(inner)
        elif name in _READ or name.startswith("data-"):
            self._aside.append(unescape_safely(value))

    def _reference(self, value: str) -> bool:
        """A picture named or written in place; true when nothing is left to read of *value*."""
        link = value.strip()
        if link[:4].lower() == "cid:":
            self._shown.add(unescape_safely(link[4:]).strip().strip("<>"))
            return True
        if link[:5].lower() == "data:" and (uri := _DATA_URI.match(link)):
            base64 = ";base64" in uri.group().lower()
            self._files.append(DataUri((uri["type"] or "text/plain").lower(), base64, link[uri.end() :]))
            return True
        return False


def _shown(text: str, preformatted: bool) -> str:
    if not preformatted and "\n" in text:
        text = text.replace("\n", " ")
    if "\t" in text:
        text = text.replace("\t", " ")
    return unescape_safely(text) if "&" in text else text


def unescape_safely(text: str) -> str:
    """Character references resolved (``&#48;`` is ``0``); those with more digits than any character
    has, on which the standard function raises, become ``U+FFFD``."""
    if "&" not in text:
        return text
    return unescape(_LONG_NUMBER.sub("\ufffd", text) if "&#" in text else text)


def _tidy(text: str) -> str:
    """One blank for several, no blank lines, no blanks or empty cells at the ends of lines."""
    text = _BLANKS.sub(" ", text.replace("\r", ""))
    lines = (line.strip(" \t\f") for line in text.split("\n"))
    return "\n".join([line for line in lines if line])
