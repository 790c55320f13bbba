"""``[postfix.gateway]``: when this Postfix is no mail server of its own, but stands before one.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.values import FORBID, NextHop


def _network(value: str) -> str:
    try:
        found = ip_network(value)
    except ValueError as error:
        raise ValueError(f'write a network, "192.0.2.0/28", or an address: {error}') from None
    if found.prefixlen < 8:
        raise ValueError("is far too wide: mail of all these hosts would be relayed to anybody")
    return str(found)


Network = Annotated[str, AfterValidator(_network), Field(description='network or address, `"192.0.2.0/28"`')]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """``[postfix.gateway]``: the front as relay for another mail server, or for Microsoft 365. `segl install` then sets
    relay_domains, mynetworks, transport_maps and relayhost. Without it the front is left as the mail server it is."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The organisation's mail server, where mail for own domains goes; in brackets, for the MX of these domains may be
    # this host: "[mail.nordby-vand.example]:25", "[nordby-vand-example.mail.protection.outlook.com]:25".
    deliver_to: NextHop = ""
    # TLS on the way there. "secure": a certificate in the name of the host, or the mail waits; "encrypt": any
    # certificate; "may": as it comes, for a server on the same wire.
    deliver_tls: Literal["secure", "encrypt", "may"] = "secure"
    # The mail servers, and what else may send through this Postfix without a password. Nobody else's hosts.
    clients: tuple[Network, ...] = ()
    # Networks from which Microsoft 365 sends. All its customers share them: what comes from there for others than your
    # own people must bear the name of your tenant, or segl-milter refuses it.
    microsoft: tuple[Network, ...] = ()
    # The id of your tenant (Entra admin center, Overview).
    tenant: Annotated[str, Field(pattern=r"^(|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")] = ""
    # Where mail goes out that needs no secure way; empty: as the front has it (relayhost, or by MX).
    relayhost: NextHop = ""

    @property
    def on(self) -> bool:
        return bool(self.deliver_to)

    @property
    def networks(self) -> tuple[str, ...]:
        return (*self.clients, *self.microsoft)

    def is_shared(self, client: str) -> bool:
        """Whether *client* (an address as Postfix tells it) is one from which strangers send as well."""
        if not self.microsoft:
            return False
        try:
            address = ip_address(client.removeprefix("IPv6:"))
        except ValueError:
            return False
        return any(address in network for network in _networks(self.microsoft))


def _networks(texts: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]


def gateway_faults(gateway: Gateway) -> Iterable[tuple[str, str, str]]:
    """``(key, problem, hint)`` of each fault that no single key shows."""
    key = "postfix.gateway"
    if gateway.on and not gateway.deliver_to.startswith("["):
        yield f"{key}.deliver_to", "names no host", 'write it in brackets: "[mail.x.dk]:25"'
    if gateway.on and not gateway.networks:
        yield f"{key}.clients", "is empty", "nobody could send through this Postfix"
    if not gateway.on and (gateway.networks or gateway.relayhost or gateway.tenant):
        yield f"{key}.deliver_to", "is missing", "where does mail for own domains go?"
    if bool(gateway.microsoft) != bool(gateway.tenant):
        hint = "without the tenant's id every customer of Microsoft could send through this Postfix"
        yield f"{key}.tenant", "and microsoft belong together", hint
