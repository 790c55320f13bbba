"""HTML as a reader sees it, where that differs from its text in order.

:mod:`.html` reads all that is sent, the hidden too, and in the order in which it stands. Usually that is what
is shown. Where a page hides text, strikes it out, writes over it, shows text that is none (generated content,
the value of a field, the ``alt`` of a picture) or sets blocks side by side, the two differ, and a number that
the reader sees whole is in pieces in the text. This second reading is made only of pages that have such means,
and is read beside the first, never instead of it.

The means: CSS 2.2 ``display``, ``visibility``, ``content``, ``float`` and ``unicode-bidi``; Word's
``mso-hide``; HTML ``hidden``, ``del``, ``s``, ``rt``, ``bdo``, ``img`` and ``input``; Outlook's conditional
comments. Rules are looked up by the last simple selector only, and the order of rules is not kept: whatever
hides somewhere, hides. Where a page moves text about by coordinates, nothing is moved here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*(?:0++(?:\.0*+)?|\.0++)\s*+(?:[;!}\"']|$)"
    r"|(?<![\w-])color\s*:\s*(?:white\b|transparent\b|#fff(?:fff)?\b)",
    re.IGNORECASE,
)
_SHRINKS = re.compile(
    r"font(?:-size)?\s*:\s*(?:0++(?:\.0*+)?|\.0++)\s*+(?:px|pt|em|rem|%|[;!}/\"']|$)", re.IGNORECASE
)
_SIZES = re.compile(r"font(?:-size)?\s*:", re.IGNORECASE)
# A block of rules for some devices. Nothing in it may be read in two ways: a sheet may be as long as a message.
_MEDIA = re.compile(
    r"@media(?P<devices>[^{};@]{0,600}+)\{(?P<inside>(?:[^{}]*+\{[^{}]*+\})*+)[^{}]*+\}", re.IGNORECASE
)
# What holds on small screens or on paper hides nothing here.
_ELSEWHERE = re.compile(r"\b(?:width|height|print)\b", re.IGNORECASE)
_IN_LINE = re.compile(
    r"display\s*:\s*inline|float\s*:\s*(?:left|right)|display\s*:\s*table-cell", re.IGNORECASE
)
_ROW = re.compile(r"display\s*:\s*(?:inline-)?flex", re.IGNORECASE)
_BACKWARDS = re.compile(r"unicode-bidi\s*:\s*(?:isolate-|bidi-)?override", re.IGNORECASE)
_CONTENT = re.compile(r"(?<![\w-])content\s*:\s*([^;}]{1,300})", re.IGNORECASE)
_STRING = re.compile(r"\"([^\"]{0,200})\"|'([^']{0,200})'|attr\(\s{0,9}([\w-]{1,40})")
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
# Tags, and pieces of attributes and of style sheets, that may make the two differ: by them the pages are told
# that need a second reading.
TAGS = frozenset("del s strike rt rp bdo template".split())
_IN_ATTRIBUTES = re.compile(
    rf"{_HIDES.pattern}|{_SHRINKS.pattern}|{_IN_LINE.pattern}|{_ROW.pattern}|{_BACKWARDS.pattern}|(?<![\w-])hidden(?![\w-])"
    r"|(?<![\w-])(?:alt|value)\s{0,3}=\s{0,3}[\"']?[\d ./–-]{1,20}(?:[\"'\s/]|\Z)",
    re.IGNORECASE,
)
_IN_SHEET = (
    *(
        "display",
        "visibility",
        "mso-hide",
        "opacity",
        "size:0",
        "size: 0",
        "font:0",
        "font: 0",
        "#fff",
        "white",
    ),
    *("transparent", "float", "unicode-bidi", "content"),
)
# A conditional comment with words of its own. What Word puts into it for itself (settings, tables to hold the
# page) has digits in its attributes only.
_CONDITIONAL = re.compile(
    r"<!--\[if\s[^\]]{1,80}\]>(?P<inside>(?:(?!<!--).){1,2000}?)<!\[endif\]-->", re.IGNORECASE | re.DOTALL
)
_TAGS = re.compile(r"<[^>]*>?")
_SETTINGS = re.compile(r"<(?:xml|style|script)\b", re.IGNORECASE)
_SIMPLE = re.compile(
    r"(?P<kind>[.#]?)(?P<name>[\w-]++)?(?:\[[^\]]*+\])*+"
    r"(?P<state>(?::(?!:|before|after)[\w-]++(?:\([^()]*+\))?)*+)(?:::?(?P<part>before|after|marker))?\s*+\Z",
    re.IGNORECASE,
)
_ANY = "*"
_PAIR = re.compile(
    r"([\w-]{1,40}+)\s{0,9}+=\s{0,9}+(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))|(?<![\w-])(hidden)(?![\w-])",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"[\d ./–-]{1,20}")
_VOID = frozenset("area base br col embed hr img input keygen link meta param source track wbr".split())
_CLOSES_ITSELF = frozenset("p li td th tr option dt dd".split())
_LONGEST_RULE, _LONGEST_VALUE = 4_000, 400  # characters that are looked at
_MOST_KEPT = 1_000  # tags whose effect is remembered
_MOST_GENERATED = 1_000_000  # characters of generated content: three letters of a tag may show some hundred
_DEEPEST = 100  # open elements that are kept; of a page nested deeper the outer ones are forgotten
OVERRIDE, POP = "\u202e", "\u202c"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an element does to the text in it."""

    hides: bool = False
    shrinks: bool = False  # letters of no size, until one within has a size of its own
    sizes: bool = False
    in_line: bool = False
    row: bool = False
    backwards: bool = False
    before: str = ""
    after: str = ""

    def __or__(self, other: Effect) -> Effect:
        return Effect(
            self.hides or other.hides,
            self.shrinks or other.shrinks,
            self.sizes or other.sizes,
            self.in_line or other.in_line,
            self.row or other.row,
            self.backwards or other.backwards,
            self.before or other.before,
            self.after or other.after,
        )


NONE = Effect()


def in_attributes(attributes: str) -> bool:
    """Whether *attributes* may make what is shown differ from the text."""
    lower = attributes.lower()
    if "style" not in lower and "alt" not in lower and "hidden" not in lower and "value" not in lower:
        return False
    return _IN_ATTRIBUTES.search(lower) is not None


def in_sheet(sheet: str) -> bool:
    """Whether a style sheet may make what is shown differ from the text."""
    lower = sheet.lower()
    return any(piece in lower for piece in _IN_SHEET)


def in_comment(comment: str) -> bool:
    """Whether Outlook shows words that stand in *comment*, from ``[if`` to ``<![endif]``."""
    found = _CONDITIONAL.match(f"<!--{comment}-->")
    return found is not None and _speaks(found)


def unconditional(markup: str) -> str:
    """*markup* as Outlook reads it: what conditional comments hold stands in the text."""
    return _CONDITIONAL.sub(lambda found: found["inside"] if _speaks(found) else found.group(), markup)


def _speaks(conditional: re.Match[str]) -> bool:
    inside = conditional["inside"]
    return not _SETTINGS.search(inside) and any(c.isdigit() for c in _TAGS.sub("", inside))


@dataclass(slots=True)
class Rules:
    """The rules of a page's style sheets, by simple selector: ``.class``, ``#id``, ``tag``."""

    known: dict[str, Effect] = field(default_factory=dict)
    _seen: dict[tuple[str, str], tuple[Effect, dict[str, str]]] = field(default_factory=dict)

    def read(self, sheet: str) -> None:
        self._read(_MEDIA.sub(self._for_devices, sheet) if "@media" in sheet.lower() else sheet, hiding=True)

    def _for_devices(self, block: re.Match[str]) -> str:
        """What is left of a block for some devices, to be read as any."""
        if not _ELSEWHERE.search(block["devices"]):
            return block[0]
        self._read(block["inside"], hiding=False)
        return ""

    def _read(self, sheet: str, *, hiding: bool) -> None:
        for block in sheet.split("}"):
            head, _, declarations = block[-_LONGEST_RULE:].rpartition("{")
            effect = _declared(declarations)
            texts = _CONTENT.findall(declarations)
            if effect == NONE and not texts:
                continue
            for selector in head.rpartition("{")[2].split(",")[:50]:
                last = _SIMPLE.search(selector[-200:].strip())
                if last is None:
                    continue
                part = (last["part"] or "").lower()
                if (part and not texts) or (not part and (last["state"] or not last["name"] or not hiding)):
                    continue  # what holds under the mouse hides nothing yet
                shown = Effect(**{"after" if part == "after" else "before": texts[-1]}) if part else effect
                key = last["kind"] + last["name"].lower() if last["name"] else _ANY
                self.known[key] = self.known.get(key, NONE) | shown

    def effect(self, name: str, attributes: str) -> tuple[Effect, dict[str, str]]:
        """What ``<name attributes>`` does, and its attributes."""
        seen = self._seen.get((name, attributes))
        if seen is None:
            seen = self._look_up(name, attributes)
            if len(self._seen) < _MOST_KEPT:
                self._seen[name, attributes] = seen
        return seen

    def _look_up(self, name: str, attributes: str) -> tuple[Effect, dict[str, str]]:
        found = self.known.get(name, NONE) | self.known.get(_ANY, NONE)
        values: dict[str, str] = {}
        for pair in _PAIR.finditer(attributes):
            key = (pair[1] or pair[5]).lower()
            values.setdefault(key, unescape((pair[2] or pair[3] or pair[4] or "")[:_LONGEST_VALUE]))
        for one in values.get("class", "").lower().split():
            found |= self.known.get(f".{one}", NONE)
        if "id" in values:
            found |= self.known.get(f"#{values['id'].lower()}", NONE)
        if "style" in values:
            found |= _declared(values["style"])
        if "hidden" in values or (name == "input" and values.get("type", "").lower() == "hidden"):
            found |= Effect(hides=True)
        return found, values


def _declared(declarations: str) -> Effect:
    if ":" not in declarations:
        return NONE
    return Effect(
        _HIDES.search(declarations) is not None,
        _SHRINKS.search(declarations) is not None,
        _SIZES.search(declarations) is not None and _SHRINKS.search(declarations) is None,
        _IN_LINE.search(declarations) is not None,
        _ROW.search(declarations) is not None,
        _BACKWARDS.search(declarations) is not None,
    )


@dataclass(slots=True)
class _Open:
    """An open element."""

    name: str
    effect: Effect
    row: bool  # its parent sets its children side by side
    values: dict[str, str]
    small: bool  # its letters have no size


class Rendering:
    """The text of a page as it is shown, told tag by tag."""

    def __init__(self, rules: Rules) -> None:
        self.parts: list[str] = []
        self.cut = False  # whether more is generated than was read
        self._generated = 0
        self._rules = rules
        self._open: list[_Open] = []
        self._hidden = 0

    def text(self, text: str) -> None:
        if not self._hidden and not self._is_small():
            self.parts.append(text)

    def _generate(self, content: str, values: dict[str, str]) -> None:
        if self._generated > _MOST_GENERATED:
            self.cut = True
            return
        text = _generated(content, values)
        self._generated += len(text)
        self.text(text)

    def _is_small(self) -> bool:
        return bool(self._open) and self._open[-1].small

    def tag(self, name: str, attributes: str, between: str) -> None:
        """A tag, *between* what it puts between the texts before and after it."""
        name = name.lower()
        if name[0] == "/":
            self._end(name[1:], between)
            return
        effect, values = self._rules.effect(name, attributes)
        if name in TAGS and name != "bdo":
            effect |= Effect(hides=True)
        elif name == "bdo":
            effect |= Effect(backwards=True)
        if name in _CLOSES_ITSELF and self._open and self._open[-1].name == name:
            self._close(self._open.pop())
        row = bool(self._open) and self._open[-1].effect.row
        if between and not effect.in_line and not row:
            self.text(between)
        if name in _VOID:
            self._void(name, effect, values)
            return
        if len(self._open) >= _DEEPEST:
            self._hidden -= self._open.pop(0).effect.hides
        small = effect.shrinks or (self._is_small() and not effect.sizes)
        self._open.append(_Open(name, effect, row, values, small))
        self._hidden += effect.hides
        if effect.backwards:
            self.text(OVERRIDE)
        if effect.before:
            self._generate(effect.before, values)

    def _void(self, name: str, effect: Effect, values: dict[str, str]) -> None:
        if effect.hides:
            return
        shown = values.get("alt", "") if name == "img" else values.get("value", "") if name == "input" else ""
        if _FIGURES.fullmatch(shown):
            # A field stands in a frame; ten of one digit each are a number all the same.
            self.text(f" {shown} " if name == "input" and len(shown) > 1 else shown)

    def _end(self, name: str, between: str) -> None:
        for back in range(len(self._open) - 1, -1, -1):
            if self._open[back].name == name:
                while len(self._open) > back + 1:
                    self._close(self._open.pop())
                element = self._open.pop()
                self._close(element)
                if between and not element.effect.in_line and not element.row:
                    self.text(between)
                return
        if between:
            self.text(between)

    def _close(self, element: _Open) -> None:
        if element.effect.after:
            self._generate(element.effect.after, element.values)
        if element.effect.backwards:
            self.text(POP)
        self._hidden -= element.effect.hides


def _generated(content: str, values: dict[str, str]) -> str:
    """What the value of the CSS property ``content`` shows."""
    return "".join(
        values.get(found[3].lower(), "") if found[3] else _ESCAPED.sub(_character, found[1] or found[2] or "")
        for found in _STRING.finditer(content)
    )


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
