"""A report that goes on to people quotes the header of a message that may have had to go securely: to own people it
goes as Postfix wrote it, and out of the house by a secure way alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.engine import Engine

from segl.errors import DeliveryError, SmtpReply
from segl.events import Events
from segl.mail.handover import Handover
from segl.mail.outgoing import Outgoing
from segl.receipts.facts import Facts
from segl.receipts.key import ReceiptKey
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.canary import CanaryReports
from segl_delivery.receipts.agent import ReceiptAgent
from segl_delivery.receipts.report_writer import ReportWriter
from world.reports import SECURE, report

METTE, BO = "mette@nordby.example", "bo@nordby.example"
HOST = "mail.nordby.example"
GMAIL, AT_HOST = "mette@gmail.example", f"mette@{HOST}"
KEY = ReceiptKey(b"k" * 32)


@dataclass
class Port:
    """A port of either Postfix. ``taken``: the recipients of each message that it took."""

    taken: list[tuple[str, ...]] = field(default_factory=list)
    down: bool = False

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes | Outgoing,
        *,
        smtputf8: bool,
        envelope_id: str = "",
        together: bool = False,
    ) -> Handover:
        if self.down:
            raise DeliveryError("not now")
        assert not sender
        assert isinstance(message, bytes)
        assert b"\r\nSubject: Flytning\r\n" in message
        assert b"X-Segl" not in message
        self.taken.append(tuple(recipients))
        return Handover("1")

    def size_limit(self) -> int | None:
        return None


class Desk:
    """Takes reports of Mette's message; her terms are Postfix's own notices in place of receipts."""

    def __init__(self, engine: Engine) -> None:
        self.settings: Settings = parse_settings(
            {
                "organisation": {"name": "N", "domains": ["nordby.example"]},
                "receipt": [{"domain": "nordby.example", "send": "none"}],
            }
        )
        self.inside, self.return_port, self.entrance = Port(), Port(), Port()
        events = Events("segl-deliver")
        self.agent = ReceiptAgent(
            settings=self.settings,
            key=KEY,
            report_writer=ReportWriter(engine, lambda: self.settings),
            inside=self.inside,
            return_port=self.return_port,
            entrance=self.entrance,
            events=events,
            canaries=CanaryReports(self.settings, KEY, engine, events),
        )

    def tell(
        self,
        *recipients: str,
        name: str = "",
        reporter: str = HOST,
        sender: str = METTE,
        action: str = "failed",
    ) -> dict[str, SmtpReply]:
        """Bo's mailbox was full, or took it, says the *reporter*; the report has come to *recipients*."""
        name = name or KEY.new_id()
        facts = KEY.seal(name, Facts(1_795_575_511.0, ("cpr",), (BO,)).to_bytes())
        group = {"Final-Recipient": f"rfc822; {BO}", "Action": action, "Status": "5.2.2"}
        content = report(name, group, reporter=reporter, to=sender, facts=facts.replace("\n", "\r\n"))
        return asyncio.run(self.agent.deliver(Delivery(Envelope("", recipients), content)))


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_report_of_the_front_goes_on_to_own_people_by_the_return_port(desk: Desk) -> None:
    """It has read its recipients: what came of an alias is not looked up again."""
    assert [reply.code for reply in desk.tell(METTE).values()] == [250]
    assert (desk.return_port.taken, desk.entrance.taken, desk.inside.taken) == ([(METTE,)], [], [])


@pytest.mark.parametrize("away", [GMAIL, AT_HOST])
def test_where_the_senders_alias_leads_outside_it_goes_a_secure_way(desk: Desk, away: str) -> None:
    """Of a user of the host, too, it is segl-map that knows whether his mail ends there."""
    assert [reply.code for reply in desk.tell(away).values()] == [250]
    assert (desk.return_port.taken, desk.entrance.taken, desk.inside.taken) == ([], [(away,)], [])


def test_each_of_several_behind_the_alias_has_his_own(desk: Desk) -> None:
    assert set(desk.tell(METTE, GMAIL, BO)) == {METTE, GMAIL, BO}
    assert (desk.return_port.taken, desk.entrance.taken) == ([(METTE, BO)], [(GMAIL,)])


def test_so_does_one_that_is_not_believed(desk: Desk) -> None:
    """No name of ours, another's key, a sender whose message it was not: the header may be ours all the same."""
    name = KEY.new_id()
    desk.tell(METTE, name=name)
    desk.tell(GMAIL, name=name, sender=BO)
    desk.tell(GMAIL, name="0f" * 32)
    desk.tell(GMAIL, name=ReceiptKey(b"o" * 32).new_id())
    assert (desk.return_port.taken, desk.entrance.taken) == ([(METTE,)], [(GMAIL,)] * 3)


def test_one_about_no_message_of_ours_goes_back_as_it_came(desk: Desk) -> None:
    """To a stranger whose mail could not be delivered: all that Segl sends securely bears a name of ours."""
    desk.tell(GMAIL, name="QQ314159")
    assert (desk.return_port.taken, desk.entrance.taken) == ([(GMAIL,)], [])


def test_one_that_cannot_be_read_may_be_about_anything(desk: Desk) -> None:
    broken = b"Content-Type: multipart/report\r\nX-Segl-Id: x\r\n\r\n\r\nSubject: Flytning\r\n"
    delivery = Delivery(Envelope("", (METTE, GMAIL)), broken)
    asyncio.run(desk.agent.deliver(delivery))
    assert (desk.return_port.taken, desk.entrance.taken) == ([(METTE,)], [(GMAIL,)])


def test_the_secure_instance_has_read_nothing(desk: Desk) -> None:
    desk.tell(METTE, reporter=SECURE)
    assert (desk.return_port.taken, desk.entrance.taken, desk.inside.taken) == ([], [], [(METTE,)])


def test_a_port_that_is_down_keeps_those_waiting_whom_it_serves(desk: Desk) -> None:
    desk.entrance.down = True
    replies = desk.tell(METTE, GMAIL)
    assert (replies[METTE].code, replies[GMAIL].code) == (250, 451)
    assert desk.return_port.taken == [(METTE,)]


@pytest.mark.parametrize("reporter", [HOST, SECURE])
@pytest.mark.parametrize(
    ("action", "told"), [("relayed", 0), ("delivered", 0), ("delayed", 1), ("failed", 1)]
)
def test_a_sender_that_postfix_itself_wrote_for_each_recipient_hears_of_no_success(
    desk: Desk, reporter: str, action: str, told: int
) -> None:
    """XVERP: one message with as many senders as recipients. It is known under the first, and whatever comes to
    another counts as a failure."""
    name, (first, member) = (
        KEY.new_id(),
        (f"liste+{one}=kunde.example@nordby.example" for one in ("ib", "bo")),
    )
    desk.tell(first, name=name, reporter=SECURE, sender=first, action="relayed")
    replies = desk.tell(member, name=name, reporter=reporter, sender=member, action=action)
    assert [reply.code for reply in replies.values()] == [250]
    assert len(desk.return_port.taken + desk.inside.taken + desk.entrance.taken) == told


def test_one_that_postfix_gives_up_meanwhile_does_not_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that hung has kept it for too long: Postfix comes again with it, and each try would go on."""
    monkeypatch.setattr("segl_delivery.agent.LATEST_START", -1.0)
    assert [reply.code for reply in desk.tell(METTE).values()] == [451]
    assert desk.return_port.taken == []
