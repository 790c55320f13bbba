"""What goes along with a message that goes securely, from its verdict to the fields Postfix is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from segl.errors import SmtpReply
from segl.events import Events
from segl.policy.table import Message
from segl.receipts.facts import Facts
from segl.receipts.key import KEY_BYTES, ReceiptKey
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Finding, Label, Proof, Verdict
from segl_classifier.rules import shipped_rules
from segl_milter import refusals
from segl_milter.disposition import Disposition, disposition_of
from segl_milter.policies import message_of
from segl_milter.protocol import Edits, ReplyCode
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic
from segl_milter.transaction import MOST_STEERING, Address, Mail

TENANT = "00000000-0000-4000-8000-000000000000"
KEY = ReceiptKey(b"k" * KEY_BYTES)
FOUND = Verdict(
    Decision.SECURE,
    (Finding("cpr", Label.CPR, "body", "0101xx-xxxx", number=1),),
    (Label.CPR,),
    ("cpr",),
    scores=((Label.CPR, 0.9),),
)
MAIL = Mail(
    Address("<a@nordby.example>"),
    (Address("<eva@nordby.example>"), Address("<b@x.example>")),
    raw=b"",
    size=7,
    subjects=("[kodeord: den gule stol] fortroligt: Flytning",),
    content=(b" application/pkcs7-mime; smime-type=enveloped-data", b""),
)
FROM_OUTSIDE = Mail(
    Address("<a@x.example>"), MAIL.recipients, b"", 7, ("[sikker] Hej",), content=MAIL.content
)


def settings(**tables: Any) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings(
        {"organisation": organisation, "inbound": {"on": True, "tag_secure": "[sikker]"}} | tables
    )


def disposed(
    mail: Mail = MAIL,
    verdict: Verdict = FOUND,
    least: Proof | None = None,
    key: ReceiptKey | None = KEY,
    **tables: Any,
) -> Disposition:
    return disposition_of(mail, verdict, least, settings(**tables), key, canary=False)


def test_what_goes_securely_has_all_that_it_needs_on_its_way() -> None:
    found, again = disposed(least=Proof.DANE), disposed()
    assert (found.action, found.verdict, found.least) == (Decision.SECURE, FOUND, Proof.DANE)
    assert KEY.is_genuine(found.segl_id)
    facts = Facts.from_bytes(KEY.unseal(found.segl_id, found.facts))
    assert facts is not None
    assert (facts.reasons, facts.recipients) == (("cpr",), ("b@x.example",))
    assert found.opened
    assert found.wishes is not None
    assert (found.wishes.phrase, found.wishes.subject) == ("den gule stol", "fortroligt: Flytning")
    assert len(found.link_seed) == 43  # 256 bits
    assert not {found.segl_id, found.link_seed} & {again.segl_id, again.link_seed}
    assert disposed(FROM_OUTSIDE).subjects == ((1, "Hej"),)


def test_without_a_key_it_has_a_name_all_the_same() -> None:
    found, again = disposed(key=None), disposed(key=None)
    assert (len(found.segl_id), found.facts) == (32, "")  # 128 bits
    assert found.segl_id != again.segl_id


def test_what_goes_in_clear_has_neither_name_nor_facts() -> None:
    verdict = Verdict(Decision.PLAIN)
    assert disposed(FROM_OUTSIDE, verdict) == Disposition(
        Decision.PLAIN, verdict, "", opened=True, subjects=((1, "Hej"),)
    )


@pytest.mark.parametrize(
    ("sender", "reasons", "mode", "content", "unread"),
    [
        ("<a@nordby.example>", ("internal",), "detect", (), True),
        ("<a@nordby.example>", ("internal",), "always", (), True),
        ("<www-data@web.nordby.example>", ("internal",), "detect", (), True),
        ("<>", ("internal",), "detect", (), True),  # a mailbox server gives back, and quotes
        ("<root>", ("internal",), "detect", (), True),
        ("<a@nordby.example>", (), "detect", (), False),  # it was read
        ("<a@x.example>", ("internal",), "detect", (), False),  # it goes on as it came
        ("<a@nordby.example>", ("internal",), "shadow", (), False),
        ("<a@nordby.example>", ("internal",), "detect", MAIL.content, False),  # segl-deliver opens it
    ],
)
def test_what_own_people_write_to_each_other_is_marked_as_unread(
    sender: str, reasons: tuple[str, ...], mode: str, content: tuple[bytes, bytes], unread: bool
) -> None:
    mail = Mail(Address(sender), (Address("<eva@nordby.example>"),), b"", 7, content=content or (b"", b""))
    found = disposed(mail, Verdict(Decision.PLAIN, reasons=reasons), detection={"mode": mode})
    assert found.unread is unread


@pytest.mark.parametrize(
    ("policies", "demand", "least"),
    [
        (None, [], Proof.ENCRYPT),
        (Proof.DANE, [], Proof.DANE),
        (None, [{"labels": ["cpr"], "least": "dane"}], Proof.DANE),
        (None, [{"cpr_numbers": 2, "least": "dane"}], Proof.ENCRYPT),
        (Proof.SEALED, [{"labels": ["cpr"], "least": "dane"}], Proof.SEALED),
        (Proof.PKIX, [{"labels": ["cpr"], "least": "dane"}], Proof.DANE),
    ],
)
def test_it_demands_the_strictest_of_what_policies_and_content_demand(
    policies: Proof | None, demand: list[dict[str, Any]], least: Proof
) -> None:
    assert disposed(least=policies, demand=demand).least is least


def test_policies_know_all_that_is_known_of_a_message() -> None:
    table = settings(policy=[{"name": "p", "tags": ["fortroligt"], "verdict": "secure"}]).policies
    tagged = Mail(MAIL.sender, MAIL.recipients, b"", 7, ("fortroligt: Flytning",))
    assert message_of(tagged, FOUND, table) == Message(
        sender="a@nordby.example",
        labels=(Label.CPR,),
        cpr_numbers=1,
        scores={Label.CPR: 0.9},
        size=7,
        tags=frozenset({"fortroligt"}),
    )


# A session, from MAIL to the end


@dataclass
class Postfix:
    """What a session is told, and what it asks for."""

    edits: Edits = field(default_factory=Edits)
    queue_id: str = "4c9dQ1x"
    client: str = "192.0.2.7"
    refused: SmtpReply | None = None

    def refuse(self, words: SmtpReply) -> None:
        self.refused = words


def session(context: Postfix, announced: list[str], forged: int = 1, **tables: Any) -> ReplyCode:
    resources = WorkerResources(
        settings(**tables),
        shipped_rules(),
        Events("t"),
        Traffic(),
        announce=announced.append,
        receipt_key=KEY,
    )
    one = Session(resources, context)
    one.envelope_from(b"<a@nordby.example>")
    for recipient in (b"<eva@nordby.example>", b"<b@x.example>"):
        one.envelope_recipient(recipient)
    one.header(b"X-S\xc3\xa6gl", b" x")
    for _ in range(forged):
        one.header(b"X-Segl-Route", b" plain")
    one.body(b"Mit CPR-nummer er 010190-1233.\r\n")
    answer = one.end_of_message()
    one.answered()
    return answer


def test_a_session_puts_verdict_policies_and_demand_together() -> None:
    postfix, announced = Postfix(), list[str]()
    policy = {"name": "p", "sender": ["a@nordby.example"], "least": "dane"}
    assert session(postfix, announced, policy=[policy]) is ReplyCode.CONTINUE
    assert announced == ["eva@nordby.example", "b@x.example"]
    told = b"".join(postfix.edits.packets)
    assert b"m\0\0\0\1X-Segl-Route\0\0" in told
    assert told.endswith(b"hX-Segl-Least\0 dane\0\0\0\0\x16hX-Segl-Route\0 secure\0")


def test_a_session_refuses_what_a_stranger_hands_in_at_a_shared_gateway() -> None:
    for network, refused in (("192.0.2.0/24", refusals.STRANGER), ("198.51.100.0/24", None)):
        gateway = {"deliver_to": "[192.0.2.1]:25", "microsoft": [network], "tenant": TENANT}
        context = Postfix()
        answer = session(context, [], postfix={"gateway": gateway})
        assert (answer is ReplyCode.REJECT, context.refused) == (refused is not None, refused)
        assert bool(context.edits.packets) is (refused is None)


def test_a_session_refuses_what_would_keep_postfix_busy() -> None:
    context = Postfix()
    assert session(context, [], forged=MOST_STEERING + 1) is ReplyCode.REJECT
    assert (context.refused, context.edits.packets) == (refusals.FORGED, [])
