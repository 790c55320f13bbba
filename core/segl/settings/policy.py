"""``[[policy]]`` and ``[[group]]``: what holds for mail from whom, to whom, with what in it.

Part of :mod:`segl.settings.document`; the comments are the manual here as there. Which entry counts is said in
:mod:`segl.policy.table`, and for the postmaster in docs/policies.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator

from segl.addresses import mail_key, normal_domain
from segl.settings.receipts import Receipts
from segl.settings.values import FORBID, Least, Score
from segl.subject_tags import tag_word
from segl.vocabulary import MOST_NUMBERS, Decision, Doubt, Label, Way

GROUP: Final = "group:"
Ways = tuple[Literal[Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL], ...]


def _party(value: str) -> str:
    """A sender or recipient in normal form. Raises :class:`ValueError`."""
    if value.startswith(GROUP):
        if not value.removeprefix(GROUP):
            raise ValueError('names no group; write "group:name"')
        return value
    if "@" in value:
        if not (key := mail_key(value)):
            raise ValueError(f"is not a mail address{_meant(value)}")
        return key
    return f".{normal_domain(value[1:])}" if value.startswith(".") else normal_domain(value)


def _meant(value: str) -> str:
    """What one who begins with "@" may have meant: elsewhere that names a group, or everybody of a domain."""
    name = value[1:]
    if not value.startswith("@") or "@" in name:
        return ""
    meant = f'the domain is "{name}", without "@"' if "." in name else f'a group is "{GROUP}{name}"'
    return f"; {meant}" if name else ""


def _member(value: str) -> str:
    if value.startswith(GROUP):
        raise ValueError("is a group; a group holds addresses and domains")
    return _party(value)


def _name(value: str) -> str:
    if re.search(r"\d{6}-?\d{4}", value):  # it stands in logs and records, where none may
        raise ValueError("could be a CPR number")
    return value


def _tag(value: str) -> str:
    if not tag_word(value):
        raise ValueError("is empty; every subject would begin with it")
    return value


def _lowered(value: str) -> Label | Doubt:
    for words in (Label, Doubt):
        if value in list(words):
            return words(value)
    near = get_close_matches(str(value), (*Label, *Doubt), n=1)
    raise ValueError(
        f"{str(value)[:60]!r} is no category, nor personal or unsure{f'; did you mean {near[0]}?' if near else ''}"
    )


Name = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="name: small letters, digits, hyphens"),
    AfterValidator(_name),
]
Party = Annotated[
    str,
    AfterValidator(_party),
    Field(description="address, domain, `.domain` (all below it) or `group:NAME`"),
]
Member = Annotated[str, AfterValidator(_member), Field(description="address, domain, `.domain`")]
Tag = Annotated[str, Field(max_length=40, description="word"), AfterValidator(_tag)]
Bytes = Annotated[int, Field(ge=0)]
Lowered = Annotated[
    Label | Doubt, PlainValidator(_lowered), Field(description="category, `personal` or `unsure`")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """``[[group]]``: a name for addresses and domains; policies say ``group:NAME``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # What policies call it.
    name: Name
    # Addresses, domains ("x.dk"), all domains below one (".x.dk").
    members: tuple[Member, ...] = ()
    # More of them, one a line; # begins a comment. Read when the settings are.
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """``[[policy]]``: an entry holds when all holds that it names of sender, recipient and message."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Stands in log, receipt and `segl policy explain` as what decided.
    name: Name

    # Mail of this organisation (its name as in [organisation] or [[tenant]]).
    organisation: str = ""
    # The envelope's sender, one of these: address, domain "x.dk", all below it ".x.dk", "group:NAME".
    sender: tuple[Party, ...] = ()
    # The recipient, one of these.
    recipient: tuple[Party, ...] = ()
    # The message has one of these categories.
    labels: tuple[Label, ...] = ()
    # It has at least so many different CPR numbers.
    cpr_numbers: Annotated[int, Field(ge=1, le=MOST_NUMBERS)] | None = None
    # One of these categories reaches this score, whether it holds or not.
    scores: Mapping[Label, Score] = field(default_factory=dict, hash=False)
    # It is so large, or larger.
    min_bytes: Bytes | None = None
    # It is so large, or smaller.
    max_bytes: Bytes | None = None
    # Its subject begins with one of these, any case: "fortroligt:", "[fortroligt]".
    tags: tuple[Tag, ...] = ()

    # What must happen to the message. It raises what was found; "plain" lowers it, as far as `lowers` says.
    verdict: Decision | None = None
    # For "plain": the categories that do not make such mail secure here (also "personal" and "unsure"). One more in
    # the message, or a part that could not be read, and nothing is lowered.
    lowers: tuple[Lowered, ...] = ()
    # What TLS must prove at least, besides what it must in any case: as in [[demand]].
    least: Least | None = None
    # In place of `routing.order`, for entries that name recipients alone.
    order: Ways | None = None
    # In place of `receipts.send`, for entries that name senders alone.
    receipts: Receipts | None = None
    # The name of a [[portal.look]], for entries that name senders alone.
    look: str = ""

    @property
    def names_content(self) -> bool:
        """Whether it asks what the message holds, or how large it is."""
        sized = self.min_bytes is not None or self.max_bytes is not None
        return bool(self.labels or self.scores or self.tags or sized or self.cpr_numbers is not None)

    @property
    def names_sender(self) -> bool:
        return bool(self.sender or self.organisation)

    @property
    def asks_recipient_alone(self) -> bool:
        """Whether segl-map, which knows nothing else, can tell whether it holds."""
        return not (self.names_sender or self.names_content)

    @property
    def asks_sender_alone(self) -> bool:
        """Whether it can be told by the sender, as segl-deliver and segl-portal must."""
        return not (self.recipient or self.names_content)
