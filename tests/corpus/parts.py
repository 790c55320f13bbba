"""Parts of messages as the walk finds them, and what is read of them."""

from __future__ import annotations

from corpus.extracted import extract
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.message import Message, Part, Text

LIMITS = Limits()


CPR = "010190-1234"


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def part(
    content: bytes,
    content_type: str,
    filename: str = "",
    *,
    charset: str = "",
    content_id: str = "",
    attached: bool = False,
) -> Part:
    return Part("part 1", content_type, charset, filename, attached, content, Encoding.NONE, content_id)


def read(*parts: Part, limits: Limits = LIMITS) -> tuple[list[Text], list[Finding]]:
    return extract(Message(parts, ()), limits)


def texts(*parts: Part) -> str:
    return "\n".join(text.text for text in read(*parts)[0])


def causes(*parts: Part, limits: Limits = LIMITS) -> list[str]:
    found = read(*parts, limits=limits)[1]
    return [f"{finding.rule.removeprefix('unreadable.')} {finding.excerpt}".strip() for finding in found]
