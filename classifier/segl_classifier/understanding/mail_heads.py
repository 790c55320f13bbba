"""The heads of mails within a mail: ``Fra: … Sendt: … Til: … Emne: …``, above each that is passed on or answered.

Who else got it says nothing about anybody, and a dozen names in a row look to the model like a list of those of whom
something is told (docs/decisions/0070). So it is not shown the lines of who, to whom and when; what the mail was about
it is shown. In the languages of Outlook, Thunderbird and Apple's Mail in the north, and as text of HTML comes out.

Nor is it shown what stands there in place of a head: ``Den 12. nov. 2026 kl. 9.30 skrev Bo Holm <bo@x.example>:``,
``-----Original Message-----``. Read in one with a short mail below, such a line takes weight from what that tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

_FROM: Final = "fra|from|von|från|frå|afsender"
_WHEN: Final = "sendt?|sent|gesendet|skickat|dato|date|datum"
_TO: Final = "til|to|an|till|cc|kopi|kopie|kopia|bcc|svar til|reply-to|antwort an"
_ABOUT: Final = "emne|subject|betreff|ämne|vedr"
_MOST_LINES: Final = 60  # of one head: a list of recipients may go over many
_LINE: Final = re.compile(
    rf"[ \t>*_|]*(?:(?P<from>{_FROM})|(?P<when>{_WHEN})|(?P<to>{_TO})|(?P<about>{_ABOUT}))[*_ ]*:",
    re.IGNORECASE,
)
# One set of characters in front, so that the search leaps from one of them to the next.
_ANY: Final = re.compile(
    rf"[{''.join(sorted({form for word in _FROM.split('|') for form in (word[0], word[0].upper())}))}]"
    rf"(?i:{'|'.join(f'(?<={word[0]}){word[1:]}' for word in _FROM.split('|'))})[*_ ]*:"
)
# A line that goes on with recipients, and nothing else: "Bo Bro <bo@x.dk>; Kim", "bo@x.dk".
_ADDRESS: Final = r"[<(\[]?(?:mailto:)?[\w.+%'-]{1,64}@[\w.-]{1,255}[>)\]]?"
_PART: Final = r"[\"'A-ZÆØÅÄÖÜ][^\s<>@;,]{0,40}"
# Each recipient is read in one way only, and none again (atomic groups): a long line that is no list costs one reading.
_RECIPIENT: Final = rf"(?>{_ADDRESS}|{_PART}(?: {_PART}){{0,5}}(?: ?{_ADDRESS})?)"
_RECIPIENTS: Final = re.compile(rf"[ \t>]*{_RECIPIENT}(?:[;,] ?{_RECIPIENT})*+[;,]?[ \t\r]*")
_LIST_ENDS: Final = (";", ",")
# A line that tells more than who or when, as people write into notes: "Til: Bo. Anna er indlagt".
# Words are counted from where one begins and each once: a line of a megabyte without a blank costs one reading.
_TELLS: Final = re.compile(r"[a-zæøåäöü]{3}[.!?] ++\w|(?<![^\s;,@])(?:[^\s;,@]++ ){12}")
_WROTE: Final = "skrev|skreiv|wrote|schrieb"
_SAYS_WROTE: Final = re.compile(rf"\b(?:{_WROTE})\b", re.IGNORECASE)
# "Den 12. nov. 2026 kl. 9.30 skrev Bo Holm <bo@x.dk>:", "On Thu, Nov 12, 2026 at 9:30 AM Bo <bo@x.dk> wrote:"
_DAY: Final = r"(?:(?:den|on|am) )?(?:[^\W\d_]{2,9}\.?,? ){0,3}\d[^@<>]{4,40}?"
_TIME: Final = rf"{_DAY}\d[.:]\d\d(?:[.:]\d\d)?(?: ?[ap]\.?m\.?| Uhr)?,?"
_WHO: Final = rf"[^@<>:]{{0,60}}?((?>{_ADDRESS}))?"
_ANSWERED: Final = re.compile(rf"{_TIME} (?:(?:{_WROTE}) {_WHO}|{_WHO} (?:{_WROTE})) ?:", re.IGNORECASE)
_LONGEST_ANSWERED: Final = 250  # characters; it may go over two lines
# What may stand above a head.
_DIVIDES: Final = re.compile(
    r"[ \t>]*-{2,}[ \t]*(?:original|oprindelig|opprinnelig|ursprüngliche|ursprungligt|forwarded|videresendt|"
    r"weitergeleitete|vidarebefordrat)[ \t](?:message|meddelelse|besked|mail|melding|e-post|nachricht|meddelande)"
    r"[ \t]*-{2,}[ \t\r]*",
    re.IGNORECASE,
)


class MailWithin(NamedTuple):
    """Where a mail within another begins, and what its head says that it is ``about``, with the place of that line."""

    start: int
    about: str = ""
    low: int = 0
    high: int = 0


class MailHeads(NamedTuple):
    """The *lines* of a text, those of heads blank, and from which to which line each head goes. A head says from whom,
    when and about what, or from whom, to whom and an address."""

    lines: list[str]
    places: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> MailHeads:
        return _read(text)

    def text(self) -> str:
        """The text with blanks in the place of such lines, so that all else stands where it stood."""
        return "\n".join(self.lines)

    def mails(self) -> list[MailWithin]:
        """The mails that stand below a head, or below what says who wrote them, in their order."""
        if not self.places:
            return []
        lines, found = self.lines, list[MailWithin]()
        starts = [0, *accumulate(len(line) + 1 for line in lines)]
        for first, end in sorted(self.places):
            low = next((n for n in range(first, end) if _kind(lines[n]) == "about"), None)
            if low is None:
                found.append(MailWithin(starts[first]))
            else:
                about = lines[low].partition(":")[2].strip(" \t*_|\r")
                found.append(MailWithin(starts[first], about, starts[low], starts[low] + len(lines[low])))
        return found


def _read(text: str) -> MailHeads:
    has_heads, answered = _ANY.search(text), list(_saying(text))
    if not has_heads and not answered:
        return MailHeads([text], [])
    lines, heads = text.split("\n"), list[tuple[int, int]]()
    if answered:
        heads += _blank_answered(lines, answered)
    number = 0
    while has_heads and number < len(lines):
        end, is_head = _blanked(lines, number)
        if is_head:
            heads.append((number, end))
        number = max(end, number + 1)
    return MailHeads(lines, heads)


def _saying(text: str) -> Iterator[int]:
    """The numbers of the lines of *text* that say that somebody wrote."""
    number = at = 0
    for said in _SAYS_WROTE.finditer(text):
        number += text.count("\n", at, said.start())
        at = said.start()
        yield number


def _blank_answered(lines: list[str], answered: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Makes those of *lines* blank that say who wrote what is quoted below, and when; those *answered* say that
    somebody did. A person may write so, too, and tell of somebody: so there is an address, or a quotation below."""
    for number in dict.fromkeys(answered):
        if not _SAYS_WROTE.search(lines[number]):  # blank by now
            continue
        for first, last in ((number, number), (number, number + 1), (number - 1, number)):
            some = lines[max(first, 0) : last + 1]
            if not some[-1].rstrip().endswith(":") or sum(map(len, some)) > _LONGEST_ANSWERED:
                continue
            said = _ANSWERED.fullmatch(" ".join(" ".join(one.lstrip(" \t>") for one in some).split()))
            if said and (any(said.groups()) or _is_quoted(lines[last + 1 : last + 3], some[-1])):
                lines[max(first, 0) : last + 1] = [" " * len(one) for one in some]
                yield max(first, 0), last + 1
                break


def _is_quoted(below: Sequence[str], line: str) -> bool:
    """Whether what stands *below* is quoted in *line*."""
    return max((_depth(one) for one in below), default=0) > _depth(line)


def _depth(line: str) -> int:
    return line[: len(line) - len(line.lstrip(" \t>"))].count(">")


def _blanked(lines: list[str], first: int) -> tuple[int, bool]:
    """Where the lines end that may be a head and begin in line *first*, and whether they are one; they are blank then,
    but for what it is about."""
    if _kind(lines[first]) in ("", "about"):
        return first, False
    kinds: list[str] = []
    for line in lines[first : first + _MOST_LINES]:
        kind = _kind(line) or (
            kinds[-1] if kinds and _goes_on(line, lines[first + len(kinds) - 1], kinds[-1]) else ""
        )
        if not kind:
            break
        kinds.append(kind)
    end = first + len(kinds)
    dropped = [
        number
        for number, kind in enumerate(kinds, first)
        if kind != "about" and not _TELLS.search(lines[number])
    ]
    to_addresses = {"from", "to"} <= set(kinds) and any("@" in lines[number] for number in dropped)
    is_head = to_addresses or {"from", "when", "about"} <= set(kinds)
    if is_head:
        # Thunderbird's begins with what it is about.
        above = first - 2 if first > 1 and _kind(lines[first - 1]) == "about" else first - 1
        if above >= 0 and _DIVIDES.fullmatch(lines[above]):
            dropped.append(above)
        for number in dropped:
            lines[number] = " " * len(lines[number])
    return end, is_head


def _kind(line: str) -> str:
    """Which line of a head it is, by the name of the group that its label is in; empty if it is none."""
    found = _LINE.match(line)
    return found.lastgroup or "" if found else ""


def _goes_on(line: str, above: str, kind: str) -> bool:
    """Whether *line* goes on with the recipients of the one *above*, which is of *kind*. Nothing else is dropped: what
    follows may be what the mail tells."""
    if kind not in ("from", "to") or not _RECIPIENTS.fullmatch(line):
        return False
    return "@" in line or above.rstrip().endswith(_LIST_ENDS)
