"""Tests handed out to workers (pytest-xdist), and what is heard of them, for less.

Each test makes three reports, and each goes through a pipe as a table of some thirty values, which is taken apart and
put together value by value in Python. Of one that passed and printed nothing few words are enough; whatever else there
is to say goes as ever. And whoever hands out a test looks for its number in the list of all: in a table, with which
20,000 tests are no longer compared with one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

_SHORT = "passed"


def pytest_report_to_serializable(report: pytest.TestReport | pytest.CollectReport) -> dict[str, Any] | None:
    if not isinstance(report, pytest.TestReport) or report.outcome != "passed" or hasattr(report, "wasxfail"):
        return None
    if report.longrepr or report.sections or report.user_properties:
        return None
    path, line, name = report.location
    words = (
        report.when,
        path,
        "" if line is None else str(line),
        name,
        repr(report.start),
        repr(report.stop),
    )
    return {
        "$report_type": _SHORT,
        "nodeid": report.nodeid,
        "words": "\n".join((*words, repr(report.duration))),
    }


def pytest_report_from_serializable(data: dict[str, Any]) -> pytest.TestReport | None:
    if data["$report_type"] != _SHORT:
        return None
    when, path, line, name, start, stop, duration = data["words"].split("\n")
    report = pytest.TestReport(
        data["nodeid"],
        (path, int(line) if line else None, name),
        {},
        "passed",
        None,
        when,
        duration=float(duration),
        start=float(start),
        stop=float(stop),
    )
    # What pytest-xdist adds: which test, of which worker and run.
    report.__dict__.update((key, data[key]) for key in data.keys() - {"$report_type", "nodeid", "words"})
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None


class _ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests together, as pytest-xdist does it."""

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if node in self.registered_collections:
            self.registered_collections[node] = _Numbered(collection)


class _Numbered(list[str]):
    """The tests of a worker, none of them twice."""

    def __init__(self, tests: Iterable[str]) -> None:
        super().__init__(tests)
        self._numbers = {test: number for number, test in enumerate(self)}

    def index(self, test: str, *_between: SupportsIndex) -> int:
        return self._numbers[test]
