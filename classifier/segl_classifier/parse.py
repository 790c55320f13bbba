"""Bytes to :class:`.message.Message`: the first stage. The work is done in :mod:`.parsing.walk`."""

from __future__ import annotations

from segl.mime.fields import read_block
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.message import Message, unreadable
from segl_classifier.parsing.headers import read_headers
from segl_classifier.parsing.walk import Walk


def parse(raw: bytes, limits: Limits) -> Message:
    """The parts and surrounding texts of *raw*, a message as SMTP carries it (RFC 5322). Never raises on
    any bytes; what was left unread, and by which limit, is in ``unread``."""
    if len(raw) > limits.message_bytes:
        return _headers_only(raw, limits)
    walk = Walk(limits)
    walk.run(raw)
    return Message(tuple(walk.parts), tuple(walk.texts), tuple(walk.unread))


def _headers_only(raw: bytes, limits: Limits) -> Message:
    block = read_block(raw, 0, len(raw), limits.header_bytes)
    texts = read_headers(block.fields, "")
    finding = unreadable(Unreadable.TOO_LARGE, "message", f"{len(raw)} bytes")
    return Message((), tuple(texts), (finding,))
