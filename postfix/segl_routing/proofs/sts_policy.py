"""MTA-STS policies: what they say, read and matched (RFC 8461). Pure: no network, no clock.

A domain that wants its mail over verified TLS says so twice. In DNS, that there is a policy, and which::

    _mta-sts.kommune.example. TXT "v=STSv1; id=20261124T120000;"

and on a web server of its own, proven by its certificate, what the policy is::

    version: STSv1
    mode: enforce                 ← or testing (report only), or none (no longer)
    mx: mx1.kommune.example
    mx: *.protection.example      ← exactly one label in place of the star
    max_age: 604800               ← seconds for which this may be relied on without asking again

The ``id`` only tells that something has changed. In mode ``enforce`` mail may go to those mail hosts alone whose
name is on the list, and only with a certificate in that name. Since DNS is not proven and the list is, an
attacker who forges MX records gets nothing.

What breaks the grammar is no policy. Nothing is guessed: a typing error must not become a list that
matches nothing, or everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segl.addresses import normal_domain

MAX_AGE = 31_557_600  # seconds; RFC 8461 §3.2: a year, more is cut down to it

_RECORD_START = b"v=STSv1;"
_RECORD_FIELD = re.compile(rb"[ \t]*([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*=[ \t]*([!-:<>-~]+)[ \t]*")
_ID = re.compile(rb"[A-Za-z0-9]{1,32}")

_FIELD = re.compile(rb"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*", re.DOTALL)
_AGE = re.compile(rb"[0-9]{1,10}")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class StsMode(StrEnum):
    """What a policy asks of senders."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


class StsFault(StrEnum):
    """Why something is no policy, or no record of one: a clause for people."""

    NO_RECORD = "has no MTA-STS record"
    SEVERAL_RECORDS = "has several MTA-STS records"
    BAD_RECORD = "has an MTA-STS record without a proper id"
    NOT_LINES = "is not made of lines “key: value”"
    BAD_VERSION = "is not of version STSv1"
    BAD_MODE = "has no mode that RFC 8461 knows"
    BAD_AGE = "has no proper max_age"
    BAD_MX = "names a mail host that is no host name"
    NO_MX = "names no mail host"


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """One policy. ``mx`` holds patterns in lower case, ``mx.x.example`` or ``*.x.example``, each once."""

    mode: StsMode
    max_age: int
    mx: tuple[str, ...] = ()

    def pattern_for(self, host: str) -> str | None:
        """The pattern that *host* (normal form) matches."""
        return matching(self.mx, host)

    @property
    def lines(self) -> tuple[str, ...]:
        """The policy in lines, written anew: nothing of the stranger's text is in them but host names."""
        hosts = (f"mx: {pattern}" for pattern in self.mx)
        return ("version: STSv1", f"mode: {self.mode}", *hosts, f"max_age: {self.max_age}")

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"


def matching(patterns: Iterable[str], host: str) -> str | None:
    """The first of *patterns* that *host* matches (RFC 8461 §4.1): the same name, or ``*.`` in place of its first
    label, and of that alone."""
    wild = "*." + host.partition(".")[2]
    return next((pattern for pattern in patterns if pattern in (host, wild)), None)


def record_id(records: Iterable[bytes]) -> str | StsFault:
    """The id that the TXT *records* of ``_mta-sts.<domain>`` give (RFC 8461 §3.1), each with its strings joined."""
    ours = [record for record in records if record.startswith(_RECORD_START)]
    if not ours:
        return StsFault.NO_RECORD
    if len(ours) > 1:
        return StsFault.SEVERAL_RECORDS
    ids = []
    for part in ours[0].removeprefix(_RECORD_START).split(b";"):
        if not part.strip(b" \t"):
            continue
        field = _RECORD_FIELD.fullmatch(part)
        if field is None:
            return StsFault.BAD_RECORD
        if field[1] == b"id":
            ids.append(field[2])
    if len(ids) != 1 or not _ID.fullmatch(ids[0]):
        return StsFault.BAD_RECORD
    return ids[0].decode("ascii")


def parse_policy(text: bytes) -> StsPolicy | StsFault:
    """The policy that *text* is (RFC 8461 §3.2). Never raises."""
    fields = _fields(text)
    if fields is None:
        return StsFault.NOT_LINES
    if _first(fields, b"version") != b"STSv1":
        return StsFault.BAD_VERSION
    try:
        mode = StsMode(_first(fields, b"mode").decode("ascii", "replace"))
    except ValueError:
        return StsFault.BAD_MODE
    age = _first(fields, b"max_age")
    if not _AGE.fullmatch(age):
        return StsFault.BAD_AGE
    max_age = min(int(age), MAX_AGE)
    if mode is StsMode.NONE:
        return StsPolicy(mode, max_age)
    patterns = {_pattern(value): None for key, value in fields if key == b"mx"}
    if "" in patterns:
        return StsFault.BAD_MX
    return StsPolicy(mode, max_age, tuple(patterns)) if patterns else StsFault.NO_MX


def _fields(text: bytes) -> list[tuple[bytes, bytes]] | None:
    fields = []
    for line in text.split(b"\n"):
        line = line.removesuffix(b"\r")
        if not line.strip(b" \t"):
            continue
        field = _FIELD.fullmatch(line)
        if field is None or _CONTROL.search(line):
            return None
        fields.append((field[1], field[2]))
    return fields


def _first(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Of a field that stands there twice the first counts; ``b""`` when there is none."""
    return next((value for key, value in fields if key == name), b"")


def _pattern(value: bytes) -> str:
    """An mx value in normal form; ``""`` when it is none.

    An IP address is none, nor is a U-label (RFC 8461 §3.2). Nor is a bare word: no host on the net has such a name,
    and ``match=hostname`` would be an order to Postfix.
    """
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return ""
    star, name = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    try:
        host = normal_domain(name)
    except ValueError:
        return ""
    _, dot, top = host.rpartition(".")
    return star + host if dot and not top.isdecimal() else ""
