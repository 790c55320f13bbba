"""Sends one code: by text message where a number was given for the recipient, else by mail to her own address.

A text message that fails is not replaced by a mail: whoever named the number wanted a second way, and a thief who can
read the mailbox could bring the gateway down.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.engine import Engine

from segl import audit, metrics
from segl.audit import Act
from segl.errors import SeglError
from segl.events import Events
from segl.mail.paths import return_path
from segl.mail.return_port import ReturnPort, send_to_one
from segl.metric_labels import CodeChannel, SendResult
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl_portal.visits.code_mail import CodeMail
from segl_portal.visits.rows import Copy
from segl_portal.visits.sms import SmsGateway, SmsNotSent


class CodeSender:
    """Blocking; one for the process."""

    def __init__(self, settings: Settings, engine: Engine, events: Events, port: ReturnPort) -> None:
        self._engine = engine
        self._events = events
        self._port = port
        self._host = urlsplit(settings.portal.url).hostname or ""
        self._gateway = SmsGateway(settings.portal.sms) if settings.portal.sms.url else None

    def send(self, copy: Copy, mail: CodeMail, now: datetime) -> None:
        """Send, and write it down. Does not raise Segl's own errors: there is nobody left to tell."""
        by = CodeChannel.SMS if copy.phone else CodeChannel.MAIL
        try:
            if copy.phone:
                self._by_sms(copy.phone, mail)
            else:
                send_to_one(self._port, return_path(mail.notice_from), mail.recipient, mail.message(now))
        except SeglError as error:
            metrics.PORTAL_CODES.labels(by, SendResult.FAILED).inc()
            self._events.code_not_sent(copy.recipient_id, by, error)
            return
        metrics.PORTAL_CODES.labels(by, SendResult.SENT).inc()
        self._events.code_sent(copy.message_id, copy.recipient, by, mail.reference)
        with transaction(self._engine) as connection:
            audit.append(connection, Act.CODE_SENT, copy.recipient_id, copy.recipient, by=by)

    def _by_sms(self, number: str, mail: CodeMail) -> None:
        if self._gateway is None:
            raise SmsNotSent("portal.sms.url is not set any more")
        self._gateway.send(number, mail.sms(self._host))
