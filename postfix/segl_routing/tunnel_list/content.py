"""What a tunnel list says, and the JSON it is written in (docs/tunnel-list.md).

    {"format": "segl-tunnel-list/1", "publisher": "…", "serial": 42,
     "issued": "2026-11-24T10:00:00Z", "expires": "2026-12-08T10:00:00Z",
     "entries": [{"domain": "kommune.example", "subdomains": false, "certificates": ["MIID…"]}]}

One form serves three times: as it is published (inside a CMS signature), as the accepted copy on disk, and
as what lists in other formats are turned into. A list whose form is wrong is refused as a whole; an entry of
which only a value is of no use (a name that is no domain, a certificate that cannot be encrypted to) counts
as not there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from cryptography import x509
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from segl.addresses import normal_domain
from segl.certificates.judgement import UNREADABLE, load_certificate, newest_usable
from segl.errors import TunnelListError
from segl.vocabulary import ListFault

FORMAT: Final = "segl-tunnel-list/1"
LARGEST_SERIAL: Final = 2**53 - 1  # what every reader of JSON can hold
MOST_CERTIFICATES: Final = 20  # of one domain

_Text = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One domain: ``certificates`` are base64 of DER, as they stand in the list."""

    domain: Annotated[str, Field(max_length=300)]
    certificates: Annotated[
        tuple[Annotated[str, Field(max_length=20_000)], ...], Field(max_length=MOST_CERTIFICATES)
    ]
    subdomains: bool = False

    def parsed(self) -> tuple[tuple[x509.Certificate, ...], str]:
        """The certificates that can be read, and why the others cannot (``""`` when all can)."""
        found: list[x509.Certificate] = []
        fault = ""
        for text in self.certificates:
            try:
                found.append(load_certificate(base64.b64decode(text, validate=True)))
            except UNREADABLE:
                fault = "a certificate is damaged or of an unknown kind"
        return tuple(found), fault

    def usable(self, now: datetime) -> tuple[x509.Certificate | None, str]:
        """The certificate to encrypt to at *now*, or else why there is none."""
        certificates, fault = self.parsed()
        chosen, why = newest_usable(certificates, now)
        return chosen, "" if chosen else (why if certificates else fault or why)


@dataclass(frozen=True, slots=True)
class TunnelList:
    """A whole list. ``expires`` is ``None`` only for formats that have no end."""

    serial: Annotated[int, Field(ge=1, le=LARGEST_SERIAL)]
    issued: AwareDatetime
    publisher: _Text
    entries: tuple[Entry, ...]
    expires: AwareDatetime | None = None
    format: Literal["segl-tunnel-list/1"] = field(default="segl-tunnel-list/1", kw_only=True)

    def by_domain(self) -> tuple[dict[str, Entry], dict[str, str]]:
        """The entries by domain in normal form, and the names left out with the reason.

        Raises :class:`TunnelListError` when a domain stands there twice: no reader may choose.
        """
        kept: dict[str, Entry] = {}
        left_out: dict[str, str] = {}
        for entry in self.entries:
            try:
                domain = normal_domain(entry.domain)
            except ValueError:
                left_out[entry.domain] = "is no domain name"
                continue
            if "." not in domain:
                left_out[domain] = "is a top-level domain, which is nobody's to give"
            elif domain in kept:
                raise TunnelListError(ListFault.BAD_FORM, f"{domain} stands in the list twice")
            else:
                kept[domain] = entry
        return kept, left_out


_ADAPTER = TypeAdapter(TunnelList)


def parse_list(content: bytes) -> TunnelList:
    """The list in *content*. Raises :class:`TunnelListError`."""
    try:
        return _ADAPTER.validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        problem = first["msg"][0].lower() + first["msg"][1:]
        told = ": ".join(filter(None, (place, problem)))
        raise TunnelListError(ListFault.BAD_FORM, f"is no {FORMAT}: {told}") from None


def write_list(content: TunnelList) -> bytes:
    """*content* in the form :func:`parse_list` reads; one entry a line, so that ``diff`` is of use."""
    head: dict[str, Any] = {
        "format": content.format,
        "publisher": content.publisher,
        "serial": content.serial,
        "issued": _moment(content.issued),
    }
    if content.expires is not None:
        head["expires"] = _moment(content.expires)
    entries = ",\n".join(
        json.dumps(
            {"domain": e.domain, "subdomains": e.subdomains, "certificates": list(e.certificates)},
            ensure_ascii=False,
        )
        for e in content.entries
    )
    start = json.dumps(head, ensure_ascii=False)[:-1]
    return f'{start}, "entries": [\n{entries}\n]}}\n'.encode("utf-8", "replace")


def digest_of_entries(entries: Sequence[Entry]) -> str:
    """SHA-256 over what the entries say, whatever their order: whether two lists mean the same."""
    lines = sorted(f"{e.domain}\0{e.subdomains}\0{' '.join(sorted(e.certificates))}" for e in entries)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
