"""Log events and metrics: one file each, one vocabulary, bounded labels, no exception's text."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from segl import metrics
from segl.errors import RoutingError, StoreError
from segl.events import Events, configure_log
from segl.vocabulary import Decision, Finding, Label, Route, Verdict, Way

SECRET = "0101701234"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("json")
    verdict = Verdict(
        Decision.SECURE, (Finding("cpr", Label.CPR, "subject", "0101xx-xxxx"),), (Label.CPR,), ("cpr",)
    )
    Events("segl-milter").classified(
        "4F1", verdict, sender="a@x.example", recipients=2, size=10, ms=1.26, mode="detect", forged=0
    )
    [event] = lines(capsys)
    assert event["event"] == "classified"
    assert event["process"] == "segl-milter"
    assert event["decision"] == "secure"
    assert event["reasons"] == ["cpr"]
    assert "excerpt" not in json.dumps(event)


def test_the_text_of_a_strange_exception_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("json")
    log = Events("segl-milter")
    log.failed("classify", ValueError(f"bad value {SECRET}"))
    log.failed("route", RoutingError("later", "timeout at 192.0.2.1"))
    strange, ours = lines(capsys)
    assert strange["error"] == "ValueError"
    assert ours["error"] == "timeout at 192.0.2.1"


def test_what_is_refused_comes_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a process that does not start there is nothing else to be asked."""
    configure_log("json")
    events = Events("segl-map")
    error = StoreError("the store cannot be reached", "store: is read-only", "may this user write it?")
    events.start_refused(error)
    events.reload_refused(error)
    events.reload_refused(StoreError("the store cannot be reached"))
    told = [(line["event"], line["error"], line.get("hint")) for line in lines(capsys)]
    assert told == [
        ("start_refused", "store: is read-only", "may this user write it?"),
        ("reload_refused", "store: is read-only", "may this user write it?"),
        ("reload_refused", "the store cannot be reached", None),
    ]


def test_the_console_form_is_plain_text_when_not_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("console")
    Events("segl-map").routed(Route("bo@x.example", Way.TLS, "proven"), ms=0.4)
    text = capsys.readouterr().err
    assert "routed" in text
    assert "\x1b" not in text


def test_the_level_holds_back_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("json", "warning")
    Events("segl-map").stopping("term")
    assert capsys.readouterr().err == ""


def test_every_metric_has_our_prefix_and_a_help_text() -> None:
    families = [family for family in REGISTRY.collect() if family.name.startswith("segl_")]
    assert len(families) >= 15
    assert all(family.documentation for family in families)
    assert metrics.MESSAGES in metrics.__dict__.values()


def test_children_count_into_the_same_metrics(tmp_path: Path) -> None:
    """A forked worker's counts are in what the parent serves."""
    program = """
import os
import socket
from segl.multiprocess import prepare_multiprocess
prepare_multiprocess()
from segl import metrics
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
for _ in range(3):
    if os.fork() == 0:
        metrics.FORGED.inc()
        os._exit(0)
    os.wait()
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(tmp_path)}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert "segl_forged_headers_total 3.0" in done.stdout
    assert list(tmp_path.iterdir()) == [], "the shared directory goes with the process"


def test_a_port_that_is_just_being_given_up_is_waited_for() -> None:
    """The child that served it ends a moment after its parent was killed."""
    held = socket.create_server(("127.0.0.1", 0))
    port = held.getsockname()[1]
    threading.Timer(0.3, held.close).start()
    metrics.try_port("127.0.0.1", port, "segl-milter")
    assert held.fileno() == -1
