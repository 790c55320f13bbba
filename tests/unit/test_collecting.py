"""What the tests' own set-up does to the processes that run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PLUGIN = """\
import gc
from pathlib import Path


def pytest_sessionfinish(session):
    role = "worker" if hasattr(session.config, "workerinput") else "other"
    Path(__file__).with_name(role).write_text(str(gc.isenabled()))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "roles"), [("1", ["other", "worker"]), ("0", ["other"])])
def test_garbage_is_collected_again_in_every_process_once_it_has_its_tests(
    repository: Path, tmp_path: Path, workers: str, roles: list[str]
) -> None:
    """The one that hands tests out to workers collects none itself, and keeps the reports of all of them."""
    (tmp_path / "told_of_garbage.py").write_text(_PLUGIN, "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "pytest", "-q", "-n", workers, "-p", "told_of_garbage", "-p", "no:cacheprovider"),
            "tests/unit/test_repository.py::test_a_dependency_has_one_range",
        ],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {role: (tmp_path / role).read_text() for role in roles} == dict.fromkeys(roles, "True")
