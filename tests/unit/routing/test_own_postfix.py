"""What segl-map learns of the Postfix it serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl.postfix.running import version_of
from segl.settings_file import parse_settings
from segl_routing import own_postfix as module
from segl_routing.own_postfix import OwnPostfix, own_postfix
from world.installation import Installation
from world.needs import POSTFIX

needs_postfix = POSTFIX


@needs_postfix
def test_it_bears_the_names_that_the_front_has(tmp_path: Path) -> None:
    site = Installation(tmp_path)
    site.front("-e", "smtp_helo_name=out.nordby.example")
    site.settle()
    found = own_postfix(site.settings)
    assert (found.name, found.helo) == ("mail.nordby.example", "out.nordby.example")
    assert found.knows_sts is (found.version >= (3, 10))


@needs_postfix
@pytest.mark.parametrize(
    ("options", "here"),
    [
        ([], {"mail.nordby.example", "localhost"}),
        (["mydestination=nordby.example"], set()),
        (["local_transport=lmtp:unix:private/dovecot"], {"mail.nordby.example", "localhost"}),
        (["local_transport=smtp:[store.example]"], set()),
        (["local_transport=virtual"], {"mail.nordby.example", "localhost"}),
        (["transport_maps=inline:{mail.nordby.example=smtp:[store.example]}"], {"localhost"}),
        (["transport_maps=inline:{*=smtp:[relay.example]}"], set()),
        (["transport_maps=inline:{*=smtp:[relay.example]}, ldap:/nowhere"], set()),
        (["transport_maps=hash:/nowhere"], set()),
    ],
)
def test_what_ends_on_the_host_is_known_by_its_own_names(
    tmp_path: Path, options: list[str], here: set[str]
) -> None:
    site = Installation(tmp_path)
    for option in options:
        site.front("-e", option)
    site.settle()
    assert own_postfix(site.settings).here == here


@needs_postfix
def test_one_that_is_not_set_up_yet_has_a_version_and_no_name(tmp_path: Path) -> None:
    found = own_postfix(
        parse_settings(
            {
                "organisation": {"name": "N", "domains": ["nordby.example"]},
                "postfix": {"front": str(tmp_path / "absent")},
            }
        )
    )
    assert (found.name, found.helo) == ("", "")
    assert found.version >= (3, 7)


def test_without_postfix_nothing_is_known_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl.postfix.running._PATH", str(tmp_path))
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    assert module.own_postfix(settings) == OwnPostfix()
    assert not OwnPostfix().knows_sts


@pytest.mark.parametrize(
    ("text", "version", "knows_sts"),
    [
        ("3.7.11\n", (3, 7), False),
        ("3.9.1", (3, 9), False),
        ("3.10.0", (3, 10), True),
        ("3.11-20260101", (3, 11), True),
        ("4.0.0", (4, 0), True),
        ("", (0, 0), False),
    ],
)
def test_versions(text: str, version: tuple[int, int], knows_sts: bool) -> None:
    assert version_of(text) == version
    assert OwnPostfix(version).knows_sts is knows_sts
