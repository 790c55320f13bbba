"""Messages of which a running segl-deliver is handed delivery reports, and the receipts that come of them."""

from __future__ import annotations

from email import message_from_bytes

from segl.receipts.facts import Facts
from segl.receipts.key import ReceiptKey
from world.desk import SENDER, Desk
from world.postfix import wait_until
from world.receipts import ReadReceipt
from world.reports import report

BO, EVA = "bo@x.example", "eva@y.example"


class Mail:
    """One message as its milter named it, and the reports about it."""

    def __init__(self, desk: Desk, *recipients: str, at: float = 1_795_575_511.0) -> None:
        self.desk = desk
        self.key = ReceiptKey.load(desk.directory / "receipts.key")
        self.name = self.key.new_id()
        facts = Facts(at, ("cpr",), recipients or (BO,))
        self.facts = self.key.seal(self.name, facts.to_bytes()).replace("\n", "\r\n")

    def report(self, *groups: dict[str, str], name: str = "", **more: str) -> bytes:
        return report(name or self.name, *groups, to=SENDER, facts=self.facts, **more)

    def tell(self, *groups: dict[str, str], name: str = "", to: str = SENDER, **more: str) -> str:
        with self.desk.client("receipt") as client:
            [reply] = client.deliver("", [to], self.report(*groups, name=name, **more))
        return reply


def receipts(desk: Desk) -> list[ReadReceipt]:
    return [ReadReceipt(mail, message_from_bytes(mail.content)) for mail in desk.return_port.received]


def wait_for(desk: Desk, number: int) -> list[ReadReceipt]:
    wait_until(lambda: len(desk.return_port.received) >= number, 60, lambda: desk.daemon.log)
    return receipts(desk)
