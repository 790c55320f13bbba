"""The way for mail that comes in encrypted, as `segl install` writes it and `segl doctor` looks at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segl.postfix.check import State
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX
FILTER = "/^X-Segl-Open:/  FILTER segl-open:unix:/run/segl/inbound.sock\n"


@pytest.fixture
def opening(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = Installation(tmp_path_factory.mktemp("in"), {"inbound": {"on": True}})  # a socket's path is short
    site.install()
    return site


def state(site: Installation) -> tuple[State, str]:
    [check] = [check for check in site.checks() if check.id == "front.inbound"]
    return check.state, check.found


def test_off_nothing_is_handed_over(site: Installation) -> None:
    assert "segl-open" not in site.read("segl-strip")
    assert state(site) == (State.OK, "nothing is opened (inbound.on)")


def test_on_it_is_and_a_second_run_changes_nothing(opening: Installation) -> None:
    text = opening.read("segl-strip")
    assert text.index(FILTER) < text.index("IGNORE")  # the first line that matches decides
    assert state(opening) == (State.OK, "encrypted mail that comes in is opened")
    assert all(check.state is State.OK for check in opening.checks() if check.id == "front.strip")
    assert opening.plan.empty


def test_turned_off_again_install_takes_it_back(opening: Installation) -> None:
    del opening.tables["inbound"]
    assert state(opening)[0] is State.WARN
    opening.install()
    assert state(opening)[0] is State.OK
    assert "segl-open" not in opening.read("segl-strip")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda site: site.front("-MX", "segl-open/unix"), "segl-open is missing"),
        (lambda site: site.front("-P", "segl-cleanup/unix/header_checks="), "does not hand it on"),
        (
            lambda site: (site.front_directory / "segl-strip").write_text("/^X-Segl-/ IGNORE\n"),
            "does not hand it on",
        ),
    ],
    ids=["service", "checks", "table"],
)
def test_what_is_missing_is_named(
    opening: Installation, change: Callable[[Installation], object], found: str
) -> None:
    change(opening)
    told, text = state(opening)
    assert told is State.WARN
    assert found in text
