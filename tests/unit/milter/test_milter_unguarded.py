"""`segl install` asks the running segl-milter before it lets in servers that many organisations share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from segl.postfix.running import Instance
from segl.postfix.shared_networks import unguarded
from segl.settings.document import Settings
from segl.settings.file import load_settings
from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until

MICROSOFT, MORE = ("40.92.0.0/15",), ("40.92.0.0/15", "2a01:111:f403::/48")


def with_gateway(milter: RunningMilter, networks: tuple[str, ...]) -> Settings:
    """The settings with a gateway before Microsoft 365, written and read, the milter not told."""
    milter.write()
    with milter.settings.open("a", encoding="utf-8") as file:
        file.write(
            f'\n[postfix.gateway]\ndeliver_to = "[x.example]:25"\nmicrosoft = {list(networks)}\n'
            'tenant = "0f9e8d7c-6b5a-4938-a271-605f4e3d2c1b"\n'
        )
    return load_settings(milter.settings)


def front(mynetworks: str = "127.0.0.0/8 [::1]/128") -> Instance:
    """A Postfix, as far as it is asked."""
    return Instance(
        directory=Path("/nowhere"), parameters={"mynetworks": mynetworks}, written=frozenset(), services=()
    )


def whats(settings: Settings, postfix: Instance) -> list[str]:
    return [refusal.what for refusal in unguarded(settings, postfix)]


def reload(milter: RunningMilter) -> None:
    before = len(milter.events("reloaded"))
    milter.daemon.signal(signal.SIGHUP)
    wait_until(lambda: len(milter.events("reloaded")) > before, 30, lambda: milter.daemon.log)


def is_on_guard(milter: RunningMilter, settings: Settings) -> None:
    """A worker of before the reload may take one more question."""
    wait_until(lambda: whats(settings, front()) == [], 30, lambda: milter.daemon.log)


def test_a_milter_that_was_not_reloaded_knows_nothing_of_the_tenant(new_milter: NewMilter) -> None:
    milter = new_milter()
    settings = with_gateway(milter, MICROSOFT)
    [what] = whats(settings, front())
    assert "40.92.0.0/15: it would take their mail" in what
    assert whats(settings, front("127.0.0.0/8, 40.92.0.0/15")) == [], (
        "they send already, this changes nothing"
    )
    reload(milter)
    is_on_guard(milter, settings)
    assert len(milter.events("stranger_refused")) == 1
    settings = with_gateway(milter, MORE)
    [what] = whats(settings, front("127.0.0.0/8 40.92.0.0/15"))
    assert "2a01:111:f403::/48" in what, "of another network it has not been told"
    reload(milter)
    is_on_guard(milter, settings)


def test_one_that_does_not_run_lets_nobody_in(new_milter: NewMilter) -> None:
    milter = new_milter()
    settings = with_gateway(milter, MICROSOFT)
    milter.daemon.stop()
    assert whats(settings, front()) == []


@pytest.mark.parametrize("networks", ["", "127.0.0.0/8"])
def test_without_shared_networks_nothing_is_asked(new_milter: NewMilter, networks: str) -> None:
    milter = new_milter()
    assert whats(load_settings(milter.settings), front(networks)) == []
    assert milter.metric("segl_messages_total") == 0
