"""What workers tell of a test that passed is short, and what is told of every other one is all there is."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from handing_out import _ByFile, _Numbered, pytest_report_from_serializable, pytest_report_to_serializable

_WHERE = ("tests/unit/test_a.py", 7, "test_a[æ\u2028x]")
_ADDED = {"item_index": 3, "worker_id": "gw1", "testrun_uid": "1f"}


def report(**other: Any) -> pytest.TestReport:
    given = {
        "outcome": "passed",
        "longrepr": None,
        "when": "call",
        "duration": 0.25,
        "start": 1.5,
        "stop": 1.75,
    }
    return pytest.TestReport("tests/unit/test_a.py::test_a", _WHERE, {"test_a": 1}, **(given | other))


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_one_that_passed_is_put_together_again(when: str) -> None:
    sent = report(when=when)
    data = pytest_report_to_serializable(sent)
    assert data is not None
    assert all(isinstance(value, str) for value in data.values())
    came = pytest_report_from_serializable(data | _ADDED)
    assert came is not None
    for name in (
        "nodeid",
        "location",
        "outcome",
        "when",
        "duration",
        "start",
        "stop",
        "longrepr",
        "sections",
    ):
        assert getattr(came, name) == getattr(sent, name), name
    assert {name: getattr(came, name) for name in _ADDED} == _ADDED


@pytest.mark.parametrize(
    "more",
    [
        {"outcome": "failed", "longrepr": "no"},
        {"outcome": "skipped", "longrepr": ("a", 1, "b")},
        {"sections": [("Captured stdout call", "told")]},
        {"user_properties": [("a", 1)]},
        {"wasxfail": "reason"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_of_any_other_all_is_told(more: dict[str, Any]) -> None:
    assert pytest_report_to_serializable(report(**more)) is None


def test_what_was_told_whole_is_left_to_pytest() -> None:
    assert pytest_report_from_serializable({"$report_type": "TestReport"}) is None


def test_a_test_is_found_in_the_list_of_all_as_ever() -> None:
    tests = [f"a.py::test_{n}" for n in range(50)]
    numbered = _Numbered(tests)
    assert numbered == tests
    assert [numbered.index(test) for test in tests] == [*range(50)]


class _Worker:
    """What a scheduler knows of one."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, numbers: list[int]) -> None:
        self.given += numbers


@pytest.mark.parametrize(
    ("workers", "given"), [(3, [[0, 2, 5, 8], [1, 3, 6], [9, 4, 7]]), (2, [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]])]
)
def test_one_of_several_workers_begins_with_the_short_files(workers: int, given: list[list[int]]) -> None:
    """Until half of them are handed out."""
    files = [f"tests/test_{number}.py" for number in range(10)]
    tests = _Numbered(f"{file}::test" for file in files)
    nodes: list[Any] = [_Worker() for _ in range(workers)]
    scheduler = object.__new__(_ByFile)
    scheduler.workqueue = OrderedDict((file, {test: False}) for file, test in zip(files, tests, strict=True))
    scheduler.assigned_work = {node: {} for node in nodes}
    scheduler.registered_collections = dict.fromkeys(nodes, tests)
    while scheduler.workqueue:
        for node in nodes:
            if scheduler.workqueue:
                scheduler._assign_work_unit(node)
    assert [node.given for node in nodes] == given
