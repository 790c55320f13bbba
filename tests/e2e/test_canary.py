"""Canaries, on real Postfixes: they arrive by every way, and each way of leaving in clear, unread or late is seen."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from segl.canary.tls_sink import TlsSink
from segl.canary.way_key import WayKey
from segl.settings.canary import OWN_SINK, WAY_SINKS
from segl.vocabulary import Way
from world import template
from world.confined import limits_of
from world.estate import portal_of, standing_house
from world.house import House
from world.letters import BARE, CPR, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_until
from world.prometheus import Prometheus
from world.street import Street

pytestmark = pytest.mark.world

UNITS = Path(__file__).parent.parent.parent / "systemd"
WEB_PORT = 8080
SETTINGS = f"""
[canary]
late_after = 20
[[canary.sink]]
name = "tls"
address = "{GOOD}"
[[canary.sink]]
name = "tunnel"
address = "{PARTNER}"
[[canary.sink]]
name = "portal"
address = "{BARE}"
[metrics]
milter_port = 9401
map_port = 9402
deliver_port = 9403
portal_port = 9404
[portal.web]
listen = "127.0.0.1:{WEB_PORT}"
"""


@pytest.fixture(scope="module")
def watched(street: Street) -> Iterator[House]:
    with standing_house(street, prepare=with_key, settings_text=SETTINGS) as house:
        yield house


def with_key(house: House) -> None:
    made = segl(house, "key", "new")
    assert made.returncode == 0, made.stderr


def segl(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    """The command; what a timer runs, within what its unit allows."""
    by_timer = {"canary run": "segl-canary", "hold tell": "segl-hold"}.get(" ".join(words[:2]))
    limits = limits_of(UNITS / f"{by_timer}.service") if by_timer else None
    return template.run("segl", *words, "--settings", str(house.settings_file), limits=limits)


def run(house: House, *words: str, code: int | None, wait: int = 60) -> dict[str, Any]:
    """A canary to every sink, waited for. *code* ``None``: what else is wrong does not matter."""
    done = segl(house, "canary", "run", "--now", "--json", "--wait", str(wait), *words)
    assert code in (None, done.returncode), f"{done.stdout}{done.stderr}\n{house.log[-6000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def results(found: dict[str, Any]) -> dict[str, str]:
    return {name: sink["result"] for name, sink in found["sinks"].items()}


@contextmanager
def front_with(house: House, **parameters: str) -> Iterator[None]:
    """The front's main.cf as somebody could have edited it."""
    before = (house.front.config / "main.cf").read_text("utf-8")
    house.front.run("postconf", "-e", *(f"{name}={value}" for name, value in parameters.items()))
    house.front.reload()
    try:
        yield
    finally:
        (house.front.config / "main.cf").write_text(before, "utf-8")
        house.front.reload()


def test_canaries_arrive_by_every_way_and_disturb_nobody(watched: House, street: Street) -> None:
    street.forget()
    doctor = json.loads(segl(watched, "doctor", "--canary", "--json").stdout)
    checks = {check["id"]: check for check in doctor["checks"]}
    names, ways = ("own", "tls", "tunnel", "portal"), ("tunnel", "certificate", "tls", "portal")
    tried = [f"canary.{name}" for name in (*names, *(f"way-{way}" for way in ways))]
    assert {name: checks[name]["state"] for name in tried} == dict.fromkeys(tried, "ok"), watched.log[-4000:]
    assert "by tunnel after" in checks["canary.tunnel"]["found"]
    said = {way: checks[f"canary.way-{way}"]["found"] for way in ways}
    assert all(f"arrived by {way} after" in said[way] for way in ways)
    assert said["tunnel"].endswith("opened again, signed")
    assert said["certificate"].endswith("opened again, signed")
    assert "TLSv1.3" in said["tls"]
    assert "the server's key verified" in said["tls"]
    assert said["portal"].endswith("opened by its link, then deleted")

    found = json.loads(segl(watched, "canary", "run", "--json").stdout)
    assert (found["good"], found["milter"]) == (True, {"good": True, "fault": None})
    assert results(found) == dict.fromkeys(names, "arrived")
    went = {name: sink["last"]["way"] for name, sink in found["sinks"].items()}
    assert went == {"own": None, "tls": "tls", "tunnel": "tunnel", "portal": "portal"}
    assert all(sink["last"]["seconds"] < 20 for sink in found["sinks"].values())

    wait_until(lambda: watched.queued == 0, 30, lambda: watched.log[-4000:])
    assert not street.store.received, "no receipt, no notice of Postfix, nothing to our own mailboxes"
    [mail] = street.mail_for(GOOD)
    assert mail.tls
    assert b"x-segl" not in mail.content.lower()
    assert b"251248" not in street.seen_in_clear()

    listed = segl(watched, "sealed", "list", "--json").stdout.splitlines()
    assert [line for line in listed if json.loads(line).get("state") == "waiting"] == [], (
        "none waits to be opened"
    )
    told = [event for event in watched.milter.events if event["event"] == "classified"]
    assert len(told) == len(tried)
    assert all(event["canary"] and event["decision"] == "secure" for event in told)
    assert "segl-canary" not in segl(watched, "receipt", "list").stdout, "no statistics"
    for daemon in (watched.map, watched.deliver):  # they write their counts down when they end
        daemon.stop()
        daemon.start()
    assert "boligforening" not in segl(watched, "domains").stdout


def test_no_panel_of_the_dashboard_stays_empty(watched: House, street: Street, repository: Path) -> None:
    """Each is asked of a real Prometheus that has scraped a house at work, as Grafana would ask."""
    dashboard = json.loads((repository / "monitoring" / "dashboard.json").read_text("utf-8"))
    panels = {
        panel["title"]: [target["expr"] for target in panel["targets"]]
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }
    ports = watched.settings.metrics
    targets = {
        "segl-milter": ports.milter_port,
        "segl-map": ports.map_port,
        "segl-deliver": ports.deliver_port,
        "segl-portal": ports.portal_port,
    }
    folder = watched.directory / "prometheus"
    folder.mkdir()
    rules = repository / "monitoring" / "segl.rules.yml"
    with portal_of(watched), Prometheus(folder, targets, rules) as prometheus:
        began = time.time()
        told = segl(watched, "hold", "tell")
        assert told.returncode == 0, told.stderr
        wait_until(lambda: prometheus.up, 30, lambda: (folder / "prometheus.log").read_text("utf-8")[-2000:])
        watched.submit(letter("", (BARE,), "Sag", f"CPR-nummer {CPR}").content, SENDER, [BARE])

        def empty() -> list[str]:
            http("GET", "/healthz")
            return empty_of(prometheus, panels, began)

        wait_until(lambda: not empty(), 60, lambda: f"empty: {empty()}")
        now = time.time()
        assert prometheus.values("count(segl_workers)", now)[-1] == 1, (
            "no other process tells of the milter's"
        )
        gone = "SeglDown|Segl.+Gone|SeglCanariesUnknown|SeglOwnKeyEnds|SeglHoldUnseen|SeglPostfixLeaks"
        assert prometheus.values(f'count(ALERTS{{alertname=~"{gone}"}})', now) == [], "nor is one pending"


def http(method: str, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", WEB_PORT, timeout=30)
    connection.request(method, path, headers={"Host": "sikker.nordby-vand.example"})
    connection.getresponse().read()
    connection.close()


def empty_of(prometheus: Prometheus, panels: dict[str, list[str]], since: float) -> list[str]:
    return [
        title
        for title, expressions in panels.items()
        if not any(prometheus.values(one.replace("$__rate_interval", "20s"), since) for one in expressions)
    ]


def test_the_way_tls_delivers_to_no_server_with_another_key(watched: House) -> None:
    """So what arrives at the sink behind it says that certificates are looked at."""
    sink, arrived = WAY_SINKS[Way.TLS], []

    def take(content: bytes, protected: str) -> bool:
        arrived.append(protected)
        return True

    told = ""

    def waits() -> bool:  # while it is tried again there is no reason
        nonlocal told
        told = watched.secure.run("postqueue", "-j")
        return "delay_reason" in told

    with TlsSink(watched.settings.canary.tls_sink, WayKey(b"another".ljust(32)), take):
        watched.submit(letter("", (sink,), "Sag", f"CPR {CPR}").content, SENDER, [sink])
        wait_until(waits, 60, lambda: told + watched.log[-4000:])
    [waiting] = [one for line in told.splitlines() for one in json.loads(line)["recipients"]]
    assert (waiting["address"], waiting["delay_reason"]) == (sink, "Server certificate not verified")
    assert arrived == []
    watched.secure.run("postsuper", "-d", "ALL")


LEAKS = {
    "neither filter nor milter": {"content_filter": "", "smtpd_milters": ""},
    "a table that lets all verdicts out": {
        "milter_header_checks": "regexp:{{/^X-Segl-Route:/ FILTER segl-plain:[127.0.0.1]:10027}}"
    },
}


@pytest.mark.parametrize("leak", LEAKS)
def test_mail_that_leaves_in_clear_is_seen(watched: House, street: Street, leak: str) -> None:
    with front_with(watched, **LEAKS[leak]):
        found = run(watched, code=1, wait=8)
    assert results(found)["own"] == "clear"
    assert found["sinks"]["own"]["lately"]["clear"] >= 1
    if leak == "neither filter nor milter":
        assert results(found)["tls"] == "clear", "the front's own report said so"
        assert not found["milter"]["good"]
    assert any(
        event["event"] == "canary_arrived" for event in watched.deliver.events if event["level"] == "error"
    )
    done = segl(watched, "canary", "status")
    assert done.returncode == 1
    assert "clear: own" in done.stdout
    later = run(watched, code=1)
    assert results(later)["own"] == "arrived", "what went in clear is an alarm for a day all the same"


def test_a_milter_that_is_not_asked_is_seen_twice(watched: House) -> None:
    with front_with(watched, smtpd_milters=""):
        found = run(watched, code=1, wait=15)
    assert results(found)["own"] == "unread"
    assert "smtpd_milters = (empty)" in found["milter"]["fault"]


def test_an_entrance_that_canaries_do_not_take_is_seen_in_the_settings(watched: House) -> None:
    """All mail of users would leave by it in clear, while canaries arrive."""
    file = watched.front.config / "master.cf"
    before = file.read_text("utf-8")
    file.write_text(f"{before}\nsubmission inet n - n - - smtpd\n  -o content_filter=\n", "utf-8")
    watched.front.reload()
    try:
        found = run(watched, code=1, wait=15)
    finally:
        file.write_text(before, "utf-8")
        watched.front.reload()
    assert results(found)["own"] == "arrived"
    assert "submission/inet: -o content_filter=" in found["postfix"]["fault"]
    assert segl(watched, "canary", "status").stdout.startswith("postfix: ")


def test_a_front_that_is_down_and_mail_that_is_held_up(watched: House) -> None:
    watched.deliver.stop()
    found = run(watched, code=1, wait=3)
    assert "own" in found["not_arrived"]
    watched.front.stop()
    found = run(watched, code=1, wait=3)
    assert results(found)["own"] == "refused"
    assert "refused" in found["sinks"]["own"]["last"]["said"].lower()
    watched.front.start()
    watched.deliver.start()
    watched.secure.flush()
    wait_until(lambda: watched.queued == 0, 60, lambda: watched.log[-4000:])
    found = run(watched, code=None)
    assert results(found)["own"] == "arrived", "and what was held up has come"
    assert found["not_arrived"] == []


def test_nobody_elses_mail_is_a_canary(watched: House, street: Street) -> None:
    """Mail to the sink comes back, also with a Message-ID that looks like one."""
    street.forget()
    forged = f"<{'ab' * 16}.{'cd' * 16}@canary.segl.invalid>"
    content = letter("", (OWN_SINK,), "Sag", f"CPR {CPR}", headers=(("Message-ID", forged),)).content
    before = len(watched.milter.events)
    watched.submit(content, SENDER, [OWN_SINK])
    wait_until(lambda: bool(street.mail_for(SENDER)), 60, lambda: watched.log[-4000:])
    assert (
        b"5.1.1" in street.mail_for(SENDER)[0].content
        or b"nobody reads" in street.mail_for(SENDER)[0].content
    )
    [told] = [event for event in watched.milter.events[before:] if event["event"] == "classified"]
    assert "canary" not in told


def test_a_change_of_settings_is_noted_once_for_all_processes(watched: House) -> None:
    """In this house because it stands. The milter may not write the trail: its rules come by way of segl-deliver."""

    def trail(subject: str) -> list[dict[str, Any]]:
        done = segl(watched, "audit", "export", "--about", subject)
        return [json.loads(line) for line in done.stdout.splitlines()]

    file = str(watched.settings_file)
    wait_until(lambda: bool(trail("rules")), 40, lambda: watched.log[-3000:])
    [first] = trail(file)
    assert (first["act"], first["facts"]["first"]) == ("settings-changed", True)
    [rules] = trail("rules")
    assert (rules["act"], rules["actor"]) == ("rules-changed", "segl-milter")

    text = watched.settings_file.read_text("utf-8")
    watched.settings_file.write_text(text.replace("late_after = 20", "late_after = 21"), "utf-8")
    for daemon in (watched.map, watched.deliver):
        daemon.signal(signal.SIGHUP)
    wait_until(lambda: len(trail(file)) > 1, 40, lambda: watched.log[-3000:])
    for daemon in (watched.map, watched.deliver):
        daemon.stop()
        daemon.start()
    assert "nothing has changed" in segl(watched, "audit", "settings").stdout
    [_, change] = trail(file)
    assert change["facts"]["changed"] == "canary.late_after"
    assert change["actor"] in ("segl-map", "segl-deliver")
