"""Which message the milter takes for one of the house's own canaries, and counts and remembers nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from segl.canary.token import Token
from segl.errors import SmtpReply
from segl.events import Events
from segl.receipts.key import ReceiptKey
from segl.settings.canary import OWN_SINK
from segl.settings.file import parse_settings
from segl_classifier.rules import shipped_rules
from segl_milter.protocol import Edits, ReplyCode
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic

KEY, OTHER = ReceiptKey(b"k" * 32), ReceiptKey(b"o" * 32)
BO = "bo@kunde.example"
NAMED = Token.new(KEY, OWN_SINK).message_id


@dataclass
class Told:
    """A session's context that stands by itself."""

    queue_id: str = "Q1"
    client: str = "127.0.0.1"
    edits: Edits = field(default_factory=Edits)

    def refuse(self, words: SmtpReply) -> None:
        raise AssertionError(words)


def counted() -> float:
    return REGISTRY.get_sample_value("segl_messages_total", {"decision": "secure", "mode": "detect"}) or 0.0


@pytest.mark.parametrize(
    ("recipients", "message_id", "key", "canary"),
    [
        pytest.param([OWN_SINK], NAMED, KEY, True, id="a canary"),
        pytest.param([OWN_SINK, BO], NAMED, KEY, False, id="to somebody else, too"),
        pytest.param([OWN_SINK], "<1@nordby.example>", KEY, False, id="under a name of its own"),
        pytest.param([OWN_SINK], NAMED, OTHER, False, id="another house's"),
        pytest.param([OWN_SINK], NAMED, None, False, id="no receipts"),
        pytest.param([BO], NAMED, KEY, False, id="to somebody else"),
        pytest.param([BO], Token.new(KEY, BO).message_id, KEY, False, id="a name for what is no sink"),
    ],
)
def test_only_what_goes_to_a_sink_alone_under_a_name_of_ours_for_it(
    recipients: list[str], message_id: str, key: ReceiptKey | None, canary: bool
) -> None:
    settings = parse_settings({"organisation": {"name": "V", "domains": ["nordby.example"]}})
    remembered = list[object]()
    resources = WorkerResources(
        settings,
        shipped_rules(),
        Events("t"),
        Traffic(),
        receipt_key=key,
        remember=lambda ruling, _: remembered.append(ruling),
    )
    session, before = Session(resources, Told()), counted()
    session.envelope_from(b"<anna@nordby.example>")
    for recipient in recipients:
        session.envelope_recipient(f"<{recipient}>".encode())
    session.header(b"Message-ID", f" {message_id}".encode())
    session.body(b"Mit CPR-nummer er 010190-1233.\r\n")
    assert session.end_of_message() is ReplyCode.CONTINUE
    session.answered()
    assert (len(remembered), counted() - before) == ((0, 0) if canary else (1, 1))
