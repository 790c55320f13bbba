"""Hands on what Segl itself writes to own people: receipts, news, mails about messages on hold, portal answers.

The return port is for copies whose recipients the front has read already: it follows no alias. What Segl writes is
addressed as people are, so it goes in by a port of its own, where the front reads the recipients as those of any mail
(canonical and virtual aliases, unknown recipients refused at RCPT) and hands the result to the secure instance: whoever
is own then gets it by the return port, and an alias that leads outside is served by a secure way
(docs/decisions/0049-own-mail.md).

``segl install`` makes that port. Where it has not run since it knows of it, or where it cannot be seen that the port is
Postfix's (:mod:`segl.mail.port_owner`), mail goes by the old port as before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from segl.errors import SeglError
from segl.mail.handover import Handover, NextHop, NotThere, Unreachable
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import ReturnPort
from segl.settings.document import Settings

# What smtpd says at that port (smtpd_banner in postfix/conf/front.master.cf): a port has a default, and what listens
# there on a host where `segl install` was not run since may be anything, and say anything (segl.mail.port_owner).
GREETING: Final = "segl-own"
_OLD_WAY_SECONDS: Final = 60.0
_A_MOMENT: Final = 0.1
_T = TypeVar("_T")


def _anybody(_: str) -> bool:
    return True


class OwnMail:
    """Blocking; raises as :class:`ReturnPort` does. Used by several threads: that two of them find the port missing at
    once is told twice, and no more."""

    def __init__(
        self,
        own: ReturnPort,
        back: ReturnPort,
        is_own: Callable[[str], bool],
        missing: Callable[[SeglError], None],
        clock: Callable[[], float] = time.monotonic,
        back_may: Callable[[str], bool] = _anybody,
    ) -> None:
        """*back* takes what goes to others than own people alone, and, while *own* is missing, everything to those of
        whom *back_may* says so: what is for others waits. *missing* is told of that."""
        self._own = own
        self._back = back
        self._is_own = is_own
        self._missing = missing
        self._clock = clock
        self._back_may = back_may
        self._old_way_until = float("-inf")

    @classmethod
    def of(
        cls,
        settings: Settings,
        back: ReturnPort,
        missing: Callable[[SeglError], None],
        is_own: Callable[[str], bool] | None = None,
        back_may: Callable[[str], bool] = _anybody,
    ) -> OwnMail:
        """*is_own* says of another address than one of the settings' own that it belongs here, too; *back_may*: see
        ``__init__``."""
        own = ReturnPort.at(settings.postfix.own_port, back.reply_seconds, back.onward, hop=NextHop.OWN_PORT)
        own = replace(own, greeting=GREETING)
        return cls(own, back, is_own or settings.takes, missing, back_may=back_may)

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
        def by(port: ReturnPort) -> Handover:
            return port.send(
                sender, recipients, message, smtputf8=smtputf8, envelope_id=envelope_id, together=together
            )

        return self._tried(by, recipients) if all(map(self._is_own, recipients)) else by(self._back)

    def size_limit(self) -> int | None:
        return self._tried(ReturnPort.size_limit)

    def _tried(self, what: Callable[[ReturnPort], _T], recipients: Sequence[str] = ()) -> _T:
        """*what* by the own port, by the other where it is missing: not while the front starts, which is seen by the
        other port."""
        if self._clock() < self._old_way_until:
            return self._by_back(what, recipients)
        try:
            return what(self._own)
        except NotThere:
            self._back.size_limit()
        time.sleep(_A_MOMENT)
        try:
            return what(self._own)
        except NotThere as error:
            self._missing(error)
        self._old_way_until = self._clock() + _OLD_WAY_SECONDS
        return self._by_back(what, recipients)

    def _by_back(self, what: Callable[[ReturnPort], _T], recipients: Sequence[str]) -> _T:
        if not all(map(self._back_may, recipients)):
            raise Unreachable(
                "the mail server cannot take this now",
                f"the {self._own} is missing, and not all of them may be written to by the {self._back}",
                "run: segl install",
            )
        return what(self._back)
