"""The MTA's side of the milter protocol, so that a milter can be tested without an MTA.

Each packet is a length (four bytes, network order, of what follows), a command byte and its data; strings end
with NUL. The client (the MTA) opens with ``O``: protocol version, the actions it offers and the steps it can
leave out, four bytes each; the milter answers with what it takes of them. Then come, for each message,
``M`` (MAIL, with its parameters), ``R`` for each recipient, ``L`` (a header's name and value), ``N`` (end of
the headers), ``B`` (a piece of the body) and ``E`` (its end), each answered by ``c`` (continue) unless it was
agreed that this step goes unanswered. ``D`` before a command carries macros, such as ``i``, the queue id.

After ``E`` the milter may send any number of edits: ``h`` add a header, ``m`` change or delete the n-th of a
name, ``+`` and ``2`` add a recipient (without and with parameters), ``-`` delete one, ``e`` change the
sender, ``q`` quarantine; then its verdict: ``c``, ``a`` (accept), ``r`` (reject), ``t`` (temporary failure)
or ``y`` (a reply text). ``A`` gives a message up, ``Q`` ends the connection.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 65535
VERSION = 6
ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF
HEADER_LEADING_SPACE = 0x100000
_LEFT_OUT = {"C": 0x01, "H": 0x02, "M": 0x04, "R": 0x08, "B": 0x10, "L": 0x20, "N": 0x40, "T": 0x200}
_UNANSWERED = {
    "L": 0x80,
    "C": 0x1000,
    "H": 0x2000,
    "M": 0x4000,
    "R": 0x8000,
    "T": 0x10000,
    "N": 0x40000,
    "B": 0x80000,
}


class Dropped(Exception):
    """The milter closed the connection."""


@dataclass
class Answer:
    """What the milter did with a message. Headers as (name, value), values without leading blanks."""

    verdict: str = ""
    reply: str = ""
    added: list[tuple[str, str]] = field(default_factory=list)
    removed: list[tuple[str, int]] = field(default_factory=list)
    deleted_recipients: list[str] = field(default_factory=list)
    added_recipients: list[tuple[str, str]] = field(default_factory=list)
    sender: tuple[str, str] | None = None
    quarantine: str = ""
    edits: str = ""  # the edits' command bytes in order

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.added)


class MilterClient:
    """One connection to a milter on a unix socket, negotiated."""

    def __init__(
        self, path: Path, *, seconds: float = 30, actions: int = ALL_ACTIONS, steps: int = ALL_STEPS
    ) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(seconds)
        self._sock.connect(str(path))
        self._in = self._sock.makefile("rb")
        try:
            _, self.actions, self.steps = self._negotiate(actions, steps)
        except BaseException:
            self.drop()
            raise

    def __enter__(self) -> MilterClient:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def mail(self, sender: str, *parameters: str) -> None:
        self._step("M", b"".join(_string(item) for item in (f"<{sender}>", *parameters)))

    def recipient(self, address: str, *parameters: str) -> None:
        self._step("R", b"".join(_string(item) for item in (f"<{address}>", *parameters)))

    def header(self, name: bytes, value: bytes) -> None:
        self._step("L", name + b"\0" + value + b"\0")

    def body(self, data: bytes) -> None:
        for start in range(0, len(data), _CHUNK):
            self._step("B", data[start : start + _CHUNK])

    @property
    def is_read(self) -> bool:
        """Whether the milter has read all that was sent (unix(7): ``SIOCOUTQ``)."""
        waiting = bytearray(4)
        fcntl.ioctl(self._sock, termios.TIOCOUTQ, waiting)
        return not any(waiting)

    def end(self, queue_id: str = "4c9dQ1x", client: str = "") -> Answer:
        self.send_end(queue_id, client)
        return self.answer()

    def send_end(self, queue_id: str = "4c9dQ1x", client: str = "") -> None:
        """End the message; :meth:`answer` takes what comes back."""
        told = b"E" + _string("i") + _string(queue_id)
        if client:
            told += _string("{client_addr}") + _string(client)
        self._send("D", told)
        self._send("E", b"")

    def answer(self) -> Answer:
        answer = Answer()
        while True:
            command, data = self._receive()
            match command:
                case "c" | "a" | "r" | "t" | "d":
                    answer.verdict = command
                    return answer
                case "y":
                    answer.verdict, answer.reply = command, data.rstrip(b"\0").decode()
                    return answer
                case "p":
                    continue
                case _:
                    answer.edits += command
                    _note(answer, command, data)

    def message(self, sender: str, recipients: list[str], raw: bytes) -> Answer:
        """A whole message as Postfix would hand it over."""
        self.mail(sender)
        for address in recipients:
            self.recipient(address)
        self.content(raw)
        return self.end()

    def content(self, raw: bytes) -> None:
        """Header and body of *raw* (CRLF line ends)."""
        head, _, body = (b"", b"", raw[2:]) if raw.startswith(b"\r\n") else raw.partition(b"\r\n\r\n")
        fields: list[bytes] = []
        for line in head.split(b"\r\n") if head else ():
            if line[:1] in (b" ", b"\t") and fields:
                fields[-1] += b"\n" + line
            else:
                fields.append(line)
        for line in fields:
            name, _, value = line.partition(b":")
            self.header(name, value if self.steps & HEADER_LEADING_SPACE else value.lstrip())
        if not self.steps & _LEFT_OUT["N"]:
            self._step("N", b"")
        self.body(body)

    def abort(self) -> None:
        self._send("A", b"")

    def close(self) -> None:
        """End the connection as an MTA does."""
        try:
            self._send("Q", b"")
        except (OSError, Dropped):
            pass
        finally:
            self.drop()

    def drop(self) -> None:
        """Break the connection off without a word."""
        self._in.close()
        self._sock.close()

    def _negotiate(self, actions: int, steps: int) -> tuple[int, int, int]:
        self._send("O", struct.pack("!III", VERSION, actions, steps))
        command, data = self._receive()
        if command != "O":
            raise AssertionError(f"negotiation was answered with {command!r}")
        version, taken, left_out = struct.unpack("!III", data[:12])
        return version, taken, left_out

    def _step(self, command: str, data: bytes) -> None:
        if self.steps & _LEFT_OUT[command]:
            return
        self._send(command, data)
        if self.steps & _UNANSWERED[command]:
            return
        answer, _ = self._receive()
        if answer != "c":
            raise AssertionError(f"{command} was answered with {answer!r}")

    def _send(self, command: str, data: bytes) -> None:
        try:
            self._sock.sendall(struct.pack("!I", len(data) + 1) + command.encode() + data)
        except ConnectionError:
            raise Dropped from None

    def _receive(self) -> tuple[str, bytes]:
        try:
            length = self._in.read(4)
            packet = self._in.read(struct.unpack("!I", length)[0]) if len(length) == 4 else b""
        except ConnectionError:
            packet = b""
        if not packet:
            raise Dropped
        return packet[:1].decode("latin-1"), packet[1:]


def _string(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\0"


def _note(answer: Answer, command: str, data: bytes) -> None:
    """Enter one edit in *answer*."""
    number = struct.unpack("!I", data[:4])[0] if command == "m" else 0
    strings = [part.decode() for part in (data[4:] if command == "m" else data).split(b"\0")[:-1]]
    match command:
        case "h":
            answer.added.append((strings[0], strings[1].lstrip()))
        case "m":
            if strings[1]:
                raise AssertionError(f"header {strings[0]} was changed, not removed")
            answer.removed.append((strings[0], number))
        case "-":
            answer.deleted_recipients.append(strings[0])
        case "+":
            answer.added_recipients.append((strings[0], ""))
        case "2":
            answer.added_recipients.append((strings[0], strings[1]))
        case "e":
            answer.sender = (strings[0], strings[1] if len(strings) > 1 else "")
        case "q":
            answer.quarantine = strings[0]
        case _:
            raise AssertionError(f"unknown edit {command!r}")
