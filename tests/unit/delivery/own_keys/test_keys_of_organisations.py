"""Keys where several organisations share an installation: none opens or signs with another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_delivery.keyring import KeyRing, KeyState, OwnKey
from segl_delivery.own_keys.directory import KeyDirectory
from segl_delivery.own_keys.making import Holder, self_signed
from segl_delivery.own_keys.signing import Signing
from world.partners import ec_key

TABLES: dict[str, Any] = {
    "organisation": {"name": "Hosting", "domains": ["hosting.example"]},
    "tenant": [
        {"name": "Skolen", "domains": ["skole.example", "skole.hosting.example"]},
        {"name": "Vandet", "domains": ["vand.example"]},
    ],
}


def settings(keys: Path, **delivery: Any) -> Settings:
    return parse_settings({**TABLES, "delivery": {"keys": str(keys), **delivery}})


def keep(directory: Path, name: str, *domains: str) -> None:
    """A key for *domains*, as ``segl key`` writes it."""
    key = ec_key(number=len(name))
    own = self_signed(key, Holder(name, (f"post@{domains[0]}",)), 90)
    with (keys := KeyDirectory(directory)).alone():
        keys.add(name, key, (own,), KeyState(domains=domains))


def signer(loaded: Settings, domain: str) -> str:
    ring = KeyRing(loaded.delivery.keys)
    found, held = Signing(ring, loaded).signer_for(domain), ring.keys()
    return next((own.name for own in held if found and own.certificate == found.certificate), "")


def test_an_organisation_signs_with_its_own_key_whatever_the_settings_name(tmp_path: Path) -> None:
    keep(tmp_path, "skole", "skole.example")
    keep(tmp_path, "hosting", "hosting.example")
    assert signer(settings(tmp_path), "skole.example") == "skole"
    assert signer(settings(tmp_path, sign_keys={"vand.example": "skole"}), "vand.example") == ""
    own = {"skole.hosting.example": "skole"}
    assert signer(settings(tmp_path, sign_keys=own), "skole.hosting.example") == "skole"
    alone = {"organisation": {"name": "Alle", "domains": ["skole.example", "vand.example"]}}
    delivery = {"keys": str(tmp_path), "sign_keys": {"vand.example": "skole"}}
    assert signer(parse_settings({**alone, "delivery": delivery}), "vand.example") == "skole", "as before"


@pytest.mark.parametrize(
    ("holders", "owner"),
    [
        (("skole.example",), "Skolen"),
        (("hosting.example",), "Hosting"),  # also not of what lies below it and is another's
        (("gammelt-navn.example",), "Hosting"),
        ((), "Hosting"),
    ],
)
def test_whose_a_key_is(tmp_path: Path, holders: tuple[str, ...], owner: str) -> None:
    keep(tmp_path, "k", "skole.example")
    [read] = KeyRing(tmp_path).keys()
    own = OwnKey(read.key, read.certificate, False, "k", holders)
    owners = settings(tmp_path).owners
    assert [one.name for one in owners.every if own.is_of(one, owners)] == [owner]


def segl(file: Path, *words: str) -> Result:
    return CliRunner().invoke(build("key"), ["key", *words, "--settings", str(file)])


@pytest.mark.slow
def test_a_new_key_is_for_one_organisation_and_bears_its_name(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text(
        '[organisation]\nname = "Hosting"\ndomains = ["hosting.example"]\n\n'
        '[[tenant]]\nname = "Skolen"\ndomains = ["skole.example"]\n\n'
        f'[delivery]\nkeys = "{tmp_path / "keys"}"\n',
        "utf-8",
    )
    both = segl(file, "new", "skole.example", "post@hosting.example")
    assert both.exit_code == 2
    assert "that is for Skolen and Hosting" in both.output
    assert segl(file, "new", "skole.example").exit_code == 0
    [own] = KeyRing(tmp_path / "keys").keys()
    assert "O=Skolen" in own.certificate.subject.rfc4514_string()


def test_a_key_for_a_parent_domain_does_not_open_for_a_tenant_below_it(tmp_path: Path) -> None:
    keep(tmp_path, "hosting", "hosting.example")
    loaded, ring = settings(tmp_path), KeyRing(tmp_path)
    opened = {}
    for domain in ("hosting.example", "x.hosting.example", "skole.hosting.example"):
        owner = loaded.owner(domain)
        opener = ring.decryption_keys(domain, lambda own, owner=owner: own.is_of(owner, loaded.owners))  # type: ignore[misc]
        opened[domain] = opener is ring.decryption_keys()
    assert opened == {"hosting.example": True, "x.hosting.example": True, "skole.hosting.example": False}
