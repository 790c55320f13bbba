"""A receipt stays readable however many it tells of: who does not have it stands first, the others are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from segl.mail.return_port import ReturnPort
from segl.receipts.due import Told
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, News, Stage, State
from segl.settings.file import parse_settings
from segl.vocabulary import Way
from segl_delivery.receipts.digest import digest
from segl_delivery.receipts.machine import MOST_LISTED, machine_form
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import MOST_ROWS, House, split, view_of
from segl_delivery.receipts.writer import ReceiptWriter

SETTINGS = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
WRITER = ReceiptWriter.of(SETTINGS, ReturnPort("127.0.0.1", 1), lambda _: None)
TERMS = SETTINGS.receipt_terms("nordby.example")


def lines(
    number: int, state: State = State.SENT, way: Way | None = Way.TLS, domain: str = "x.example"
) -> list[Line]:
    made = (f"{state}{n}@{domain}" for n in range(number))
    at, host = 1_790_000_000.0, "mx.x.example"
    return [Line(one, one, state, at, way=way, status="5.1.1", detail="no", host=host) for one in made]


def message(some: list[Line], name: str = "<1@x>", unnamed: int = 0, *, counted: bool = False) -> SentMessage:
    return SentMessage(
        "ab" * 32,
        "anna@nordby.example",
        "nordby.example",
        name,
        1_790_000_000.0,
        0,
        True,
        ("cpr",),
        tuple(some),
        Told(),
        unnamed,
        counted,
        max(0, unnamed - len(some)),
    )


MANY = [
    *lines(700),
    *lines(3, State.FAILED, None, "y.example"),
    *lines(240, State.SEALED, Way.PORTAL),
    *lines(2, State.DELAYED),
    *lines(55, State.SENT, Way.TUNNEL, "kommune.example"),
]


def text_of(some: SentMessage, kind: ReceiptKind = ReceiptKind.FAILED) -> str:
    made = WRITER.write(TERMS, some, kind, {}, lambda _: "", number=1)
    assert made.html.count("<tr") < MOST_ROWS + 20
    return " ".join(made.text.split())


def test_of_a_thousand_the_receipt_names_who_does_not_have_it_and_counts_the_rest() -> None:
    text = text_of(message(MANY))
    assert len(text) < 3_000
    places = [
        text.index(word)
        for word in ("failed0@y.example", "delayed0@x.example", "240 modtagere", "55 modtagere")
    ]
    assert places == sorted(places)
    assert "700 modtagere Sendt som: Krypteret på vejen (TLS 1.2 eller nyere)" in text
    assert "55 modtagere Sendt som: Tunnelmail til kommune.example" in text
    assert "Den vedlagte fil har tallene for alle 1000." in text


def test_of_few_everybody_stands_for_himself_in_the_senders_order() -> None:
    few = [*lines(MOST_ROWS - 1), *lines(1, State.FAILED)]
    assert split(few) == (few, ())


def test_when_nobody_has_it_the_mail_is_no_longer_either() -> None:
    text = text_of(message(lines(900, State.FAILED, None)))
    assert text.count("Svaret var") == MOST_ROWS
    assert "850 modtagere Sendt som: Ikke sendt" in text


def test_the_part_for_programs_is_whole_up_to_a_thousand_and_counts_always() -> None:
    form = machine_form(message(MANY), ReceiptKind.FAILED, {}, number=1, now=0)
    assert (form["whole"], len(form["recipients"])) == (True, MOST_LISTED)
    more = machine_form(
        message([*MANY, *lines(1, domain="z.example")]), ReceiptKind.FAILED, {}, number=1, now=0
    )
    assert (more["whole"], len(more["recipients"])) == (False, 5)
    assert sum(one["number"] for one in more["counts"]) == MOST_LISTED + 1
    looked_at = machine_form(message([*MANY, *lines(1, domain="z.example")]), None, {}, number=1, now=0)
    assert (looked_at["whole"], len(looked_at["recipients"])) == (True, MOST_LISTED + 1)


def test_of_very_many_it_says_that_failures_alone_are_reported() -> None:
    text = text_of(message([*lines(1), *lines(2, State.FAILED, None, "y.example")], unnamed=1_200))
    assert "1197 modtagere" in text
    assert "Ingen fejl meldt" in text
    so_far = text_of(message(lines(1), unnamed=1_200), ReceiptKind.SO_FAR)
    assert "Ved så mange modtagere meldes kun fejl og forsinkelser" in so_far
    assert "Der er endnu ikke svar for alle" not in so_far


def test_of_many_that_are_counted_it_says_of_how_many_nothing_was_heard() -> None:
    so_far = text_of(message(lines(1_199), unnamed=1_200, counted=True), ReceiptKind.SO_FAR)
    assert "Der er endnu ikke svar for alle" in so_far
    assert "1 modtager Sendt som: Status: Intet svar endnu" in so_far
    done = text_of(message(lines(1_200), unnamed=1_200, counted=True), ReceiptKind.SENT)
    assert "Intet svar endnu" not in done
    assert "1200 modtagere Sendt som: Krypteret på vejen (TLS 1.2 eller nyere)" in done


def test_what_was_sealed_for_very_many_can_be_taken_back_by_one_link() -> None:
    view = view_of(
        message(MANY), ReceiptKind.FAILED, "en", House("Nordby"), revoke=lambda _: "https://take.back"
    )
    links = {row.recipient: row.revoke for row in view.rows if row.revoke}
    said = "Take the message back from all who open it with a one-time code: https://take.back"
    assert links == {"240 recipients": said}


@pytest.mark.parametrize("html", [False, True])
def test_a_digest_says_of_each_mail_which_it_is(html: bool) -> None:
    some = [message(lines(2), "<1@x>"), message(lines(1, State.SEALED, Way.PORTAL), "<2@x>")]
    made = digest(WRITER, TERMS, some, {}, datetime(2026, 11, 30, tzinfo=UTC))
    text = made.html if html else made.text
    first, second = text.index("til 2 modtagere, Message-ID"), text.index("til 1 modtager, Message-ID")
    assert first < text.index("sent0@x.example") < text.index("sent1@x.example") < second
    assert second < text.index("sealed0@x.example")
    assert message_from_bytes(made.message(datetime(2026, 11, 30, tzinfo=UTC)))["Subject"]


def test_the_note_on_an_alias_is_there_when_the_queue_could_not_be_seen(tmp_path: Path) -> None:
    line = Line("bo@x.example", "team@z.example", State.SENT, 1.0, way=Way.TLS)
    for known in (True, False):
        made = WRITER.write(
            TERMS, message([line]), ReceiptKind.SENT, {}, lambda _: "", number=1, queue_known=known
        )
        assert ("En af adresserne dækker over flere modtagere" in made.text) is not known


@pytest.mark.parametrize(
    ("way", "sealed_id", "words", "link"),
    [
        (Way.TUNNEL, "", "Encrypted, but not sent yet. We try again", False),
        (Way.PORTAL, "5e" * 16, "Ready, but the mail with the link is delayed. We try again", True),
        (Way.INTERNAL, "", "Waits, is tried again until", False),
    ],
)
def test_what_waits_behind_the_return_port_is_said_to_wait_and_no_more_is_promised(
    way: Way, sealed_id: str, words: str, link: bool
) -> None:
    """That it went at last nobody is asked to tell. What is sealed can be taken back all the while."""
    said = [
        News("bo@x.example", "bo@x.example", Stage.SECURE, State.SENT, 1.0, way=way, sealed_id=sealed_id),
        News("bo@x.example", "bo@x.example", Stage.FRONT, State.DELAYED, 9.0, way=None, retry_until=99.0),
    ]
    view = view_of(
        message([Line.of(said)]),
        ReceiptKind.DELAYED,
        "en",
        House("Nordby"),
        revoke=lambda _: "https://take.back",
    )
    [row] = view.rows
    assert row.state.startswith(words)
    assert bool(row.revoke) is link
    assert row.bad
