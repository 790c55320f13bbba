"""``[certificates]``: what is refused before a single recipient waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from segl.errors import SettingsError
from segl.settings.certificates import CertificateSource
from segl.settings.document import Settings
from segl.settings.file import parse_settings

TRUST = {"trust": ["/etc/segl/root.pem"]}
LDAP = {"url": "ldaps://ldap.x.dk", "base": "c=DK"}


def parsed(**table: Any) -> Settings:
    return parse_settings(
        {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, "certificates": table}
    )


def test_it_is_off_until_a_source_is_named() -> None:
    assert not parsed().certificates.on


def test_sources_keep_their_order() -> None:
    table = parsed(sources=["directory", "smimea", "folder"], directory=[LDAP], **TRUST).certificates
    assert table.sources == (CertificateSource.DIRECTORY, CertificateSource.SMIMEA, CertificateSource.FOLDER)
    assert table.directory[0].encrypted


def test_signed_dns_alone_needs_no_authority() -> None:
    assert parsed(sources=["smimea"]).certificates.on


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"sources": ["folder"]}, "certificates.trust: is empty"),
        ({"sources": ["folder", "folder"], **TRUST}, "names folder 2 times"),
        ({"sources": ["directory"], **TRUST}, "no [[certificates.directory]] is set"),
        ({"sources": ["folder"], "directory": [LDAP], **TRUST}, "would not be asked"),
        ({"sources": ["ldap"]}, "certificates.sources.1"),
        ({"revocation_unknown": "ignore"}, "certificates.revocation_unknown"),
        ({"directory": [{**LDAP, "url": "http://x.dk"}]}, "ldaps://ldap.x.dk"),
        ({"directory": [{**LDAP, "url": "ldap://x.dk/c=DK"}]}, "ldaps://ldap.x.dk"),
        ({"directory": [{**LDAP, "filter": "(mail=*)"}]}, "{address}"),
        ({"directory": [{**LDAP, "filter": "(mail={address}"}]}, "{address}"),
        ({"directory": [{**LDAP, "bind_dn": "cn=x"}]}, "belong together"),
        ({"directory": [{**LDAP, "starttls": True}]}, "TLS from the start"),
        (
            {"directory": [{**LDAP, "url": "ldap://x.dk", "bind_dn": "cn=x", "password_file": "/p"}]},
            "would go in clear",
        ),
        ({"directory": [{**LDAP, "filtre": "x"}]}, "did you mean filter?"),
    ],
)
def test_what_is_refused(table: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parsed(**table)
    assert any(told in str(fault) for fault in raised.value.faults), raised.value.private
