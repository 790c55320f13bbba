"""Whether Postfix takes the own domains for its own, and says itself where their mail goes.

Mail to them is plain without being read: to a domain that only Segl takes for own it leaves the house as any mail does,
and so it does to whatever is below a domain with ``subdomains`` and is hosted elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.own_ways import PROBE, By, OwnWay, ways
from segl.postfix.tables import TableUnread

_ID = "front.own-domains"
_SHOWN = 5
# By these trivial-rewrite(8) finds the way of an address.
_ROUTING = frozenset(
    "mydestination virtual_alias_domains virtual_mailbox_domains relay_domains transport_maps local_transport"
    " virtual_transport relay_transport default_transport relayhost sender_dependent_relayhost_maps"
    " sender_dependent_default_transport_maps".split()
)


def own_domain_checks(setup: Setup) -> Iterator[Check]:
    """The check `front.own-domains`: of each domain, and of the names below where they are own as well."""
    yield from _routed_otherwise(setup)
    owners = setup.settings.owners.every
    domains = [domain for owner in owners for domain in owner.domains]
    below = {f"{PROBE}.{domain}": domain for owner in owners if owner.subdomains for domain in owner.domains}
    try:
        found = ways(setup.front, {*domains, *below})
    except TableUnread as error:
        fix = "see to it yourself that Postfix takes the own domains"
        yield Check(_ID, State.UNKNOWN, error.private, fix=fix)
        return
    strange = [found[domain] for domain in domains if not found[domain].taken and not found[domain].decided]
    yield judge(
        _ID,
        not strange,
        f"own domains not known to Postfix: {_told({way.domain: way for way in strange})}"
        if strange
        else "own domains are Postfix's too",
        why="mail to an own domain is plain without being read, and leaves like mail to anybody",
        fix="add it to relay_domains or mydestination in Postfix, or, where it takes no mail for it, say in"
        " transport_maps where that goes; or take it out of organisation.domains",
    )
    open_ = {f"*.{domain}": found[probe] for probe, domain in below.items() if not found[probe].decided}
    if open_:
        yield Check(
            _ID,
            State.WARN,
            f"own by subdomains = true, and not known to Postfix: {_told(open_)}",
            "mail to any name below is plain without being read; one that is hosted elsewhere gets it as it is",
            "take subdomains out and name in domains those that are yours, or give .x.dk an entry in transport_maps",
        )


def _routed_otherwise(setup: Setup) -> Iterator[Check]:
    """Options of the service that routes: they hold in place of main.cf, where all other checks look."""
    for service in setup.front.running("trivial-rewrite"):
        if given := sorted(_ROUTING & service.overrides.keys()):
            yield Check(
                _ID,
                State.UNKNOWN,
                f"{service.id}: -o {', '.join(given)}",
                "where mail for own domains and others goes is not what main.cf says, and nobody has looked there",
                "say it in main.cf, and take it off the service in master.cf",
            )


def _told(open_: dict[str, OwnWay]) -> str:
    shown = [f"{name} ({_whither(way)})" for name, way in list(open_.items())[:_SHOWN]]
    more = f" and {len(open_) - _SHOWN} more" if len(open_) > _SHOWN else ""
    return f"{', '.join(shown)}{more}"


def _whither(way: OwnWay) -> str:
    return "where DNS says" if way.by is By.DNS else f"to {way.next_hop}"
