"""What the tests' own set-up does to the processes that run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from world import forking
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


_LIVES_ON = """
print(pid, flush=True)
time.sleep(60)
"""
_PROGRAM = """\
import os, sys, time
from world import template
pid = template.spawn("segl", ["check", "-"], given=os.open(sys.argv[1] + "/mail", os.O_RDWR)).pid
"""
_SERVER = """\
import sys, time
from pathlib import Path
from world.{module} import {server}
from world.ports import free_port
server = {server}({arguments}).__enter__()
pid = server._process.pid
"""


def test_what_templates_load_before_they_fork_is_there() -> None:
    """They name modules in words, which nobody sees who moves one; and then no test has a program to start."""
    named = [module for program in forking.BEHIND.values() for module in program.split()]
    assert [module for module in named if find_spec(module) is None] == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Pytest's own folders are shut to other users, that of PostgreSQL among them."""
    with TemporaryDirectory(prefix="ends-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "starts",
    [
        _PROGRAM,
        _SERVER.format(module="postgresql", server="PostgreSQL", arguments=""),
        _SERVER.format(module="ldap", server="LdapServer", arguments="Path(sys.argv[1])"),
        _SERVER.format(
            module="dns",
            server="DnsServer",
            arguments="Path(sys.argv[1]), {}, address='127.0.0.1', port=free_port()",
        ),
    ],
    ids=["program", "postgresql", "ldap", "dns"],
)
def test_what_tests_that_are_killed_have_started_ends_with_them(
    repository: Path, open_to_all: Path, starts: str
) -> None:
    """The time of CI is up, or the kernel's memory: else a house would stand where the next run builds its own."""
    os.mkfifo(open_to_all / "mail")  # which never comes
    command = [sys.executable, "-c", starts + _LIVES_ON, str(open_to_all)]
    paths = {**os.environ, "PYTHONPATH": str(repository / "tests"), "TMPDIR": str(open_to_all)}
    with subprocess.Popen(command, env=paths, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        assert is_alive(pid)
        tests.kill()
    wait_until(lambda: not is_alive(pid), 30, lambda: f"{pid} lives on")


_SHARES = """
import os, sys
from pathlib import Path
from world import template
template.shared = Path(sys.argv[1])
pid = template.spawn("segl", ["check", "-"], given=os.open(sys.argv[1] + "/mail", os.O_RDWR)).pid
print(pid, Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_workers_share_a_template_that_ends_with_the_last_and_for_each_what_was_forked_for_it(
    repository: Path, open_to_all: Path
) -> None:
    os.mkfifo(open_to_all / "mail")
    command = [sys.executable, "-W", "error", "-c", _SHARES, str(open_to_all)]
    workers = [
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(repository / "tests")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    born, templates = [], set()
    for worker in workers:
        assert worker.stdout is not None
        pid, parent = map(int, worker.stdout.readline().split())
        born.append(pid)
        templates.add(parent)
    [forks] = templates
    workers[0].kill()
    wait_until(lambda: not is_alive(born[0]), 30, lambda: f"{born[0]} lives on")
    assert is_alive(born[1])
    assert is_alive(forks)
    assert workers[1].communicate(timeout=60) == ("", "")
    wait_until(lambda: not is_alive(born[1]), 30, lambda: f"{born[1]} lives on")
    wait_until(lambda: not is_alive(forks), 30, lambda: f"{forks} lives on")
    workers[0].communicate(timeout=60)
