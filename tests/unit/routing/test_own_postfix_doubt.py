"""What segl-map goes by while its own Postfix cannot be asked for a moment: what it knew, and nothing that is stale.

Whatever is taken for a name of this host's goes in clear, so a configuration that was read counts over what was known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from segl.events import Events, configure_log
from segl.postfix.running import PostfixBusy
from segl.settings.file import parse_settings
from segl_routing import own_postfix as module
from segl_routing.own_postfix import OwnPostfix, again, follow, own_postfix
from world.installation import Installation
from world.needs import POSTFIX

needs_postfix = POSTFIX
NAMES = frozenset({"mail.nordby.example", "localhost"})
NONE: frozenset[str] = frozenset()
SLOW = OwnPostfix(doubt="postconf did not answer within 30 s")
KNOWN = OwnPostfix((3, 10), "mail.nordby.example", here=NAMES, says=b"main.cf")
IN_DOUBT = replace(KNOWN, doubt=SLOW.doubt)  # as a reload leaves it
NEW = replace(KNOWN, here=frozenset({"localhost"}))


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    site = Installation(tmp_path)
    site.front("-e", "transport_maps=inline:{other.example=smtp:[store.example]}")
    site.settle()
    return site


def busy(command: Sequence[str], *_: object) -> CompletedProcess[str]:
    raise PostfixBusy(f"{command[0]} did not answer within 10 s")


def make_busy(monkeypatch: pytest.MonkeyPatch, asked: str = "tables") -> None:
    """From now on nothing is known of any table or instance, and who asks has no answer."""
    monkeypatch.setattr("segl.postfix.remembered._known", {})
    monkeypatch.setattr("segl.postfix.running._known", {})
    monkeypatch.setattr(f"segl.postfix.{asked}.run_postfix", busy)


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
@pytest.mark.parametrize("asked", ["tables", "running"])
def test_what_is_slow_for_a_moment_takes_no_name(
    site: Installation, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """A table that is asked for a name, or Postfix for its configuration."""
    known = own_postfix(site.settings)
    make_busy(monkeypatch, asked)
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
    make_busy(monkeypatch)
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
    make_busy(monkeypatch)
    assert reloaded(site, known).here == NONE


@needs_postfix
def test_a_configuration_that_is_gone_is_no_matter_of_a_moment(site: Installation) -> None:
    known = own_postfix(site.settings)
    (site.front_directory / "main.cf").unlink()
    assert reloaded(site, known) == OwnPostfix(known.version)


@needs_postfix
def test_the_same_configuration_is_found_to_say_the_same(site: Installation) -> None:
    assert own_postfix(site.settings).says == own_postfix(site.settings).says != b""


class Followed:
    """:func:`follow` at work on an own Postfix that gives these *answers*, one at a time, the last one ever after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, known: OwnPostfix, *answers: OwnPostfix) -> None:
        configure_log("json")
        self.known = known
        self.answers = list(answers)
        self.asked = 0
        self.reloaded = asyncio.Event()
        self._told: asyncio.Queue[OwnPostfix] = asyncio.Queue()
        monkeypatch.setattr(module, "own_postfix", self._answer)

    def _answer(self, _: object) -> OwnPostfix:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def reload(self, found: OwnPostfix) -> None:
        self.known = found
        self.reloaded.set()

    def _changed(self, found: OwnPostfix) -> None:
        self.known = found
        self._told.put_nowait(found)

    async def first(self, *, seconds: float, reloads: bool = False) -> OwnPostfix:
        """What it tells first. *reloads*: all the while the settings are read again, which meets a doubt."""
        settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
        work = follow(
            lambda: settings, lambda: self.known, self._changed, Events("x"), self.reloaded, seconds, 0.001
        )
        following = asyncio.create_task(work)
        try:
            async with asyncio.timeout(10):
                while reloads and self._told.empty():
                    await asyncio.sleep(0.005)
                    self.reload(replace(self.known, doubt=SLOW.doubt))
                return await self._told.get()
        finally:
            following.cancel()


def test_names_are_kept_while_postfix_cannot_be_asked_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One slow postconf, and a colleague would get links to the portal for five minutes. It is asked again soon."""
    followed = Followed(monkeypatch, IN_DOUBT, SLOW, SLOW, NEW)
    assert asyncio.run(followed.first(seconds=600)) == NEW
    assert capsys.readouterr().err.count('"host_unknown"') == 1, "not at each try"


def test_a_reload_that_meets_such_a_moment_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "own_postfix", lambda _: SLOW)
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    kept = again(settings, KNOWN, Events("segl-map"))
    assert (kept, kept.doubt) == (KNOWN, SLOW.doubt)


def test_where_nothing_was_known_a_reload_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after it named another front: what is found of it counts, be it little."""
    configure_log("json")
    found = OwnPostfix((3, 10), "mail.nordby.example", doubt="hash:/x: postmap did not answer within 10 s")
    monkeypatch.setattr(module, "own_postfix", lambda _: found)
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    assert again(settings, OwnPostfix(), Events("segl-map")) is found
    assert '"kept": false' in capsys.readouterr().err


def test_what_a_reload_could_not_ask_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reloaded() -> OwnPostfix:
        followed = Followed(monkeypatch, KNOWN, NEW)
        first = asyncio.create_task(followed.first(seconds=600))
        await asyncio.sleep(0.01)
        assert not followed.asked
        followed.reload(IN_DOUBT)
        return await first

    assert asyncio.run(reloaded()) == NEW


def test_what_could_not_be_asked_at_the_start_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(Followed(monkeypatch, SLOW, NEW).first(seconds=600)) == NEW


@pytest.mark.parametrize("reloads", [False, True])
def test_names_that_cannot_be_asked_for_any_longer_are_not_gone_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reloads: bool
) -> None:
    """However often the settings are read meanwhile: a reload knows no better."""
    followed = Followed(monkeypatch, KNOWN, SLOW)
    assert asyncio.run(followed.first(seconds=0.06, reloads=reloads)) == OwnPostfix()
    logged = capsys.readouterr().err
    assert logged.count('"kept": false') == 1, logged
    assert logged.count('"host_unknown"') <= 2, logged
    assert reloads or followed.asked <= 8, "after 1, 2, 4, 8 … as long"


def test_a_configuration_that_was_read_counts_though_a_table_of_it_is_slow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The names were those of another one."""
    other = OwnPostfix(
        (3, 10), "mail.nordby.example", says=b"another", doubt="hash:/x: postmap did not answer"
    )
    followed = Followed(monkeypatch, IN_DOUBT, other)
    assert asyncio.run(followed.first(seconds=600)) == other
    assert '"kept": false' in capsys.readouterr().err
