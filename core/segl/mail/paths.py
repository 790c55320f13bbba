"""Addresses as they stand in MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3): ``<path> parameters``.

The address is kept letter for letter, quotes and all: it goes on to the next Postfix and into the store.
What could end a command or a header field early is refused here, once: control characters, and spaces or
angle brackets outside a quoted string.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 512  # characters; RFC 5321 §4.5.3.1.3 asks for 256 octets
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PATH = re.compile(
    r"""[ ]*<
    (?: @[^\s<>",:]+ (?:,@[^\s<>",:]+)* : )?    # a source route, accepted and dropped (RFC 5321 §4.1.1.3)
    (?P<address> (?: [^\s<>"\\] | \\[^\s] | "(?:[^"\\]|\\.)*" )* )
    > (?P<rest> (?:[ ].*)? )""",
    re.VERBOSE,
)
# What every program agrees on: a dot-atom at a domain. Only such an address is shown in a mail that we write.
_PLAIN = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(?:\.[\w-]+)*\.?", re.UNICODE
)


def parse_path(text: str) -> tuple[str, dict[str, str]]:
    """Address (``""`` for ``<>``) and parameters, their names in upper case. Raises :class:`ValueError`."""
    if _CONTROL.search(text):
        raise ValueError("control characters")
    match = _PATH.fullmatch(text)
    if match is None or len(match["address"]) > LONGEST:
        raise ValueError("not a path")
    parameters: dict[str, str] = {}
    for word in match["rest"].split():
        name, equals, value = word.partition("=")
        if not name or (equals and not value) or name.upper() in parameters:
            raise ValueError("bad parameter")
        parameters[name.upper()] = value
    return match["address"], parameters


def is_taken(sender: str) -> bool:
    """Whether :func:`parse_path` takes *sender*, which Postfix has taken: by its length and its characters. Tabs become
    blanks before it is handed on."""
    return len(sender) <= LONGEST and _CONTROL.search(sender.replace("\t", " ")) is None


def is_plain(address: str) -> bool:
    """Whether *address* is a dot-atom at a domain, of ordinary length: safe to show to people."""
    return len(address) <= 254 and _PLAIN.fullmatch(address) is not None


def return_path(address: str) -> str:
    """The envelope sender of a mail from *address*, one of the house's: RFC 5321 §4.5.5 leaves the null sender to
    reports and the like. ``""`` where only SMTPUTF8 could carry it."""
    return address if address.isascii() and is_plain(address) else ""
