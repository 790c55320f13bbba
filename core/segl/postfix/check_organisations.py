"""Where several organisations share an installation: whether mail from one to another stays on it, or goes on safely.

Such mail is taken for own mail and is not sent by a secure way (``organisation.between``). That is as safe as the way
from the front to the recipients' mailboxes: on this host nothing is between; to a mail server elsewhere it must be TLS
that cannot be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.check_front import takes_domain
from segl.postfix.tables import TableUnread

_FORCED: Final = ("encrypt", "dane-only", "fingerprint", "verify", "secure")
_FIX: Final = (
    "relay there by a transport with smtp_tls_security_level = secure, or by [postfix.gateway] deliver_to"
)


def organisation_checks(setup: Setup) -> Iterator[Check]:
    """The check `organisations.between`; none where there is one organisation."""
    owners = setup.settings.owners
    if not owners.several:
        return
    gateway = setup.settings.postfix.gateway
    level = gateway.deliver_tls if gateway.on else setup.front.value("smtp_tls_security_level") or "none"
    forced = level in _FORCED
    domains = [domain for owner in owners.every for domain in owner.domains]
    try:
        relayed = [domain for domain in domains if takes_domain(setup, domain, ("relay_domains",))]
    except TableUnread as error:
        yield Check(
            "organisations.between", State.UNKNOWN, error.private, fix="see to it that TLS is forced there"
        )
        return
    yield judge(
        "organisations.between",
        forced or not relayed,
        f"mail of one organisation to another goes on to servers of {', '.join(relayed)} by TLS level {level}"
        if relayed and not forced
        else "mail of one organisation to another stays here, or goes on by forced TLS",
        why="it is not read and not sent securely, being own mail: between here and there it could be read",
        fix=_FIX,
        bad=State.WARN,
    )
