"""What a page shows or a screen reader speaks, though it is no text of an element.

The value of a field that somebody filled in, the words for a picture that is blocked, a hint: a reader has them before
his eyes like any text, so they are read like it. A word or two (a logo's name, a label) say nothing, and would be read
for nothing in each newsletter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# ``string`` is the text of drawn letters (VML, which Outlook writes).
ATTRIBUTES = frozenset("alt title value placeholder label summary aria-label aria-description string".split())
FEWEST_WORDS = 3

_WORD = re.compile(r"[^\W\d_]\S*+")  # from its first letter to the blank behind it
# No script: it has other tags in its strings.
_ENDS_TEXT = re.compile(r"</(?:title|textarea|xmp|iframe|noembed|noframes)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d{4}")
# Conditional comments that Outlook passes over: for all but itself, and for Internet Explorer.
_FOR_OTHERS = re.compile(
    r"\[if\s*+\(?\s*+(?:!\s*+\(?\s*+(?:mso|vml|support)\w*+|(?:[gl]te?\s++)?ie\b)[\s\d.)]*+\]", re.IGNORECASE
)
_DATA = re.compile(r"<xml[\s>].*?(?:</xml>|\Z)", re.IGNORECASE | re.DOTALL)


def has_three_words(text: str) -> bool:
    """Whether *text* has three words; an address of a page is none."""
    words = _WORD.findall(text)
    if len(words) < FEWEST_WORDS or "://" not in text:
        return len(words) >= FEWEST_WORDS
    return sum("://" not in word for word in words) >= FEWEST_WORDS


class Spoken:
    """The texts of a page that are spoken, in their order. The same picture is often shown many times: each is kept
    once. A number behind one is kept with it, since the words may say what it is."""

    __slots__ = ("_again", "_known", "_open", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: set[str] = set()
        self._open = False  # whether a number would stand behind words
        self._again = ""  # the last words, if they were known

    def take(self, text: str) -> bool:
        """Keep *text* if it is one of them; whether it is."""
        if has_three_words(text):
            self.add(" ".join(text.split()))
            return True
        self._open = self._open and _NUMBER.search(text) is not None
        if self._open:
            if self._again:
                self.lines.append(self._again)
                self._again = ""
            self.lines.append(" ".join(text.split()))
        return self._open

    def add(self, text: str) -> None:
        """Keep *text*, which may have several lines."""
        known = text in self._known
        if not known:
            self._known.add(text)
            self.lines.append(text)
        self._open, self._again = True, text if known else ""


def is_shown(name: str, settings: str, content: str) -> bool:
    """Whether a browser may show what is read as the *content* of a script or a style (*name*): it is told to display
    it, or the tag stands in the text of an element (a title) that ends in there, so that it is no tag to a browser.
    A style without a rule is none, and another one may display it."""
    if settings and "display" in settings.lower():
        return True
    if name.lower() == "style":
        return "</" in content or "{" not in content
    return ends_text(content)


def ends_text(content: str) -> bool:
    """Whether an element ends in *content* in which tags and comments are but text ("<title><!--</title>")."""
    return "</" in content and _ENDS_TEXT.search(content) is not None


def for_outlook(comment: str) -> bool:
    """Whether Outlook takes a conditional *comment* for a piece of the page."""
    return comment[:3].lower() == "[if" and _FOR_OTHERS.match(comment) is None


def pieces(markup: str) -> Iterator[tuple[str, bool]]:
    """*markup* cut before and behind what Word keeps in a page for itself, in elements called ``xml``; and of each
    piece whether it is shown. An element that does not end may hold the page."""
    done = 0
    for found in _DATA.finditer(markup) if "<xml" in markup.lower() else ():
        if found.start() > done:
            yield markup[done : found.start()], True
        yield found.group(), not found.group().lower().endswith("</xml>")
        done = found.end()
    if done < len(markup):
        yield markup[done:], True
