"""Calendars and cards (RFC 5545, RFC 6350) as the model reads them: what people wrote, without what programs did.

An invitation is two dozen lines such as ``DTSTART;TZID=…:20261203T130000`` round two of prose. The model has learned
from letters: such lines are nothing that it knows, and it took them for something biometric. Only it is spared them;
who looks for numbers and words reads all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN = re.compile(r"^[ \t]{0,20}BEGIN:V(?:CALENDAR|CARD)[ \t\r]*$", re.MULTILINE)
# Of these the value is a word, a date or an address of a program's own. What a blank stands in may be prose, and a name
# with more behind it in brackets: "Anna Holm (sygemeldt)".
_CODED = re.compile(
    r"(?:BEGIN|END|METHOD|VERSION|CALSCALE|TZOFFSETFROM|TZOFFSETTO|TZNAME|TZURL|DTSTART|DTEND|DTSTAMP|DUE|DURATION|"
    r"CREATED|COMPLETED|LAST-MODIFIED|UID|SEQUENCE|PRIORITY|STATUS|TRANSP|CLASS|RRULE|RDATE|EXDATE|EXRULE|RECURRENCE-ID|"
    r"TRIGGER|ACTION|REPEAT|GEO|URL|FREEBUSY|REV|BDAY|PERCENT-COMPLETE|REQUEST-STATUS|X-[A-Z0-9-]{1,60})"
    r"(?:;[^:\s]*)?(?:;TZID=[^:\n]{0,60})?:\S*[ \t\r]*"
    r"|(?:PRODID|TZID|X-LIC-LOCATION|X-WR-TIMEZONE)(?:;[^:\s]*)?:[^\n]{0,80}"
    r"|(?:ORGANIZER|ATTENDEE)(?=[;:])(?:[^\n(]*?[;:]mailto:\S*|[^\n(]*?:invalid:\S*)[ \t\r]*",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:SUMMARY|DESCRIPTION|LOCATION|COMMENT|CONTACT|CATEGORIES|RESOURCES|NOTE|TITLE|ROLE|ORG|FN|N|NICKNAME)"
    r"(?:;[A-Z0-9-]{1,40}=(?:\"[^\"\n]*\"|[^;:\n]*)){0,8}:(?=.)"
    r"|(?:ORGANIZER|ATTENDEE);(?:[^\n:]*;)?CN=(?=[^\n:]*\()",
    re.IGNORECASE,
)

Line = tuple[str, int, int]  # what is read of a line, and its place


def is_coded(content: str) -> bool:
    """Whether *content* has a calendar or a card in it."""
    return "BEGIN:V" in content and _BEGIN.search(content) is not None


def prose(content: str) -> Iterator[Line]:
    """What people wrote in *content*, line by line, without the names of the fields it stands in."""
    start = 0
    for line in content.split("\n"):
        end = start + len(line)
        if line.strip() and not _CODED.fullmatch(line):
            named = _NAMED.match(line)
            begin = named.end() if named else 0
            yield line[begin:], start + begin, end
        start = end + 1
