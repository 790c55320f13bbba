"""How large an answer may be: what the settings say, and no more than the sender's mail server takes.

A recipient who has sent thirty megabytes over a telephone should not hear then that they are too many. So the return
port is asked what it takes (EHLO, SIZE), and the form says the smaller of both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from segl.errors import DeliveryError
from segl.mail.return_port import MailPort
from segl.settings.portal import PortalAnswers

_KNOWN_SECONDS: Final = 300.0
_UNKNOWN_SECONDS: Final = 15.0
_HEAD_BYTES: Final = 128 * 1024  # header, and the headers of a hundred files
_TEXT_GROWTH: Final = 3  # quoted-printable, at its worst
_BASE64: Final = 78 / 57  # a line of 57 bytes becomes 76 characters and its end (RFC 2045 §6.8)


class AnswerLimits:
    """*settings* as they are for now. *clock* gives seconds."""

    def __init__(self, settings: PortalAnswers, port: MailPort, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._port = port
        self._clock = clock
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._present = settings

    def present(self) -> PortalAnswers:
        """Blocking for a moment, once in five minutes; who comes while another asks gets what was known before."""
        if self._clock() >= self._until and self._lock.acquire(blocking=False):
            try:
                self._until = self._clock() + self._ask()
            finally:
                self._lock.release()
        return self._present

    def _ask(self) -> float:
        """How long what is known now may be used."""
        try:
            limit = self._port.size_limit()
        except DeliveryError:
            # When it is there again it will say so; the answer would not go now anyhow.
            return _UNKNOWN_SECONDS
        self._present = within(self._settings, limit)
        return _KNOWN_SECONDS


def within(settings: PortalAnswers, limit: int | None) -> PortalAnswers:
    """*settings* with no larger an answer than fits a mail of *limit* bytes."""
    if limit is None:
        return settings
    text = min(settings.text_bytes, max(1, (limit - _HEAD_BYTES) // (2 * _TEXT_GROWTH)))
    room = max(1, int((limit - _HEAD_BYTES - _TEXT_GROWTH * text) / _BASE64))
    return replace(
        settings,
        text_bytes=text,
        bytes=min(settings.bytes, room),
        file_bytes=min(settings.file_bytes, room),
    )
