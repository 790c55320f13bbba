"""Of an invitation the model reads what its sender wrote, and not what his program did."""

from __future__ import annotations

import pytest

from segl_classifier.message import Source, Text
from segl_classifier.records.calendar_prose import is_coded, prose
from segl_classifier.understanding.windows import windows_of

HEAD = """BEGIN:VCALENDAR
METHOD:REQUEST
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN=Kirsten Maagaard:mailto:kima@by.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Lund, Anne":mailto:anne@by.example
"""
TAIL = """UID:040000008200E00074C5B7101A82E008
CLASS:PUBLIC
DTSTART;TZID=Romance Standard Time:20261203T130000
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE
END:VEVENT
END:VCALENDAR
"""


def calendar(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines) + TAIL


def read(content: str) -> list[str]:
    return [line for line, _, _ in prose(content)]


def test_only_what_people_wrote_is_left() -> None:
    said = calendar("SUMMARY;LANGUAGE=da-DK:Julefrokost", "DESCRIPTION:Vi ses.", "LOCATION:Kroen")
    assert is_coded(said)
    assert read(said) == ["Julefrokost", "Vi ses.", "Kroen"]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Status: Ole er indlagt", "Status: Ole er indlagt"),
        ("STATUS:Ole er indlagt", "STATUS:Ole er indlagt"),
        ("X-ALT-DESC:Ole er indlagt", "X-ALT-DESC:Ole er indlagt"),
        ("ORGANIZER;CN=Ole:Ole er indlagt", "ORGANIZER;CN=Ole:Ole er indlagt"),
        ('COMMENT;ALTREP="cid:1":Ole er indlagt', "Ole er indlagt"),
        ("DESCRIPTION:1) Ole er indlagt: hvad nu?", "1) Ole er indlagt: hvad nu?"),
        ("UNKNOWN-FIELD;A=b:Ole", "UNKNOWN-FIELD;A=b:Ole"),
        (
            'ATTENDEE;RSVP=TRUE;CN="Ole Bang (indlagt)":mailto:ole@by.example',
            '"Ole Bang (indlagt)":mailto:ole@by.example',
        ),
    ],
)
def test_what_may_be_prose_is_read_whatever_field_it_stands_in(line: str, left: str) -> None:
    assert read(calendar(line)) == [left]


def test_the_model_reads_it_where_it_stands() -> None:
    said = calendar("SUMMARY:Samtale", "DESCRIPTION:Ole er indlagt.")
    [window] = windows_of([Text(said, "part 2", Source.BODY)])
    assert window.text == "Samtale Ole er indlagt."
    assert said[window.start : window.end] == "Samtale\nDESCRIPTION:Ole er indlagt."


def test_a_card_is_read_so_too() -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nN:Holm;Ole\nREV:20261203T130000Z\nNOTE:Er indlagt.\nEND:VCARD\n"
    assert read(card) == ["Holm;Ole", "Er indlagt."]


def test_a_letter_that_speaks_of_one_is_none() -> None:
    assert not is_coded("Filen skal begynde med BEGIN:VCALENDAR, skriver IT.")
