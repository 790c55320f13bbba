"""Sends canaries through the front, as a mail program does, and looks at the settings of both Postfix instances.

A canary comes in by one entrance. What lets mail out by another, or of some recipients alone, stands in the settings:
so they are looked at each time, with the checks of `segl doctor` (:func:`look_at`).

A canary is written into the store before it is handed in, so that one that is lost is missed. It asks for delivery
reports under an envelope id of its own: the milter puts another in its place, and where no milter does, the front's
own report tells (:mod:`segl.canary.standing`).
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine

from segl.canary import records
from segl.canary.letter import letter
from segl.canary.standing import HostLook, Sent
from segl.canary.token import Token
from segl.clock import Clock, is_behind
from segl.errors import PostfixError
from segl.mail.smtp_client import clean_reply
from segl.nodes import last_heard
from segl.postfix.check import Check, Setup, State
from segl.postfix.check_demands import demand_checks
from segl.postfix.check_front import front_checks
from segl.postfix.check_secure import secure_checks
from segl.postfix.running import read_instance
from segl.receipts.key import ReceiptKey
from segl.settings.canary import CanarySink
from segl.settings.document import Settings
from segl.store.engine import transaction

_SECONDS = 90.0  # Postfix waits 60 for the milter
_EARLY = 5.0  # the timer is not exact
# What is wrong here makes mail come in unexamined: it goes securely. Any other failure may let it out.
_MILTER_CHECKS = frozenset({"front.milter", "front.milter-sendmail", "front.service-milter"})
_GROUPS = (front_checks, secure_checks, demand_checks)


@dataclass(frozen=True, slots=True)
class CanarySender:
    """Sends canaries from *host*, and looks at its settings."""

    settings: Settings
    engine: Engine
    key: ReceiptKey
    host: str

    @classmethod
    def at_home(cls, settings: Settings, engine: Engine, key: ReceiptKey) -> CanarySender:
        return cls(settings, engine, key, settings.store.node_name)

    def due(self, now: float) -> list[CanarySink]:
        """The sinks that it is time for."""
        with transaction(self.engine) as connection:
            last = records.last_sent(connection, self.host)
        return [
            sink
            for sink in self.settings.canary.sinks
            if now - last.get(sink.name, 0.0) >= sink.every - _EARLY
        ]

    def send(self, sinks: Sequence[CanarySink]) -> list[str]:
        """Send one to each; their ids. A front that refuses one is a fact in the store, not an error. Raises
        :class:`~segl.errors.StoreError`."""
        sent = []
        for sink in sinks:
            token = Token.new(self.key, sink.address)
            canary = Sent(
                id=token.id,
                sink=sink.name,
                sent_at=time.time(),
                host=self.host,
                envelope_id=self.key.new_id(),
            )
            with transaction(self.engine) as connection:
                records.sent(connection, canary)
            if why := self._hand_in(sink, token, canary):
                with transaction(self.engine) as connection:
                    records.refused(connection, token.id, why)
            sent.append(token.id)
        return sent

    def look(self, now: float) -> HostLook:
        """What is wrong in Postfix's settings here; it is written down. Raises :class:`~segl.errors.StoreError`."""
        look, heard = look_at(self.settings), last_heard(self.engine, now)
        with transaction(self.engine) as connection:
            records.looked(connection, self.host, now, look)
            if Clock().believes(now, heard) and not is_behind(now, heard):
                records.set_right(connection, now)
                records.forget(connection, now)
        return look

    def _hand_in(self, sink: CanarySink, token: Token, canary: Sent) -> str:
        """Why the front did not take it; empty when it did."""
        settings = self.settings
        sender = settings.canary_sender
        content = letter(
            sender=sender,
            organisation=settings.organisation.name,
            recipient=sink.address,
            message_id=token.message_id,
            at=datetime.now().astimezone(),
        )
        host, _, port = settings.canary.front.rpartition(":")
        try:
            with smtplib.SMTP(host.strip("[]"), int(port), "segl-canary.invalid", _SECONDS) as smtp:
                return _transaction(smtp, sender, sink.address, content, canary.envelope_id)
        except smtplib.SMTPResponseException as error:
            return str(clean_reply(error.smtp_code, _bytes(error.smtp_error)))
        except (smtplib.SMTPException, OSError) as error:
            return f"{type(error).__name__}: {getattr(error, 'strerror', None) or 'the connection broke'}"


def look_at(settings: Settings) -> HostLook:
    """What `segl doctor` would call a failure, or a way past the milter, in the settings of both instances. Tables
    that it lists entry by entry are left to it: this is done each minute."""
    try:
        setup = Setup(settings, read_instance(settings.postfix.front), read_instance(settings.postfix.secure))
        checks = [check for group in _GROUPS for check in group(setup)]
    except PostfixError as error:
        return HostLook(leaks=error.private)
    milter = [check.found for check in checks if check.id in _MILTER_CHECKS and _is_wrong(check)]
    leaks = [
        f"{check.id}: {check.found}"
        for check in checks
        if check.id not in _MILTER_CHECKS and check.state is State.FAIL
    ]
    return HostLook(milter="; ".join(milter) or None, leaks="; ".join(leaks) or None)


def _is_wrong(check: Check) -> bool:
    return check.state is State.FAIL or (check.id == "front.service-milter" and check.state is State.WARN)


def _transaction(smtp: smtplib.SMTP, sender: str, recipient: str, content: bytes, envelope_id: str) -> str:
    smtp.ehlo_or_helo_if_needed()
    dsn = smtp.has_extn("dsn")
    eight = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") and not content.isascii() else []
    words = [*eight, "RET=HDRS", f"ENVID={envelope_id}"] if dsn else eight
    asked = ["NOTIFY=SUCCESS,FAILURE"] if dsn else []
    code, text = smtp.mail(sender, words)
    if code == 250:
        code, text = smtp.rcpt(recipient, asked)
    if code in (250, 251):
        code, text = smtp.data(content)
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    return "" if code == 250 else str(clean_reply(code, text))


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")
