"""The heads of mails within a mail: ``Fra: … Sendt: … Til: … Emne: …``, above each that is passed on or answered.

Who else got it says nothing about anybody, and a dozen names in a row look to the model like a list of those of whom
something is told (docs/decisions/0070). So it is not shown the lines of who, to whom and when; what the mail was about
it is shown. In the languages of Outlook, Thunderbird and Apple's Mail in the north, and as text of HTML comes out.
"""

from __future__ import annotations

import re
from typing import Final

_FROM: Final = "fra|from|von|från|frå|afsender"
_WHEN: Final = "sendt|sent|gesendet|skickat|dato|date|datum"
_TO: Final = "til|to|an|till|cc|kopi|kopie|kopia|bcc|svar til|reply-to|antwort an"
_ABOUT: Final = "emne|subject|betreff|ämne|vedr"
_MOST_LINES: Final = 60  # of one head: a list of recipients may go over many
_LINE: Final = re.compile(
    rf"[ \t>*_|]*(?:(?P<from>{_FROM})|(?P<when>{_WHEN})|(?P<to>{_TO})|(?P<about>{_ABOUT}))[*_ ]*:",
    re.IGNORECASE,
)
_ANY: Final = re.compile(rf"(?:{_FROM})[*_ ]*:", re.IGNORECASE)
# A line that goes on with recipients, and nothing else: "Bo Bro <bo@x.dk>; Kim", "bo@x.dk".
_ADDRESS: Final = r"[<(\[]?(?:mailto:)?[\w.+%'-]{1,64}@[\w.-]{1,255}[>)\]]?"
_PART: Final = r"[\"'A-ZÆØÅÄÖÜ][^\s<>@;,]{0,40}"
# Each recipient is read in one way only, and none again (atomic groups): a long line that is no list costs one reading.
_RECIPIENT: Final = rf"(?>{_ADDRESS}|{_PART}(?: {_PART}){{0,5}}(?: ?{_ADDRESS})?)"
_RECIPIENTS: Final = re.compile(rf"[ \t>]*{_RECIPIENT}(?:[;,] ?{_RECIPIENT})*+[;,]?[ \t]*")
_LIST_ENDS: Final = (";", ",")


def without_mail_heads(text: str) -> str:
    """*text* with blanks in the place of such lines, so that all else stands where it stood. A head says from whom,
    when and about what, or from whom, to whom and an address."""
    if not _ANY.search(text):
        return text
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        end = _blanked(lines, number)
        number = max(end, number + 1)
    return "\n".join(lines)


def _blanked(lines: list[str], first: int) -> int:
    """Where the head ends that begins in line *first*; its lines are blank then, but for what it is about."""
    if _kind(lines[first]) in ("", "about"):
        return first
    kinds: list[str] = []
    for line in lines[first : first + _MOST_LINES]:
        kind = _kind(line) or (
            kinds[-1] if kinds and _goes_on(line, lines[first + len(kinds) - 1], kinds[-1]) else ""
        )
        if not kind:
            break
        kinds.append(kind)
    end = first + len(kinds)
    dropped = [number for number, kind in enumerate(kinds, first) if kind != "about"]
    to_addresses = {"from", "to"} <= set(kinds) and any("@" in lines[number] for number in dropped)
    if to_addresses or {"from", "when", "about"} <= set(kinds):
        for number in dropped:
            lines[number] = " " * len(lines[number])
    return end


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
