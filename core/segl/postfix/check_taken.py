"""Whether the settings know all domains whose mail ends with this Postfix.

To Segl any other is a stranger's: mail to it is read as if it left the house, and what is found sensitive takes a way
for outside. Since the mail host is this host (``segl_routing.proofs.live``) that is the portal, for a colleague or a
customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.domain_lists import names_in
from segl.postfix.house_names import house_names

_ID: Final = "front.taken-domains"
# Lists of where mail ends. In relay_domains a stranger's may stand, whose second mail host this is.
_ENDS_HERE: Final = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains")
_SHOWN: Final = 5


def taken_checks(setup: Setup) -> Iterator[Check]:
    """One check; the names that a host bears itself are left out: there cron and daemons write to each other."""
    front = setup.front
    taken = {name for parameter in _ENDS_HERE for name in names_in(front, parameter)}
    taken |= {name.lstrip(".") for name in house_names(setup.settings, front) if "@" not in name}
    of_the_host = {front.value("myhostname").lower(), "localhost"}
    strange = sorted(
        name
        for name in taken - of_the_host
        if not name.startswith("localhost.")
        and not name.endswith(".localdomain")
        and not setup.settings.is_own(name)
    )
    shown = ", ".join(strange[:_SHOWN]) + (f" and {len(strange) - _SHOWN} more" if strange[_SHOWN:] else "")
    yield judge(
        _ID,
        not strange,
        f"Postfix takes mail for {shown}, which the settings do not name"
        if strange
        else "the settings name all domains whose mail ends here",
        why="sensitive mail to it is taken for mail to outside: it ends in the portal instead of the mailbox, or comes"
        " back where DNS does not know the name (as of a fax server, or of absence notes)",
        fix="add it to organisation.domains, or to the domains of its [[tenant]]",
        bad=State.WARN,
    )
