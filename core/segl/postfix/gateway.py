"""The front as gateway before another mail server (``[postfix.gateway]``), and what that server must be told.

*Gateway*: the organisation's mail lies elsewhere. Its server hands what is to be sent to this Postfix, which takes
nothing for itself: own domains are relayed to that server, all else goes as Segl says. *Beside*: this Postfix is the
mail server, or belongs to it, and knows its domains already; then there is nothing to set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segl.postfix.check import Setup
from segl.postfix.domain_lists import takes_domain
from segl.postfix.refusals import Refusal
from segl.postfix.role import Role
from segl.postfix.running import Instance, split_list
from segl.postfix.tables import TableBusy, TableUnread
from segl.settings.document import Settings
from segl.settings.values import next_hop_host

UPSTREAM = "segl-upstream"
_HERE = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains")
_LOOPBACK = ("127.0.0.0/8", "[::1]/128")


def role_of(settings: Settings, front: Instance) -> Role:
    """What the settings say, else what the configuration shows: a Postfix that takes mail for the own domains is, or
    belongs to, their mail server."""
    if settings.postfix.gateway.on:
        return Role.GATEWAY
    try:
        return Role.UNKNOWN if not_taken(settings, front) else Role.BESIDE
    except TableBusy:  # the next moment may tell: no role is made up meanwhile
        raise
    except TableUnread:
        return Role.UNKNOWN


def not_taken(settings: Settings, front: Instance) -> list[str]:
    """Those of the organisation's domains for which this Postfix takes no mail. Raises :class:`TableUnread`."""
    setup = Setup(settings, front, front)
    return [d for d in settings.organisation.domains if not takes_domain(setup, d, (*_HERE, "relay_domains"))]


def own_domains(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(domain for owner in settings.owners.every for domain in owner.domains))


def _with_all_below(settings: Settings) -> tuple[str, ...]:
    """``.x.dk``, which is every name below x.dk, where those are own too (transport(5), relay_domains)."""
    every = settings.owners.every
    below = [f".{domain}" for owner in every if owner.subdomains for domain in owner.domains]
    return (*own_domains(settings), *dict.fromkeys(below))


def gateway_values(settings: Settings, front: Instance, written: Mapping[str, str]) -> dict[str, str]:
    """main.cf's parameters for a gateway, what the site has in them kept; empty for no gateway."""
    gateway = settings.postfix.gateway
    if not gateway.on:
        return {}
    # a bare name is all below it, too, unless the site has said otherwise
    alone = "relay_domains" not in split_list(front.value("parent_domain_matches_subdomains"))
    domains = _with_all_below(settings) if alone else own_domains(settings)
    values = {"relay_domains": _with(written.get("relay_domains", ""), domains)}
    # what mynetworks_style stands for is spelt out by Postfix, with this host's whole subnets if it says so
    networks = written.get("mynetworks") or " ".join(_LOOPBACK)
    values["mynetworks"] = _with(networks, map(as_postfix, (*_LOOPBACK, *gateway.networks)))
    if gateway.relayhost:
        values["relayhost"] = gateway.relayhost
    return values


def upstream_entries(settings: Settings) -> dict[str, str]:
    """``transport_maps`` of the own domains, and of all below where that is own: to the mail server, whatever their MX
    says. (A bare name there is no name below it.)"""
    gateway = settings.postfix.gateway
    if not gateway.on:
        return {}
    return dict.fromkeys(_with_all_below(settings), f"{UPSTREAM}:{gateway.deliver_to}")


def gateway_refusals(settings: Settings, front: Instance) -> Iterator[Refusal]:
    """What contradicts a gateway in this Postfix."""
    if not settings.postfix.gateway.on:
        return
    setup = Setup(settings, front, front)
    for domain in own_domains(settings):
        for name in _HERE:
            try:
                taken = takes_domain(setup, domain, (name,))
            except TableBusy:
                raise
            except TableUnread:
                continue
            if taken:
                yield Refusal(
                    f"{name} has {domain}",
                    "this Postfix delivers its mail itself, and a gateway hands it to the mail server",
                    f"take {domain} out of {name}, or [postfix.gateway] out of segl.toml",
                )


def advice(settings: Settings, hostname: str) -> list[str]:
    """What the mail server behind must be set to, in the words of its administrators."""
    gateway = settings.postfix.gateway
    domains = ", ".join(_with_all_below(settings)).replace(", .", ", *.")
    lines = [
        f"On the mail server behind ({next_hop_host(gateway.deliver_to)}):",
        f"  send all mail to other domains through {hostname}, port 25 (smart host), with TLS, and by no other way",
        f"  take mail for {domains} from this host",
    ]
    if gateway.microsoft:
        lines += [
            "In Microsoft 365 (Exchange admin center, Mail flow, Connectors):",
            "  1. from Office 365 to your organization's email server; for all domains (*);",
            f"     route through the smart host {hostname}; always TLS, with a trusted certificate in that name",
            "  2. from your organization's email server to Office 365; by this host's certificate or address",
            "  The connector for * takes all outgoing mail; try it by a mail flow rule with one sender first",
            f"  What comes without X-MS-Exchange-CrossTenant-Id: {gateway.tenant} is refused,",
            "  unless it is for own domains alone: mail from Microsoft's other customers",
        ]
    return lines


UNDECIDED = """\
This Postfix takes no mail for {domains}. Is it

  beside   the mail server of these domains, or a part of it?   Then add them to mydestination or relay_domains.
  gateway  a relay before another mail server, or Microsoft 365?  Then put this into segl.toml, and run again:

[postfix.gateway]
deliver_to = "[mail.{first}]:25"       # the mail server; for Microsoft 365 its *.mail.protection.outlook.com
clients = ["192.0.2.10"]               # who may send through here: the mail server
# microsoft = ["40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17"]   # in place of clients
# tenant = "…"                         # with microsoft: your tenant's id
"""


def _with(value: str, more: Iterator[str] | tuple[str, ...] | map[str]) -> str:
    items = list(split_list(value))
    items += [item for item in dict.fromkeys(more) if item not in items]
    return ", ".join(items)


def as_postfix(network: str) -> str:
    """``[2001:db8::]/32``: how Postfix wants IPv6 (postconf(5), mynetworks)."""
    if ":" not in network or network.startswith("["):
        return network
    address, slash, length = network.partition("/")
    return f"[{address}]{slash}{length}"
