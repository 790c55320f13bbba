"""What must hold when another encryption service takes what would be sealed (``[portal.relay]``).

It gets the message itself. So the transport to it must be one of forced TLS by names the postmaster wrote down, which
no table can undo, and must put on the field by which the service knows that it has to encrypt: without that field it
would send the message on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from segl.postfix.check import INSTALL, Check, Setup, State, judge
from segl.postfix.conf import relay_match
from segl.postfix.running import Service, split_list
from segl.postfix.tables import TableUnread, look_up

RELAY: Final = "segl-relay"


def relay_checks(setup: Setup) -> Iterator[Check]:
    """Nothing when no such service is named."""
    relay = setup.settings.portal.relay
    if not relay.next_hop:
        return
    service = setup.secure.service(RELAY, "unix")
    if service is None or service.program != "smtp":
        why = "what would go to the other encryption service waits"
        yield Check("secure.relay", State.FAIL, f"{RELAY} is missing", why, INSTALL)
        return
    found = {name: setup.secure.value(name, service) for name in _EXPECTED}
    protocols = set(split_list(setup.secure.value("smtp_tls_mandatory_protocols", service)))
    good = {
        **{name: found[name] == wanted for name, wanted in _EXPECTED.items()},
        "smtp_tls_secure_cert_match": found["smtp_tls_secure_cert_match"] == relay_match(relay),
    }
    for name, right in good.items():
        yield judge(
            "secure.relay",
            right,
            f"{RELAY}: {name} = {found[name] or '(empty)'}",
            why="mail could go to a server that is not that service, or over TLS that can be read",
            fix=INSTALL,
        )
    yield judge(
        "secure.relay",
        bool(protocols & {">=TLSv1.2", ">=TLSv1.3"}),
        f"{RELAY}: smtp_tls_mandatory_protocols = {', '.join(sorted(protocols)) or '(empty)'}",
        why="TLS older than 1.2 can be read",
        fix=INSTALL,
    )
    yield _header(setup, service)


_EXPECTED: Final = {
    "smtp_tls_security_level": "secure",
    "smtp_tls_secure_cert_match": "",  # what the settings say
    "smtp_tls_policy_maps": "",
    "smtp_tls_wrappermode": "no",
}


def _header(setup: Setup, service: Service) -> Check:
    """The table itself is asked, with a Received line as this instance writes it."""
    wanted = f"PREPEND {setup.settings.portal.relay.header}"
    host = setup.secure.value("myhostname")
    received = f"Received: from front (localhost [127.0.0.1]) by {host} (Postfix) with ESMTP"
    table = setup.secure.value("smtp_header_checks", service)
    try:
        answers = look_up(table, [received, "X-Segl-Id: 1"], setup.secure.directory)
    except TableUnread as error:
        answers, fault = {}, error.private
    else:
        fault = f"the field is put on: {answers.get(received) or 'no'}"
    right = (
        answers.get(received) == wanted and re.match("IGNORE", answers.get("X-Segl-Id: 1", "")) is not None
    )
    why = "the other service would not know that it has to encrypt, and send the message as it is"
    return judge("secure.relay", right, f"{RELAY}: {fault}", why=why, fix=INSTALL)
