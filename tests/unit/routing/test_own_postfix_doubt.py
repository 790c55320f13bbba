"""What segl-map goes by while its own Postfix cannot be asked for a moment: what it knew, and nothing that is stale.

Whatever is taken for a name of this host's goes in clear, so a configuration that was read counts over what was known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from segl.events import Events
from segl.postfix.running import PostfixBusy
from segl_routing.own_postfix import OwnPostfix, again, own_postfix
from world.installation import Installation
from world.needs import POSTFIX

needs_postfix = POSTFIX
NAMES = frozenset({"mail.nordby.example", "localhost"})
NONE: frozenset[str] = frozenset()


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    site = Installation(tmp_path)
    site.front("-e", "transport_maps=inline:{other.example=smtp:[store.example]}")
    site.settle()
    return site


def busy(command: Sequence[str], *_: object) -> CompletedProcess[str]:
    raise PostfixBusy(f"{command[0]} did not answer within 10 s")


def reloaded(site: Installation, known: OwnPostfix) -> OwnPostfix:
    return again(site.settings, known, Events("segl-map"))


@needs_postfix
@pytest.mark.parametrize(
    "edits",
    [
        ["mailbox_transport_maps=ldap:/etc/postfix/ldap.cf"],
        ["fallback_transport_maps=mysql:/etc/postfix/my.cf"],
        ["mydestination=localhost.invalid", "transport_maps=hash:/etc/postfix/none"],
        ["mydestination=other.example", "virtual_alias_domains=hash:/nowhere"],
    ],
)
def test_a_reload_forgets_names_at_once_where_the_new_configuration_keeps_them_from_being_known(
    site: Installation, edits: list[str]
) -> None:
    """A table that cannot be asked by its very kind, or that is not there, will not be otherwise next time."""
    known = own_postfix(site.settings)
    assert known.here == NAMES
    site.front("-e", *edits)
    site.settle()
    now = reloaded(site, known)
    assert (now.name, now.here, now.doubt) == ("mail.nordby.example", NONE, "")


@needs_postfix
def test_a_table_that_is_slow_for_a_moment_takes_no_name(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = own_postfix(site.settings)
    monkeypatch.setattr("segl.postfix.tables.run_postfix", busy)
    kept = reloaded(site, known)
    assert (kept.here, kept == known) == (NAMES, True)
    assert "did not answer within 10 s" in kept.doubt


@needs_postfix
def test_a_table_that_is_slow_keeps_no_name_that_another_configuration_gave(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """main.cf was read, and is another: who knows whether the host still bears the name."""
    known = own_postfix(site.settings)
    site.front("-e", "mydestination=other.example", "smtp_helo_name=out.nordby.example")
    site.settle()
    monkeypatch.setattr("segl.postfix.tables.run_postfix", busy)
    now = reloaded(site, known)
    assert (now.helo, now.here) == ("out.nordby.example", NONE)
    assert now.doubt, "it is asked again soon"


@needs_postfix
def test_a_service_that_says_something_else_makes_another_configuration(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = own_postfix(site.settings)
    site.front("-P", "local/unix/mailbox_transport=smtp:[store.example]")
    site.settle()
    monkeypatch.setattr("segl.postfix.tables.run_postfix", busy)
    assert reloaded(site, known).here == NONE


@needs_postfix
def test_postfix_that_cannot_be_read_for_a_moment_takes_no_name(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = own_postfix(site.settings)
    monkeypatch.setattr("segl.postfix.running.run_postfix", busy)
    assert reloaded(site, known).here == NAMES


@needs_postfix
def test_a_configuration_that_is_gone_is_no_matter_of_a_moment(site: Installation) -> None:
    known = own_postfix(site.settings)
    (site.front_directory / "main.cf").unlink()
    assert reloaded(site, known) == OwnPostfix(known.version)


@needs_postfix
def test_the_same_configuration_is_found_to_say_the_same(site: Installation) -> None:
    assert own_postfix(site.settings).says == own_postfix(site.settings).says != b""
