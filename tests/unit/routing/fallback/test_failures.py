"""What the queue says of a copy, read for whose fault it is. The words are Postfix 3.10's own, from its log."""

from __future__ import annotations

import pytest

from segl_routing.fallback.failures import Failure, clause, failure_of

TLS, CONNECTION, LATER, OTHER = Failure.TLS, Failure.CONNECTION, Failure.LATER, Failure.OTHER


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("TLS is required, but was not offered by host mx.x.example[192.0.2.1]", TLS),
        (
            "TLS is required, but host mx.x.example[192.0.2.1] refused to start TLS: 454 4.7.0 not now",
            TLS,
        ),
        ("Cannot start TLS: handshake failure", TLS),
        ("Server certificate not verified", TLS),
        ("Server certificate not trusted", TLS),
        ("no TLSA records found", TLS),
        ("TLSA records unusable", TLS),
        ("non DNSSEC destination", TLS),
        ("TLSA lookup error for mx.x.example:25", TLS),
        ("connect to mx.x.example[192.0.2.1]:25: Connection refused", CONNECTION),
        ("connect to mx.x.example[2001:db8::1]:25: Connection timed out", CONNECTION),
        (
            "lost connection with mx.x.example[192.0.2.1] while receiving the initial server greeting",
            CONNECTION,
        ),
        (
            "conversation with mx.x.example[192.0.2.1] timed out while performing the EHLO handshake",
            CONNECTION,
        ),
        (
            "delivery temporarily suspended: connect to mx.x.example[192.0.2.1]:25: Connection refused",
            CONNECTION,
        ),
        ("mail for x.example loops back to myself", CONNECTION),
        ("server unavailable or unable to receive mail", CONNECTION),
        ("delivery temporarily suspended: Server certificate not verified", TLS),
        # the other side's answers, after TLS: by their code, whatever the words
        (
            "host mx.x.example[192.0.2.1] said: 451 4.7.1 Greylisted, try again (in reply to RCPT TO command)",
            LATER,
        ),
        ("host mx.x.example[2001:db8::1] said: 454-4.7.0 a (in reply to MAIL FROM command)", LATER),
        ("host mx.x.example[192.0.2.1] said: 450 Server certificate not verified (in reply to DATA)", LATER),
        ("host mx.x.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)", OTHER),
        ("host mail.example[/run/segl/portal.sock] said: 451 4.3.0 later (in reply to RCPT TO)", OTHER),
        ("host mx.x.example[192.0.2.1] refused to talk to me: 421 connect to x[192.0.2.9]:25: later", LATER),
        ("host mx.x.example[192.0.2.1] refused to talk to me: 554 5.7.1 you are on a list", LATER),
        ("host mx.x.example[192.0.2.1] said: 550 mail for x.example loops back to myself", OTHER),
        # our own agents, and faults of ours
        ("connect to mail.example[/run/segl/tunnel.sock]: Connection refused", OTHER),
        ("lost connection with mail.example[/run/segl/portal.sock] while sending end of data", OTHER),
        ("client TLS configuration problem", OTHER),
        ("mail transport unavailable", OTHER),
        ("address resolver failure", OTHER),
        ("", OTHER),
    ],
)
def test_whose_fault(reason: str, failure: Failure) -> None:
    assert failure_of(reason) is failure


def test_a_reason_for_people_holds_none_of_the_strangers_words() -> None:
    told = clause(
        "TLS is required, but host mx.x.example[192.0.2.1] refused to start TLS: 454 call \x1b[31mme"
    )
    assert told == "TLS is required, but host mx.x.example[192.0.2.1] refused to start TLS"
    assert len(clause("Server certificate not verified" + "x" * 1000)) == 200
    said = "host mx.x.example[192.0.2.1] said: 451 4.7.1 (in reply to me) \x1b[31m"
    assert clause(f"{said} (in reply to MAIL FROM command)") == (
        "host mx.x.example[192.0.2.1] said 451 (in reply to MAIL FROM command)"
    )
    assert clause(said) == "host mx.x.example[192.0.2.1] said 451"
    refused = "host mx.x.example[192.0.2.1] refused to talk to me: 421 call \x1b[31mme"
    assert clause(refused) == "host mx.x.example[192.0.2.1] refused to talk to me"
