"""A receipt says no more than is known: whether anybody has the mail, and whose server a delivery reached."""

from __future__ import annotations

from typing import Any

import pytest

from segl.addresses import mailbox_key
from segl.receipts.due import Told
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, News, Stage, State
from segl.settings.file import parse_settings
from segl.vocabulary import Proof, Way
from segl_delivery.receipts.copies import with_copies
from segl_delivery.receipts.machine import machine_form
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import House, ReceiptView, Tls, view_of

AT = 1_790_000_000.0
BO = "bo@x.example"


def line(number: int, state: State) -> Line:
    name = f"{state}{number}@x.example"
    return Line(name, name, state, AT, way=Way.TLS, status="5.1.1")


def view(
    lines: tuple[Line, ...],
    kind: ReceiptKind,
    tls: Tls | None = None,
    unheard: int = 0,
    *,
    facts: bool = True,
) -> ReceiptView:
    sender, domain, reasons = "anna@nordby.example", "nordby.example", ("cpr",)
    message = SentMessage(
        "ab" * 32, sender, domain, "<1@x>", AT, 0, facts, reasons, lines, Told(), unheard=unheard
    )
    return view_of(message, kind, "da", House("Nordby Vand A/S"), tls={BO: tls} if tls else {})


@pytest.mark.parametrize(
    ("failed", "sent", "unheard", "heading"),
    [
        (1, 0, 0, "Din mail er ikke leveret"),
        (3, 0, 0, "Din mail er ikke leveret"),
        (1, 1, 0, "Din mail er ikke leveret til alle modtagere"),
        (1, 0, 5, "Din mail er ikke leveret til alle modtagere"),
    ],
)
def test_a_failure_says_whether_anybody_may_have_the_mail(
    failed: int, sent: int, unheard: int, heading: str
) -> None:
    lines = [line(n, State.FAILED) for n in range(failed)] + [line(n, State.SENT) for n in range(sent)]
    assert view(tuple(lines), ReceiptKind.FAILED, unheard=unheard).heading == heading


def test_before_anybody_knows_who_all_are_nobody_says_that_none_has_it() -> None:
    """A tunnel partner refused within a second; the other recipient's server took 20 s, and took it."""
    told = view((line(1, State.FAILED),), ReceiptKind.FAILED, facts=False)
    assert told.heading == "Din mail er ikke leveret til alle modtagere"


def test_of_an_address_that_stands_for_several_others_may_have_it() -> None:
    said = [News("alle@x.example", BO, Stage.SECURE, State.FAILED, AT, way=Way.TLS, status="5.1.1")]
    assert view((Line.of(said),), ReceiptKind.FAILED).heading == "Din mail er ikke leveret til alle modtagere"


@pytest.mark.parametrize(
    ("level", "proof", "way"),
    [
        ("Verified", Proof.DANE, "Krypteret på vejen til den rigtige server (TLS 1.3, mx.x.example, DANE)"),
        (
            "Verified",
            Proof.PINNED,
            "Krypteret på vejen til den rigtige server (TLS 1.3, mx.x.example, navnet er fastlagt på forhånd)",
        ),
        # the server's name came from DNS, unproven
        (
            "Verified",
            Proof.PKIX,
            "Krypteret på vejen (TLS 1.3 til mx.x.example; serverens certifikat er kontrolleret)",
        ),
        (
            "Verified",
            None,
            "Krypteret på vejen (TLS 1.3 til mx.x.example; serverens certifikat er kontrolleret)",
        ),
        (
            "Untrusted",
            Proof.DANE,
            "Krypteret på vejen (TLS 1.3 til mx.x.example; serverens certifikat er ikke kontrolleret)",
        ),
    ],
)
def test_the_right_server_is_claimed_where_its_name_is_proven(
    level: str, proof: Proof | None, way: str
) -> None:
    tls = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", level, "mx.x.example", proof)
    sent = Line(BO, BO, State.SENT, AT, way=Way.TLS)
    [row] = view((sent,), ReceiptKind.SENT, tls).rows
    assert row.way == way


@pytest.mark.parametrize(
    ("way", "behind", "state", "sent_as", "said"),
    [
        (None, False, State.DELAYED, "Krypteret på vejen (TLS 1.2 eller nyere)", "Måske modtaget: "),
        (Way.TUNNEL, True, State.DELAYED, "Tunnelmail til x.example", "Måske modtaget: "),
        (None, False, State.FAILED, "Krypteret på vejen (TLS 1.2 eller nyere)", "Opgivet 21.9. kl. "),
    ],
)
def test_of_what_a_server_was_given_and_said_nothing_of_nobody_says_that_it_was_not_sent(
    way: Way | None, behind: bool, state: State, sent_as: str, said: str
) -> None:
    lost = "lost connection with mx.x.example[192.0.2.1]"
    words = f"{lost} while sending end of data -- message may be sent more than once"
    waits = Line(BO, BO, state, AT, way=way, status="4.4.2", detail=words, retry_until=AT, behind=behind)
    kind = ReceiptKind.FAILED if state is State.FAILED else ReceiptKind.DELAYED
    told = view((waits,), kind)
    assert told.rows[0].way == sent_as
    assert told.rows[0].state.startswith(said)
    assert told.heading != "Din mail er ikke leveret"


def test_a_name_that_ends_in_s_needs_no_genitive() -> None:
    assert view((line(1, State.SENT),), ReceiptKind.SENT).foot.startswith(
        "Denne kvittering er lavet af mailsystemet hos Nordby Vand A/S."
    )


@pytest.mark.parametrize(
    ("original", "state", "named", "known", "told"),
    [
        ("Arkiv@x.example", State.SENT, (), {}, False),
        ("arkiv@x.example", State.SEALED, (), {}, False),
        ("arkiv@x.example", State.PENDING, (), {}, False),
        ("arkiv@x.example", State.FAILED, (), {}, True),
        ("arkiv@x.example", State.DELAYED, (), {}, True),
        ("arkiv@x.example", State.SENT, ("ARKIV@X.example",), {}, True),
        ("alle@nordby.example", State.SENT, (), {}, True),  # an alias that the sender named
        ("arkiv@x.example", State.SENT, (), {"facts": False}, True),
        ("arkiv@x.example", State.SENT, (), {"unnamed": 2_000}, True),
    ],
)
def test_of_a_copy_that_nobody_asked_for_only_failures_are_told(
    original: str, state: State, named: tuple[str, ...], known: dict[str, Any], told: bool
) -> None:
    organisation = {"name": "N", "domains": ["nordby.example"], "copies_to": ["arkiv@x.example"]}
    lines = (
        Line("arkiv@x.example", original, state, AT, way=Way.PORTAL),
        Line(BO, BO, State.SENT, AT, way=Way.TLS),
        Line("eva@nordby.example", "eva@nordby.example", State.SENT, AT, way=Way.INTERNAL),
    )
    facts = {"facts": True, "named": frozenset(map(mailbox_key, (*named, BO))), **known}
    message = SentMessage(
        "ab" * 32,
        "anna@nordby.example",
        "nordby.example",
        "<1@x>",
        AT,
        0,
        reasons=("cpr",),
        lines=lines,
        **facts,
    )
    message = with_copies(message, parse_settings({"organisation": organisation}))
    rows = view_of(message, ReceiptKind.SENT, "da", House("Nordby")).rows
    form = machine_form(message, ReceiptKind.SENT, {}, number=1, now=AT)
    assert [row.recipient for row in rows] == ["arkiv@x.example"] * told + [BO]
    assert [one["recipient"] for one in form["recipients"]] == [one.recipient for one in lines[not told :]]
    assert sum(one["number"] for one in form["counts"]) == len(form["recipients"])
