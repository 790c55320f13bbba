"""How taking an answer ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why an answer was not taken. Each is a text of the page; the value is a word for log and metric."""

    # What the writer can put right at once.
    EMPTY = "empty"  # neither text nor file
    TEXT_TOO_LONG = "text-too-long"
    TOO_MANY_FILES = "too-many-files"
    FILE_TOO_LARGE = "file-too-large"
    TOO_LARGE = "too-large"  # all together, or more than the sender's mail server takes
    FILE_EMPTY = "file-empty"  # no bytes: often a picture that is not on the phone any more
    FILE_REFUSED = "file-refused"  # a program, a script
    FILE_INFECTED = "file-infected"
    # What passes.
    NOT_SCANNED = "not-scanned"  # the virus scanner does not answer
    BUSY = "busy"  # too many uploads at this moment
    NO_SPACE = "no-space"
    TOO_SOON = "too-soon"  # too many answers within an hour
    TOO_SLOW = "too-slow"
    NOT_SENT = "not-sent"  # kept, but the sender's mail server has it not yet: send_again
    # What does not.
    TOO_MANY_ANSWERS = "too-many-answers"
    CLOSED = "closed"  # this message cannot be answered here
    GONE = "gone"  # expired or revoked meanwhile
    MAILBOX = "mailbox"  # the sender's mail server refuses it for good
    # What no browser with our page does.
    BAD_FORM = "bad-form"
    FOREIGN_FORM = "foreign-form"  # the hidden field is not this browser's: an old page, or another site
    CUT = "cut"  # the browser went away; nobody reads this


class AnswerFault(Exception):
    """Ends the taking of an answer. ``file`` is the (clean) name of the file it is about."""

    def __init__(self, why: Why, file: str = "") -> None:
        super().__init__(why.value)
        self.why = why
        self.file = file


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """The answer was not sent. ``text`` is what was written and ``everyone`` whether it was for all, to be shown in
    the form again; where there is an ``answer_id`` the answer is kept under it, and stands on the page."""

    why: Why
    file: str = ""
    text: str = ""
    answer_id: str = ""
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """The sender's mail server has the answer on disk. ``again``: it had it already, the form came twice.
    ``not_to``: the addressees whom it refused for good."""

    answer_id: str
    again: bool = False
    not_to: tuple[str, ...] = ()
