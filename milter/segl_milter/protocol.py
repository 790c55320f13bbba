"""The milter protocol, as far as libmilter leaves it to us.

Postfix opens a connection to the milter for each SMTP session. First both sides *negotiate*: Postfix offers
the actions a milter may take (add a header, change a recipient) and the steps it can leave out, the milter
answers with those it wants. Then Postfix sends one packet an event: ``MAIL``, each ``RCPT``, each header
field, the body in chunks of 64 KB, the end of the message. Only at the end may the milter edit; its answer
there (continue, reject, temporary failure) is the reply to the sender's final dot. Several messages may
follow on one connection; an abort ends a message half-way, a close the connection.

Each packet that waits for an answer costs a round trip, each unwanted one a packet. So everything but the
end of the message goes unanswered (``P_NR_*``), and the steps that tell us nothing (connect, HELO, DATA,
end of headers, unknown commands) are left out. ``P_HDR_LEADSPC`` gives header values with the blanks
after the colon and the folds as sent, which a classifier of bytes needs.

Before each packet goes another with the *macros* of its step (queue id, client, login name), that of a step left out
too. A milter may say which macros it wants (``SETSYMLIST``); what it does not want Postfix need not find out, such
as where the sender's address would be delivered to.

libmilter (C) reads the packets on a thread for each connection in hand; pymilter's module ``milter``
calls the functions set here, one at a time under the interpreter's lock. It is used through its package
``Milter``, since a folder of ours is called ``milter`` too and type checkers take that for the module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import Milter

ACTIONS: int = (
    Milter.ADDHDRS
    | Milter.CHGHDRS
    | Milter.ADDRCPT
    | Milter.ADDRCPT_PAR
    | Milter.DELRCPT
    | Milter.CHGFROM
    | Milter.QUARANTINE
)
_LEFT_OUT: int = Milter.P_NOCONNECT | Milter.P_NOHELO | Milter.P_NODATA | Milter.P_NOEOH | Milter.P_NOUNKNOWN
_UNANSWERED: int = Milter.P_NR_MAIL | Milter.P_NR_RCPT | Milter.P_NR_HDR | Milter.P_NR_BODY
STEPS: int = _LEFT_OUT | _UNANSWERED | Milter.P_HDR_LEADSPC

# The macros of each step: of all there are, only the queue id is read, at the end of the message. An empty list would
# mean all that main.cf names. Header fields come with those of the end of the headers.
_MACROS = dict.fromkeys(
    (
        Milter.M_CONNECT,
        Milter.M_HELO,
        Milter.M_ENVFROM,
        Milter.M_ENVRCPT,
        Milter.M_DATA,
        Milter.M_EOH,
        Milter.M_EOM,
    ),
    "i",
)

BACKLOG = 512  # connections that may wait while every worker is being replaced


class Context(Protocol):
    """What pymilter's ``milterContext`` offers to us. Edits are allowed at the end of a message only."""

    def setpriv(self, value: object) -> None: ...
    def getpriv(self) -> Any: ...
    def getsymval(self, name: str) -> str | None: ...
    def setsymlist(self, step: int, names: str) -> None: ...
    def addheader(self, name: str, value: str, index: int) -> None: ...
    def chgheader(self, name: str, index: int, value: str) -> None: ...
    def addrcpt(self, address: str, parameters: str | None) -> None: ...
    def delrcpt(self, address: str) -> None: ...
    def chgfrom(self, address: str, parameters: str | None) -> None: ...
    def quarantine(self, reason: str) -> None: ...
    def setreply(self, code: str, enhanced: str, text: str) -> None: ...


class Callbacks(Protocol):
    """One connection, as libmilter drives it."""

    def envelope_from(self, address: bytes, *parameters: bytes) -> int: ...
    def envelope_recipient(self, address: bytes, *parameters: bytes) -> int: ...
    def header(self, name: str, value: bytes) -> int: ...
    def body(self, chunk: bytes) -> int: ...
    def end_of_message(self) -> int: ...
    def abort(self) -> int: ...
    def close(self) -> int: ...


SessionFactory = Callable[[Context, int], Callbacks]  # context, steps agreed on


# libmilter knows one set of callbacks a process, so there is one maker of sessions, set before it starts.
_sessions: SessionFactory | None = None


def register() -> None:
    """Tell libmilter of our callbacks. Once, before the socket is opened."""
    Milter.set_flags(ACTIONS | Milter.SETSYMLIST)
    Milter.set_envfrom_callback(lambda context, *given: context.getpriv().envelope_from(*given))
    Milter.set_envrcpt_callback(lambda context, *given: context.getpriv().envelope_recipient(*given))
    Milter.set_header_callback(lambda context, name, value: context.getpriv().header(name, value))
    Milter.set_body_callback(lambda context, chunk: context.getpriv().body(chunk))
    Milter.set_eom_callback(lambda context: context.getpriv().end_of_message())
    Milter.set_abort_callback(lambda context: context.getpriv().abort())
    Milter.set_close_callback(_close)
    Milter.register("segl", negotiate=_negotiate)


def run(sessions: SessionFactory) -> None:
    """Serve connections, each by one of *sessions*, until libmilter is stopped."""
    global _sessions
    _sessions = sessions
    Milter.main()


def _negotiate(context: Context, options: list[int]) -> int:
    offered_actions, offered_steps = options[0], options[1]
    if ACTIONS & ~offered_actions or _sessions is None:
        return int(Milter.REJECT)  # the MTA then treats the milter as broken: temporary failure
    steps = offered_steps & STEPS
    context.setpriv(_sessions(context, steps))
    choice = offered_actions & Milter.SETSYMLIST
    if choice:
        for step, names in _MACROS.items():
            context.setsymlist(step, names)
    options[:] = [ACTIONS | choice, steps, 0, 0]
    return int(Milter.CONTINUE)


def _close(context: Context) -> int:
    session = context.getpriv()
    if session is None:
        return int(Milter.CONTINUE)
    context.setpriv(None)
    return int(session.close())


def open_socket(path: str) -> None:
    """Let libmilter listen on the unix socket *path*. Raises ``Milter.error``."""
    Milter.setconn(f"unix:{path}")
    Milter.setbacklog(BACKLOG)
    Milter.opensocket(0)
