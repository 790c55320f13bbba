"""What the stages of the classifier hand to each other.

``parse`` turns bytes into a :class:`Message`, ``extract`` a message into :class:`Text`, the detectors
text into findings. None of these leaves the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segl.vocabulary import Finding, Unreadable


class Source(StrEnum):
    """Where in a message a text stood. Detectors weigh them differently; ``where`` is for people."""

    SUBJECT = "subject"
    NAME = "name"  # display names of From, To, Cc, …
    FILENAME = "filename"
    BODY = "body"  # plain or HTML text that the recipient sees first
    ATTACHMENT = "attachment"
    SURROUND = "surround"  # preamble, epilogue, other headers: sent too, so read too


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree (RFC 2045), transfer encoding undone.

    ``where`` is a readable path, ``part 2 > bilag.eml > part 1``; ``content_type`` is lower case, without
    parameters; ``charset`` is as declared, ``""`` when not; ``attached`` is true for a part that a mail
    program shows as a file.
    """

    where: str
    content_type: str
    charset: str
    filename: str
    attached: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of readable text and where it stood."""

    text: str
    where: str
    source: Source


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message. ``texts`` holds what the parse itself yields (subject, names, file names,
    preamble …); ``unread`` says what could not be parsed and why."""

    subject: str
    parts: tuple[Part, ...]
    texts: tuple[Text, ...]
    unread: tuple[Finding, ...] = ()


def unreadable(cause: Unreadable, where: str, detail: str = "") -> Finding:
    """The finding that says *where* was not read; *detail* is a fact such as a type or a size."""
    return Finding(rule=f"unreadable.{cause}", label=None, where=where, excerpt=detail, score=1.0)
