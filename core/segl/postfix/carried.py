"""What the front's main.cf says that holds for the secure instance as well.

A postmaster writes into it what his network, his SPF record or a partner asks of this host: which addresses mail leaves
by, the name that is said in EHLO, a client certificate. Mail that must go securely leaves by another instance, which
has a main.cf of its own; without these it alone would be refused outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from segl.postfix.running import Instance, split_list

# A site that logs to a file has no syslog that would take the secure instance's lines.
_LOG: Final = ("maillog_file", "maillog_file_prefixes")
_LEAVING: Final = (
    "smtp_address_preference",
    "smtp_bind_address",
    "smtp_bind_address6",
    "smtp_bind_address_enforce",
    "smtp_dns_reply_filter",  # which addresses of another server are not used; it can leave out, and no more
    "smtp_tls_chain_files",
    "smtp_tls_cert_file",
    "smtp_tls_key_file",
    "smtp_tls_eccert_file",
    "smtp_tls_eckey_file",
)


def carried_over(front: Instance) -> dict[str, str]:
    """Parameters of the secure instance's main.cf: those that the front's says itself, and no others."""
    values: dict[str, str] = {name: front.value(name) for name in _LOG if name in front.written}
    values |= {name: outgoing(front, name) for name in _LEAVING if _is_written(front, name)}
    protocols = split_list(outgoing(front, "inet_protocols"))
    if len(protocols) == 1 and protocols != split_list(front.value("inet_protocols")):
        values.setdefault("smtp_address_preference", protocols[0])  # said of the transport alone
    for name, kind in (("smtp_bind_address", IPv4Address), ("smtp_bind_address6", IPv6Address)):
        if not values.get(name):
            values[name] = _only_address(front, kind)
    return {name: value for name, value in values.items() if value}


def outgoing(front: Instance, name: str) -> str:
    """*name* as it holds for mail that leaves the front: its transport ``smtp`` may say otherwise than main.cf."""
    return front.value(name, front.service("smtp", "unix"))


def _is_written(front: Instance, name: str) -> bool:
    service = front.service("smtp", "unix")
    return name in front.written or (service is not None and name in service.overrides)


def _only_address(front: Instance, kind: type[IPv4Address | IPv6Address]) -> str:
    """The front's address if it has one alone: Postfix then sends from it, unasked (postconf(5), smtp_bind_address)."""
    try:
        named = list(_addresses(front.value("inet_interfaces")))
    except ValueError:  # a name, or a word like "all"
        return ""
    fitting = [address for address in named if isinstance(address, kind)]
    return str(fitting[0]) if len(fitting) == 1 and not fitting[0].is_loopback else ""


def _addresses(value: str) -> Iterator[IPv4Address | IPv6Address]:
    for item in split_list(value):
        yield ip_address(item.strip("[]"))
