"""One connection from an MTA: packets in, the callbacks of a session, answers out.

Postfix writes packets that need no answer in one go, so one read returns many of them, and all edits are sent with the
answer in one write. A protocol error, or an error of ours, closes the connection; the MTA then defers the message.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Protocol

from segl.errors import SmtpReply
from segl_milter.protocol import (
    HEAD,
    MOST_BYTES,
    Edits,
    MilterProtocolError,
    Negotiated,
    ReplyCode,
    client_address,
    macro,
    negotiate,
    packet,
    reply,
    strings,
)

_AT_ONCE = 262_144  # bytes; a socket holds less
_SILENT_SECONDS = 7_210  # of an MTA, until it is given up: libmilter's measure
_TIMEVAL = struct.Struct("ll")
_CONTINUE = packet(ReplyCode.CONTINUE.value)

_NEGOTIATE, _MACROS, _CONNECT, _MAIL, _RECIPIENT, _HEADER, _BODY, _END, _QUIT = b"ODCMRLBEQ"
_GIVEN_UP = b"AK"  # the message is given up; the session of SMTP ends, and another begins
_PASSED_OVER = b"HTNU"  # what an older MTA cannot leave out
_OF_CONNECTION = (ord("C"), ord("H"))  # macros of these steps hold for all messages


class Context(Protocol):
    """What a session may ask and do at the end of a message."""

    edits: Edits

    @property
    def queue_id(self) -> str: ...
    @property
    def client(self) -> str: ...
    def refuse(self, words: SmtpReply) -> None: ...


class Callbacks(Protocol):
    """A session: the messages of one connection, one after another."""

    def envelope_from(self, address: bytes, *parameters: bytes) -> None: ...
    def envelope_recipient(self, address: bytes, *parameters: bytes) -> None: ...
    def header(self, name: bytes, value: bytes) -> None: ...
    def body(self, chunk: bytes) -> None: ...
    def end_of_message(self) -> ReplyCode: ...
    def answered(self) -> None: ...
    def abort(self) -> None: ...


SessionFactory = Callable[[Context], Callbacks]


class Connection:
    """One connection, which is a session's :class:`Context` too."""

    def __init__(self, sock: socket.socket, sessions: SessionFactory) -> None:
        self.edits = Edits()
        self._sock = sock
        self._terms: Negotiated | None = None
        self._macros: dict[int, bytes] = {}  # the latest of each step
        self._client = ""  # as the connect step names it, where it is not left out
        self._refusal = b""
        self._session = sessions(self)

    def serve(self) -> None:
        """Until the MTA ends it. Raises :class:`MilterProtocolError`, :class:`OSError`, and what the session raises."""
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._sock.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL.pack(_SILENT_SECONDS, 0))
        try:
            self._read()
        finally:
            self._session.abort()
            del self._session  # it knows us: as a circle both would stay until the collector comes by

    def _read(self) -> None:
        held, at = b"", 0
        while True:
            if len(held) - at < HEAD.size:
                held, at = self._more(held[at:], HEAD.size), 0
                if len(held) < HEAD.size:
                    return
            length, command = HEAD.unpack_from(held, at)
            if not 0 < length <= MOST_BYTES:
                raise MilterProtocolError(f"a packet of {length} bytes")
            size = HEAD.size - 1 + length
            if len(held) - at < size:
                held, at = self._more(held[at:], size), 0
                if len(held) < size:
                    return
            if not self._take(command, held[at + HEAD.size : at + size]):
                return
            at += size

    def _more(self, held: bytes, wanted: int) -> bytes:
        """*held* and what follows it, *wanted* bytes or more; fewer when the MTA has hung up."""
        pieces, size = [held], len(held)
        while size < wanted and (piece := self._sock.recv(_AT_ONCE)):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def _take(self, command: int, data: bytes) -> bool:
        """One packet; whether the connection goes on."""
        if command == _MACROS:
            if data:
                self._macros[data[0]] = data
        elif command == _NEGOTIATE:
            self._terms, told = negotiate(data)
            self._sock.sendall(told)
        elif self._terms is None:
            raise MilterProtocolError("a command before the negotiation")
        elif command == _END:
            self._end(data)
        elif command == _QUIT:
            return False
        elif command in _GIVEN_UP:
            self._session.abort()
        else:
            self._step(command, data, self._terms)
            if command not in self._terms.quiet:
                self._sock.sendall(_CONTINUE)
        return True

    def _step(self, command: int, data: bytes, terms: Negotiated) -> None:
        """A piece of a message."""
        if command == _HEADER:
            name, _, value = data.removesuffix(b"\0").partition(b"\0")
            self._session.header(name, value if terms.leading_space else b" " + value)
        elif command == _BODY:
            self._session.body(data)
        elif command == _RECIPIENT:
            self._session.envelope_recipient(*strings(data))
        elif command == _MAIL:
            self._session.envelope_from(*strings(data))
        elif command == _CONNECT:
            self._client = client_address(data)
        elif command not in _PASSED_OVER:
            raise MilterProtocolError(f"the command {command}")

    def _end(self, rest: bytes) -> None:
        if rest:
            self._session.body(rest)
        answer = self._session.end_of_message()
        told = self._refusal or packet(answer.value)
        self._sock.sendall(b"".join((*self.edits.packets, told)))
        self._session.answered()
        self.edits, self._refusal = Edits(), b""
        self._macros = {step: kept for step, kept in self._macros.items() if step in _OF_CONNECTION}

    # What a session may ask and do.

    @property
    def queue_id(self) -> str:
        """The queue id, ``""`` when Postfix did not tell it."""
        return self._macro(b"i").decode("utf-8", "replace")

    @property
    def client(self) -> str:
        """The client's address, ``""`` when Postfix did not tell it."""
        return self._macro(b"{client_addr}").decode("ascii", "replace") or self._client

    def _macro(self, name: bytes) -> bytes:
        """The value of *name*, as the latest step has it that has it."""
        told = (macro(data, name) for data in reversed(self._macros.values()))
        return next((value for value in told if value is not None), b"")

    def refuse(self, words: SmtpReply) -> None:
        """Answer with these *words*, and make no edits."""
        self._refusal = reply(words)
        self.edits = Edits()
