"""What ``segl tunnel`` says of certificates, entries and changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from segl.certificates.judgement import fingerprint
from segl.cli.output import printable, say
from segl.errors import TunnelListError
from segl.settings.document import Settings
from segl_routing.tunnel_list.content import Entry
from segl_routing.tunnel_list.judging import Changes
from segl_routing.tunnel_list.update import entries_in_force
from segl_routing.tunnels import Found

SHOWN: Final = 20  # domains named of each kind


def place_as_dict(found: Found, *, used: bool) -> dict[str, Any]:
    """What one place says of a domain."""
    certificate = found.certificate
    return {
        "place": found.place,
        "used": used,
        "reason": found.reason,
        "sha256": fingerprint(certificate) if certificate else None,
        "subject": certificate.subject.rfc4514_string() if certificate else None,
        "begins": certificate.not_valid_before_utc.isoformat() if certificate else None,
        "ends": certificate.not_valid_after_utc.isoformat() if certificate else None,
    }


def entry_as_dict(domain: str, entry: Entry, now: datetime) -> dict[str, Any]:
    """One line of a list at *now*."""
    certificate, why = entry.usable(now)
    return {
        "domain": domain,
        "subdomains": entry.subdomains,
        "certificates": len(entry.certificates),
        "usable": certificate is not None,
        "sha256": fingerprint(certificate) if certificate else None,
        "ends": certificate.not_valid_after_utc.isoformat() if certificate else None,
        "text": f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}" if certificate else why,
    }


def decided_elsewhere(settings: Settings) -> dict[str, dict[str, str]]:
    """For each list, its domains that an earlier place has too, and which place that is. A list whose copy
    cannot be read has none; its own line says so."""
    first: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    folder = settings.delivery.certificates
    for terms in settings.tunnel_list:
        try:
            domains = list(entries_in_force(terms, settings.delivery.tunnel_lists))
        except TunnelListError:
            continue
        for domain in domains:
            file = folder / f"{domain}.pem"
            if file.exists():
                found.setdefault(terms.name, {})[domain] = str(file)
            elif domain in first:
                found.setdefault(terms.name, {})[domain] = first[domain]
            first.setdefault(domain, f"list {terms.name}")
    return found


def summary(changes: Changes) -> str:
    """The changes in a few words."""
    counts = ((changes.added, "new"), (changes.removed, "gone"), (changes.changed, "changed"))
    return ", ".join(f"{len(names)} {word}" for names, word in counts if names) or "no difference"


def tell_changes(changes: Changes) -> None:
    """The changes, a line a domain."""
    for mark, names in (("+", changes.added), ("-", changes.removed), ("~", changes.changed)):
        for name in names[:SHOWN]:
            say(f"  {mark} {printable(name)}")
        if len(names) > SHOWN:
            say(f"  {mark} and {len(names) - SHOWN} more (all with --json)")
