"""What a link has written for whoever follows it.

The subject and the body of a mail (RFC 6068 §2), a text message (RFC 5724), what WhatsApp or Teams will have in its
box, the details of an appointment that a calendar is told to make: the program behind the link shows it, percent-coded
or with ``+`` for blanks as it stands in the link. So what a link says is read like a text: values of three words or
more, and those with what may be somebody's number. A link in a link (a redirection, Safe Links) is read as that. Of a
link to a document (on SharePoint, on a drive of the house) the name is read, as that of an attached file is.

Not read: what pages are searched for, where a map leads, the names of campaigns, and the passage of a page at which a
link begins. They name topics and places, and are nobody's message; a number in them is looked for where the link is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from segl.mime.charset import decode_text
from segl_classifier.markup.spoken import has_three_words

_NO_LETTER = re.compile(r"\s{0,20}(?:javascript|data|cid|blob):", re.IGNORECASE)
_QUERY = re.compile(r"[?#]")
_BETWEEN = re.compile(r"&(?:amp;)?|#")
_IN_TEXT = re.compile(r"\?[\w.$[\]-]{1,60}=[^\s<>\"]*+")  # from the question mark of a link to its end
_LINK = re.compile(r"[a-z][a-z0-9+.-]{1,30}:\S*+\Z", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:utm|mtm|pk|hsa)_.*|:~:.*|q|as_q|query|search(?:_?(?:text|terms?|query|phrase))?|s|k|keywords?|terms?|fritekst"
    r"|(?:soe?g|søg)(?:eord|ord)?|[sd]addr|origin|destination|campaign|cid",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)[0-3]\d[01]\d\d\d[ -]?\d{4}(?!\d)")
_FILE_IN_TEXT = re.compile(r"://[^\s<>\"?#]*+")
_FILE = re.compile(
    r"[^?#]*/(?P<name>[^/?#]{1,300})\.(?:docx?|docm|dotx|odt|rtf|pdf|xlsx?|xlsm|xlsb|ods|pptx?|odp|txt|csv|msg|eml|one|vsdx?"
    r"|zip|mp3|mp4|m4a|wav)(?:[?#]|\Z)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*+>")
_DEEPEST = 3  # links in one another


def told(link: str, depth: int = 0) -> Iterator[str]:
    """The texts in *link*, in their order; a value of several lines keeps them."""
    if _NO_LETTER.match(link):
        return
    if ("%20" in link or " " in link) and (file := _FILE.match(link)):
        name = _decoded(file["name"])
        if has_three_words(name):
            yield _lines(name)
    found = _QUERY.search(link)
    if found is None:
        return
    for field in _BETWEEN.split(link[found.end() :]):
        name, _, value = field.partition("=")
        if not value or not ("%" in value or "+" in value or " " in value):
            continue
        text = _decoded(value.replace("+", " "))
        if _LINK.match(text):
            if depth < _DEEPEST:
                yield from told(text, depth + 1)
            if _NUMBER.search(text):
                yield text
        elif not _OTHERS.fullmatch(name):
            text = _lines(text)
            if has_three_words(text) or _NUMBER.search(text):
                yield text


def told_in(text: str) -> str:
    """What the links that are written in *text* say, each text once, one a line."""
    links: list[str] = []
    if "?" in text and ("%" in text or "+" in text):
        links += (found for found in _IN_TEXT.findall(text) if "%" in found or "+" in found)
    if "://" in text and "%20" in text:
        links += (found for found in _FILE_IN_TEXT.findall(text) if "%20" in found)
    return "\n".join(dict.fromkeys(said for link in dict.fromkeys(links) for said in told(link)))


def _decoded(coded: str) -> str:
    return decode_text(unquote_to_bytes(coded)).strip()


def _lines(text: str) -> str:
    """*text* without the tags that calendars have in it, and without empty lines."""
    lines = _TAG.sub(" ", text).splitlines() if "<" in text else text.splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
