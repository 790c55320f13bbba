"""Large providers of mail, told by the names of their MX hosts (``providers.toml``, which explains itself)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from segl_routing.proofs.tls_policy import Level, TlsPolicy

FILE = Path(__file__).with_name("providers.toml")


@dataclass(frozen=True, slots=True)
class Provider:
    """``hosts`` are patterns of MX hosts (``*.x.dk``), ``names`` what their certificates carry (``.x.dk``)."""

    name: str
    hosts: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def policy(self) -> TlsPolicy:
        return TlsPolicy(Level.SECURE, self.names)

    def vouched_by(self, certificate_names: Iterable[str]) -> bool:
        """Whether a certificate with these DNS names would pass ``match=`` with this provider's names."""
        return any(
            f".{name.removeprefix('*.')}".endswith(match) and name.lower() != match[1:]
            for name in (name.lower() for name in certificate_names)
            for match in self.names
        )


class Providers:
    """All of the table, ready for asking."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._by_parent: Mapping[str, Provider] = {
            pattern.removeprefix("*."): provider for provider in providers for pattern in provider.hosts
        }

    def pattern(self, host: str) -> tuple[str, Provider] | None:
        """The pattern that *host* (normal form) falls under, and whose it is."""
        _, _, parent = host.partition(".")
        while parent:
            provider = self._by_parent.get(parent)
            if provider is not None:
                return f"*.{parent}", provider
            _, _, parent = parent.partition(".")
        return None

    def of_all(self, hosts: Iterable[str]) -> Provider | None:
        """The one provider that all *hosts* are of, if there is one."""
        found = {pattern[1] if (pattern := self.pattern(host)) else None for host in hosts}
        return found.pop() if len(found) == 1 else None


def shipped() -> Providers:
    """The table that ships with Segl."""
    table = tomllib.loads(FILE.read_text("utf-8"))["provider"]
    return Providers(Provider(entry["name"], tuple(entry["hosts"]), tuple(entry["names"])) for entry in table)
