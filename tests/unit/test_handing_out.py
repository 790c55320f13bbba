"""What workers tell of a test that passed is short, and what is told of every other one is all there is."""

from __future__ import annotations

from typing import Any

import pytest

from handing_out import _Numbered, pytest_report_from_serializable, pytest_report_to_serializable

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
