"""LMTP (RFC 2033): how Postfix hands a message over, with one reply for each recipient.

LMTP is SMTP with two differences. The greeting is ``LHLO``, and after the final dot the server sends as many
replies as there were accepted ``RCPT`` commands, in their order (an address named twice gets two).
Postfix finishes the recipients that got 250, tries those with 4xx again and gives those with 5xx back to
the sender: one recipient never holds the others. A 250 hands the message over: it is sent when the agent
says that the next holder has it on disk. Whatever else happens here, Postfix keeps the message: a fault
of ours is 451, and a connection that breaks before the replies leaves everything with Postfix.

DSN (RFC 3461) is not offered, on purpose: Postfix then reports a success itself and quotes our reply text.

There is a server for this in aiosmtpd, but it answers a message that is too large, or a fault, once for all
recipients (the client then waits for the missing replies), gives faults a permanent code, and rewrites
addresses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Final

from segl.errors import SmtpReply
from segl.events import Events
from segl.mail.paths import parse_path
from segl.metric_labels import DeliveryResult
from segl.metrics import DELIVERIES, DELIVERY_SECONDS
from segl.vocabulary import Envelope
from segl_delivery.agent import Agent, Delivery, reply_to
from segl_delivery.incoming import Incoming
from segl_delivery.lmtp.budget import ByteBudget
from segl_delivery.lmtp.in_hand import InHand, name_of
from segl_delivery.lmtp.wire import Closed, LineTooLong, Wire

LINE_LIMIT: Final = 4096
MOST_RECIPIENTS: Final = 2000
MOST_FAULTS: Final = 20  # bad commands before the connection is closed
IDLE_SECONDS: Final = 300.0
BUDGET_SECONDS: Final = 60.0  # Postfix waits 120 s for the reply to DATA (lmtp_data_init_timeout)

_OK = SmtpReply(250, "2.0.0", "ok")
_STOPPING = SmtpReply(421, "4.3.2", "stopping, try again soon")
_BAD_ARGUMENTS = SmtpReply(501, "5.5.4", "bad arguments")
_BAD_ADDRESS = SmtpReply(501, "5.1.3", "bad address syntax")
_BAD_SEQUENCE = SmtpReply(503, "5.5.1", "bad sequence of commands")
_TOO_LARGE = SmtpReply(552, "5.3.4", "the message is too large")
_BUSY = SmtpReply(451, "4.3.1", "too much mail in hand now, try again soon")
_PUT_OFF = SmtpReply(
    451, "4.3.0", "segl-deliver was ended while it had this message in hand; it is tried again later"
)
_UNDECIDED = SmtpReply(451, "4.3.0", "not delivered now")


@dataclass(frozen=True, slots=True)
class Service:
    """What a session serves. ``agent`` and ``budget`` are asked for at each message, so that a reload takes effect."""

    agent: Callable[[], Agent]
    budget: Callable[[], ByteBudget]
    events: Events
    message_bytes: int
    in_hand: InHand


class Session:
    """One connection. The methods named after commands are the protocol; each returns its reply."""

    def __init__(self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service = service
        self._wire = Wire(reader, IDLE_SECONDS)
        self._writer = writer
        self._task: asyncio.Task[None] | None = None
        self._greeted = False
        self._client = ""
        self._faults = 0
        self._stopping = False
        self.busy = False  # a message is being received or delivered
        self._reset()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._smtputf8 = False
        self._size = self._service.message_bytes

    async def run(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._say("220 segl-deliver LMTP")
            while await self._one_command():
                pass
        except (Closed, ConnectionError):
            pass  # Postfix keeps whatever it had no reply for
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            with suppress(Exception):
                await self._say(_STOPPING)
        finally:
            self._writer.close()

    def stop(self, *, now: bool = False) -> None:
        """End the connection: at once when no message is in hand, else after its replies. *now* does not
        wait."""
        self._stopping = True
        if self._task is not None and (now or not self.busy):
            self._task.cancel()

    async def _one_command(self) -> bool:
        """Read and answer a command; says whether to go on."""
        try:
            line = await self._wire.line(LINE_LIMIT)
            verb, _, argument = line.decode("utf-8").partition(" ")
        except (LineTooLong, UnicodeDecodeError):
            return await self._answer(SmtpReply(500, "5.5.2", "line too long or not UTF-8"))
        match verb.upper():
            case "DATA":
                return await self._data(argument)
            case "QUIT":
                await self._say(SmtpReply(221, "2.0.0", "goodbye"))
                return False
            case "LHLO":
                return await self._lhlo(argument)
            case "MAIL":
                reply = self._mail(argument)
            case "RCPT":
                reply = self._rcpt(argument)
            case "RSET":
                self._reset()
                reply = _OK
            case "NOOP":
                reply = _OK
            case "VRFY":
                reply = SmtpReply(252, "2.5.0", "not checked here, but mail is taken")
            case _:  # EHLO and HELO too: RFC 2033 §4.1 wants them refused
                reply = SmtpReply(500, "5.5.1", "command not known")
        return await self._answer(reply)

    async def _lhlo(self, argument: str) -> bool:
        if not argument.strip():
            return await self._answer(_BAD_ARGUMENTS)
        self._reset()
        self._greeted = True
        self._client = argument.strip()
        words = [
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            f"SIZE {self._service.message_bytes}",
            "8BITMIME",
            "SMTPUTF8",
        ]
        lines = ["segl-deliver", *words]
        await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))
        return not self._stopping

    def _mail(self, argument: str) -> SmtpReply:
        if not self._greeted or self._sender is not None:
            return _BAD_SEQUENCE
        if argument[:5].upper() != "FROM:":
            return _BAD_ARGUMENTS
        try:
            sender, parameters = parse_path(argument[5:])
        except ValueError:
            return _BAD_ADDRESS
        if parameters.pop("BODY", "7BIT").upper() not in ("7BIT", "8BITMIME"):
            return _BAD_ARGUMENTS
        smtputf8 = parameters.pop("SMTPUTF8", None) is not None or not sender.isascii()
        size = parameters.pop("SIZE", "")
        if size and (not size.isascii() or not size.isdigit() or len(size) > 20):
            return _BAD_ARGUMENTS
        if parameters:
            return SmtpReply(555, "5.5.4", "parameter not known")
        if size and int(size) > self._service.message_bytes:
            return _TOO_LARGE
        # Postfix declares the size in its queue, where line ends are shorter.
        self._size = int(size) + int(size) // 16 + 4096 if size else self._service.message_bytes
        self._sender, self._smtputf8 = sender, smtputf8
        return SmtpReply(250, "2.1.0", "ok")

    def _rcpt(self, argument: str) -> SmtpReply:
        if self._sender is None:
            return _BAD_SEQUENCE
        if argument[:3].upper() != "TO:":
            return _BAD_ARGUMENTS
        try:
            recipient, parameters = parse_path(argument[3:])
        except ValueError:
            return _BAD_ADDRESS
        if parameters:
            return SmtpReply(555, "5.5.4", "parameter not known")
        if "@" not in recipient:
            return _BAD_ADDRESS
        if len(self._recipients) >= MOST_RECIPIENTS:
            return SmtpReply(452, "4.5.3", "too many recipients for one message")
        self._recipients.append(recipient)
        self._smtputf8 = self._smtputf8 or not recipient.isascii()
        return SmtpReply(250, "2.1.5", "ok")

    async def _data(self, argument: str) -> bool:
        if argument.strip():
            return await self._answer(_BAD_ARGUMENTS)
        if not self._recipients:
            return await self._answer(_BAD_SEQUENCE)
        name = self._mark()
        if name and (ends := self._service.in_hand.put_off(name)) is not None:
            self._service.events.put_off(self._service.agent().way.value, self._recipients, ends.count)
            return await self._answer(_PUT_OFF)
        self.busy = True
        try:
            async with self._service.budget().reserve(self._size, BUDGET_SECONDS):
                await self._say("354 go on, end with a dot")
                with self._service.in_hand.holding(name) if name else nullcontext():
                    content = await self._wire.data(self._service.message_bytes)
                    replies = await self._deliver(content)
                    del content
        except TimeoutError:
            replies = [_BUSY]
        await self._say("\r\n".join(map(str, replies)))
        self._reset()
        self.busy = False
        return not self._stopping

    def _mark(self) -> str:
        """That of the message while it is in hand. Reports and canaries have none: they are our own, and small."""
        way = self._service.agent().way
        if isinstance(way, Incoming):
            return ""
        return name_of(way.value, self._sender or "", self._recipients, self._size)

    async def _deliver(self, content: bytes | None) -> list[SmtpReply]:
        """One reply for each RCPT, in order; never raises for a fault of an agent."""
        if content is None:
            return [_TOO_LARGE] * len(self._recipients)
        envelope = Envelope(self._sender or "", tuple(self._recipients))
        agent, began = self._service.agent(), time.monotonic()
        try:
            replies = await agent.deliver(Delivery(envelope, content, self._smtputf8, self._client))
        except Exception as error:
            self._service.events.failed(f"{agent.way} delivery", error)
            replies = dict.fromkeys(self._recipients, reply_to(error))
        DELIVERY_SECONDS.labels(agent.way.value).observe(time.monotonic() - began)
        _count(agent.way.value, replies)
        return [replies.get(recipient, _UNDECIDED) for recipient in self._recipients]

    async def _answer(self, reply: SmtpReply) -> bool:
        if reply.code >= 500:
            self._faults += 1
        if self._faults >= MOST_FAULTS:
            await self._say(SmtpReply(421, "4.7.0", "too many errors"))
            return False
        await self._say(reply)
        return not self._stopping

    async def _say(self, reply: SmtpReply | str) -> None:
        self._writer.write(f"{reply}\r\n".encode("ascii", "replace"))
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._writer.drain()
        except TimeoutError:
            raise Closed from None


def _count(way: str, replies: Mapping[str, SmtpReply]) -> None:
    for reply in replies.values():
        DELIVERIES.labels(way, DeliveryResult.of(reply.code)).inc()
