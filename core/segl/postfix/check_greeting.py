"""Whether the name that servers outside are greeted with is in DNS.

Many refuse whoever says another in EHLO (Postfix: ``reject_unknown_helo_hostname``; Exim: ``verify = helo``). Mail that
must go securely is sent by the secure instance, which greets as the front does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.postfix.asking_dns import has_address
from segl.postfix.check import Check, Setup, State
from segl.postfix.check_secure import TLS
from segl.settings.values import is_address

_ID: Final = "secure.greeting"
_WHY: Final = (
    "servers that look the name up refuse what goes by forced TLS; it waits, and comes back after five days"
)


def greeting_checks(setup: Setup) -> Iterator[Check]:
    """One check: the name has an address, whichever."""
    name = setup.secure.value("smtp_helo_name", setup.secure.service(TLS, "unix"))
    fix = (
        "let DNS know it, or write another one into the front's main.cf (smtp_helo_name), then: segl install"
    )
    if is_address(name.strip("[]")):  # RFC 5321 §4.1.3: for hosts without a name
        yield Check(_ID, State.OK, f"greets as {name}")
        return
    known = has_address(name, setup.settings.routing)
    if known is None:
        yield Check(_ID, State.UNKNOWN, f"DNS does not say whether {name} has an address", _WHY, "try again")
    elif known:
        yield Check(_ID, State.OK, f"greets as {name}, which has an address")
    else:
        yield Check(_ID, State.WARN, f"greets as {name}, which has no address in DNS", _WHY, fix)
