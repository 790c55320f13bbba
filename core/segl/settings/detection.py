"""``[detection]`` and ``[limits]``: how messages are read, how much of them, and what follows.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict

from segl.settings.values import FORBID, AnswerSeconds, Count, Score, Scored, UnreadLanguage
from segl.vocabulary import Decision, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """``[detection]``: how messages are read and what follows."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # How verdicts are used. Begin with "shadow".
    mode: Mode = Mode.DETECT
    # A subject that begins with one of these (any case, with or without blanks) asks for the secure way, behind "SV:",
    # "[EKSTERN]" and the like as well. It stays in the subject. There is no tag for the opposite.
    subject_tags: tuple[str, ...] = ("sikker:", "[sikker]")
    # Rule files, and folders of them, on top of the shipped ones: same id replaces, new id adds.
    rules: tuple[Path, ...] = ()
    # What follows when a part cannot be read; "plain" is not offered.
    unreadable: Literal[Decision.SECURE, Decision.HOLD, Decision.REJECT] = Decision.SECURE
    # Whether words in pictures and scanned pages are read (needs tesseract), and QR codes and barcodes in them.
    ocr: bool = False
    # What a picture or scanned page is that was not read, unless it is small and shown in the text as
    # logos are: "unreadable", or "ignore".
    pictures: Literal["unreadable", "ignore"] = "unreadable"
    # Languages whose text counts as read though nobody here reads it ("french"), or "all": mail in them goes in clear
    # unless something else is found. Danish, English, Swedish, Norwegian and German are read; docs/labels.md names the
    # others that are recognised.
    languages_read: tuple[UnreadLanguage, ...] = ()
    # Whether the trained model reads along; without it words alone decide.
    model: bool = True
    # What follows when the model cannot say no and nothing else speaks: between its two thresholds.
    unsure: Literal[Decision.PLAIN, Decision.SECURE, Decision.HOLD] = Decision.SECURE
    # From which score a category (or the message as a whole, `any`) holds, where the model's own
    # threshold does not suit: lower finds more, higher gives fewer false alarms.
    thresholds: Mapping[Scored, Score] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``[limits]``: what is read of one message; beyond them the finding is ``unreadable``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The whole message. Postfix's own `message_size_limit` comes first.
    message_bytes: Count = 100 * 1024 * 1024
    # MIME parts, those inside attached messages too.
    parts: Count = 1_000
    # How deep parts may stand in one another.
    depth: Count = 30
    # The header of the message, and of each part.
    header_bytes: Count = 256 * 1024
    # Readable text, of all parts together.
    text_chars: Count = 10_000_000
    # All that one attachment unfolds to: the members of an archive, the files in a document.
    unfolded_bytes: Count = 200 * 1024 * 1024
    # For one message, from its end to the verdict. Postfix waits 60 seconds for an answer; of this and the next
    # three, more than 50 counts as 50.
    message_seconds: AnswerSeconds = 50.0
    # For one attachment.
    attachment_seconds: AnswerSeconds = 20.0
    # For all attachments of a message together; at most four fifths of what the message has.
    attachments_seconds: AnswerSeconds = 40.0
    # Of these, how many may go into pictures, when `detection.ocr` is set.
    ocr_seconds: AnswerSeconds = 20.0
    # What a process that reads attachments may take beyond what it starts with.
    reader_bytes: Count = 512 * 1024 * 1024
    # Recipients of one message that are looked at; a message with more goes securely.
    recipients: Count = 5_000
