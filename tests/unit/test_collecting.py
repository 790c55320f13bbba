"""What the tests' own set-up does to the processes that run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from world.postfix import wait_until
from world.process import is_alive

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


_STARTS = """\
import os, sys, time
from world import template
given = os.open(sys.argv[1], os.O_RDWR)
print(template.spawn("segl", ["check", "-"], given=given).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_what_tests_that_are_killed_have_started_ends_with_them(repository: Path, tmp_path: Path) -> None:
    """The time of CI is up, or the kernel's memory: else a house would stand where the next run builds its own."""
    os.mkfifo(tmp_path / "mail")  # which never comes
    command = [sys.executable, "-c", _STARTS, str(tmp_path / "mail")]
    paths = {**os.environ, "PYTHONPATH": str(repository / "tests")}
    with subprocess.Popen(command, env=paths, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        assert is_alive(pid)
        tests.kill()
    wait_until(lambda: not is_alive(pid), 20, lambda: f"{pid} lives on")
