"""segl-deliver while another program keeps the store: nothing is lost, the log says it once, and `segl` names who."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import template
from world.at_once import at_once
from world.desk import SENDER, Desk
from world.locker import Locker
from world.ports import free_port
from world.postfix import wait_until

pytestmark = pytest.mark.slow  # each try waits five seconds for the lock

MESSAGE = b"Subject: x\r\n\r\nHej\r\n"
BO = "bo@vestby.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as made:
        yield made


def events(desk: Desk, name: str) -> list[dict[str, object]]:
    return [event for event in desk.daemon.events if event["event"] == name]


def replies_of(desk: Desk, number: int) -> list[str]:
    """Of so many deliveries at the same time."""
    return [
        reply for one in at_once(lambda _: desk.portal(SENDER, [BO], MESSAGE), range(number)) for reply in one
    ]


def test_a_locked_store_is_told_of_once_and_what_waits_goes_when_it_is_free(desk: Desk) -> None:
    file = desk.directory / "segl.db"
    with Locker(file, "BEGIN IMMEDIATE"):
        replies = replies_of(desk, 3)
        assert {reply[:3] for reply in replies} == {"451"}
        [told] = events(desk, "store_locked")
        assert told["file"] == str(file)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:+]+", str(told["since"]))
        assert "segl status" in str(told["hint"])
        assert events(desk, "failed") == events(desk, "not_delivered") == []
        assert desk.sealed_files() == []
    wait_until(lambda: bool(events(desk, "store_free")), 30, lambda: desk.daemon.log)
    assert len(events(desk, "store_locked")) == 1
    [free] = events(desk, "store_free")
    assert int(str(free["in_vain"])) >= 3
    assert {reply[:3] for reply in replies_of(desk, 1)} == {"250"}


def asked(desk: Desk, *command: str) -> dict[str, object]:
    """What a command of `segl` says as JSON, by these settings."""
    done = template.run("segl", *command, "--json", "--settings", str(desk.settings_file))
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_status_and_doctor_name_who_keeps_it_and_since_when(desk: Desk) -> None:
    desk.stop()
    port = free_port()
    desk.write_settings(f"[metrics]\ndeliver_port = {port}")
    desk.start()
    file = desk.directory / "segl.db"
    assert asked(desk, "status")["store"] == {"good": True, "text": f"{file}: nobody locks it"}
    with Locker(file, "BEGIN IMMEDIATE") as locker:
        name = locker.name
        replies_of(desk, 1)
        status = asked(desk, "status")
        [check] = [one for one in asked(desk, "doctor")["checks"] if one["id"] == "store"]  # type: ignore[attr-defined]
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            metrics = answer.read().decode()
    assert status["store"] == {
        "good": False,
        "text": f"{file} is locked by {name} (process {locker.pid}): nothing is sealed until that ends",
    }
    assert "store locked since 20" in str(status["faults segl-deliver"])
    assert (check["state"], check["found"]) == (
        "fail",
        f"{file} is locked by {name} (process {locker.pid})",
    )
    assert f"ps -fp {locker.pid}" in check["fix"]
    assert re.search(r"^segl_store_locked_since_seconds 1\.\d+e\+09$", metrics, re.MULTILINE)
