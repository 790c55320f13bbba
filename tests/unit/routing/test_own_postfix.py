"""What segl-map learns of the Postfix it serves."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from segl.events import Events
from segl.postfix.running import PostfixBusy, version_of
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_routing import own_postfix as module
from segl_routing.own_postfix import OwnPostfix, follow, own_postfix
from segl_routing.proofs.checking import greeting
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
    assert found.names == frozenset()


@needs_postfix
def test_a_port_may_bear_a_name_of_its_own(tmp_path: Path) -> None:
    """A mail host that answers by it is this host as well: sent there, mail would go round."""
    site = Installation(tmp_path)
    site.front("-P", "smtp/inet/myhostname=MX2.nordby.example")
    site.settle()
    asked = greeting(site.settings, own_postfix(site.settings))
    for answer in (b"mail.nordby.example", b"mx2.nordby.example hello"):
        assert asked.is_ours(answer)
    for answer in (b"mx2.andre.example", b"mx", b""):
        assert not asked.is_ours(answer)


@needs_postfix
def test_a_name_that_any_host_bears_is_not_ours_alone(tmp_path: Path) -> None:
    """A port for this host's own programs may answer as localhost. So may a mail host outside that was never set up
    with a name; its domain would have no TLS."""
    site = Installation(tmp_path)
    for port, name in (("127.0.0.1:2525", "localhost"), ("127.0.0.1:2526", "LocalHost.localdomain")):
        site.front("-M", f"{port}/inet={port} inet n - n - - smtpd -o myhostname={name}")
    site.settle()
    assert not greeting(site.settings, own_postfix(site.settings)).is_ours(b"localhost")
    assert own_postfix(site.settings).names == frozenset()


@needs_postfix
@pytest.mark.parametrize(
    ("options", "here"),
    [
        ([], {"mail.nordby.example", "localhost"}),
        (["mydestination=nordby.example"], set()),
        (["local_transport=lmtp:unix:private/dovecot"], {"mail.nordby.example", "localhost"}),
        (["local_transport=smtp:[store.example]"], set()),
        (["local_transport=virtual"], {"mail.nordby.example", "localhost"}),
        # local(8) delivers, and may be told to let others deliver
        (["mailbox_transport=lmtp:unix:private/dovecot"], {"mail.nordby.example", "localhost"}),
        (["mailbox_transport=lmtp:inet:store.example:24"], set()),
        (["mailbox_transport=lmtp:inet:127.0.0.1:24"], {"mail.nordby.example", "localhost"}),
        (["mailbox_transport=lmtp:[::1]:24"], {"mail.nordby.example", "localhost"}),
        (["mailbox_transport=lmtp:[::1]:24", "lmtp_fallback_relay=[relay.example]"], set()),
        (
            ["mailbox_transport=lmtp:unix:private/dovecot", "lmtp_fallback_relay=[relay.example]"],
            {"mail.nordby.example", "localhost"},
        ),
        (["mailbox_transport=lmtp:inet:127.0.0.1.store.example:24"], set()),
        (["mailbox_transport=smtp:[127.0.0.1]:10025"], set()),
        (["fallback_transport=smtp:[store.example]"], set()),
        (
            ["mailbox_transport_maps=inline:{ole=lmtp:unix:private/dovecot}"],
            {"mail.nordby.example", "localhost"},
        ),
        (["mailbox_transport_maps=inline:{ole=lmtp:unix:private/dovecot, bo=smtp:[store.example]}"], set()),
        (["fallback_transport_maps=ldap:/nowhere"], set()),
        (
            ["mailbox_transport=smtp:[store.example]", "local_transport=virtual"],
            {"mail.nordby.example", "localhost"},
        ),
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
def test_what_becomes_of_its_lists_is_followed(tmp_path: Path) -> None:
    """Nobody tells segl-map that main.cf was edited, or a table that it names."""
    site = Installation(tmp_path)
    table = tmp_path / "transport"
    table.touch()
    site.front("-e", f"transport_maps=texthash:{table}")
    site.settle()
    settings, known = site.settings, [own_postfix(site.settings)]

    async def edited() -> None:
        found: asyncio.Queue[OwnPostfix] = asyncio.Queue()
        work = follow(
            lambda: settings, lambda: known[-1], found.put_nowait, Events("segl-map"), asyncio.Event(), 0.02
        )
        following = asyncio.create_task(work)
        table.write_text("mail.nordby.example smtp:[store.example]\n", "utf-8")
        known.append(await asyncio.wait_for(found.get(), 30))
        site.front("-e", "mydestination=nordby.example")
        site.settle()
        known.append(await asyncio.wait_for(found.get(), 30))
        following.cancel()

    asyncio.run(edited())
    assert [one.here for one in known] == [{"mail.nordby.example", "localhost"}, {"localhost"}, set()]


def test_what_cannot_be_found_out_any_more_is_not_gone_by(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})

    def out_of_memory(_settings: Settings) -> OwnPostfix:
        raise OSError(errno.ENOMEM, "no memory")

    async def followed() -> OwnPostfix:
        found: asyncio.Queue[OwnPostfix] = asyncio.Queue()
        before = OwnPostfix((3, 10), here=frozenset({"localhost"}))
        work = follow(
            lambda: settings, lambda: before, found.put_nowait, Events("segl-map"), asyncio.Event(), 0.01
        )
        following = asyncio.create_task(work)
        changed = await asyncio.wait_for(found.get(), 30)
        following.cancel()
        return changed

    monkeypatch.setattr(module, "own_postfix", out_of_memory)
    assert asyncio.run(followed()) == OwnPostfix()


def test_a_postconf_that_does_not_answer_is_told_apart_from_names_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(command: list[str], *_: object, **__: object) -> CompletedProcess[str]:
        raise PostfixBusy("postconf did not answer within 30 s")

    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    monkeypatch.setattr(module, "run_postfix", slow)
    assert own_postfix(settings).doubt == "postconf did not answer within 30 s"


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
