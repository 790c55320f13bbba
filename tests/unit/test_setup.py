"""``scripts/setup`` without root, where packages are missing. Others play Debian's programs and Python: nothing is
installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from world.package_groups import package_groups

_PROGRAMS = {
    "id": "echo 1000",
    "dpkg-query": """printf '%s\\n' "$@" | grep -xFf "$PLAYED/installed" | sed 's/^/installed /'""",
    "apt-get": 'echo "$*" >>"$PLAYED/installs"',
    "python": """case "$*" in
*version_info*) ;;
*sys.version*) echo 3 ;;
"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip"*) echo "$*" >>"$PLAYED/pip" ;;
esac""",
}


class Machine:
    """A checkout on a machine of *packages* alone, whose user is not root."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self._played, self._checkout = folder / "played", folder / "checkout"
        self._played.mkdir()
        for name, body in _PROGRAMS.items():
            file = self._played / name
            file.write_text(f"#!/bin/sh\n{body}\n")
            file.chmod(0o755)
        self._script = self._checkout / "scripts" / "setup"
        self._script.parent.mkdir(parents=True)
        shutil.copy(repository / "scripts" / "setup", self._script)
        (self._checkout / "pyproject.toml").touch()
        self.groups = package_groups(self._script)
        self.install()

    def install(self, *groups: str, but: str = "") -> None:
        packages = set[str]().union(*(self.groups[name] for name in groups)) - {but}
        (self._played / "installed").write_text("".join(f"{name}\n" for name in sorted(packages)))

    def setup(self, *words: str) -> tuple[int, str]:
        """Its exit code, and what it says."""
        environment = {
            "PATH": f"{self._played}:{os.defpath}",
            "PLAYED": str(self._played),
            "PYTHON": str(self._played / "python"),
        }
        done = subprocess.run(
            [self._script, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.stdout == ""
        assert not (self._played / "installs").exists(), "that takes root"
        return done.returncode, done.stderr

    @property
    def is_ready(self) -> bool:
        return (self._played / "pip").exists()


@pytest.fixture
def machine(tmp_path: Path, repository: Path) -> Machine:
    return Machine(tmp_path, repository)


def test_tests_without_postfix_run_where_only_packages_of_the_others_are_missing(machine: Machine) -> None:
    machine.install("base")
    code, said = machine.setup("fast")
    assert (code, machine.is_ready) == (0, True)
    [told] = [line for line in said.splitlines() if "without root these are not installed" in line]
    assert set(told.rpartition(": ")[2].split()) == machine.groups["demo"] | machine.groups["tests"]

    assert machine.setup("fast") == (0, ""), "once is enough"
    machine.install("base", "demo", "tests", but="chromium")
    assert "skipped: chromium" in machine.setup("fast")[1], "other packages are missing than before"
    machine.install("base", "demo", "tests")
    assert machine.setup("fast") == (0, "")


def test_the_demo_wants_nothing_that_tests_alone_need(machine: Machine) -> None:
    machine.install("base", "demo")
    code, said = machine.setup("demo")
    assert (code, machine.is_ready) == (0, True)
    assert "missing" not in said


@pytest.mark.parametrize(
    ("words", "there", "missing"),
    [
        (["demo"], ["base", "demo"], "postfix"),
        ([], ["base", "demo", "tests"], "chromium"),
        (["fast"], ["base", "demo", "tests"], "gcc"),
        (["base"], ["base"], "gcc"),
    ],
)
def test_what_cannot_be_done_without_ends_it_with_the_command_to_type(
    machine: Machine, words: list[str], there: list[str], missing: str
) -> None:
    machine.install(*there, but=missing)
    code, said = machine.setup(*words)
    assert code == 1
    assert [line.strip() for line in said.splitlines()] == [
        f"setup: these Debian packages are missing: {missing}",
        f"run: sudo apt-get install --no-install-recommends {missing}",
    ]
    assert not machine.is_ready


def test_another_word_is_no_order(machine: Machine) -> None:
    code, said = machine.setup("everything")
    assert (code, "no such word: everything" in said) == (1, True)


@pytest.mark.parametrize(
    ("target", "word"),
    [("demo", " demo"), ("portal-demo", " demo"), ("test-fast", " fast"), ("check", " base"), ("setup", "")],
)
def test_each_target_sets_up_what_it_needs(repository: Path, target: str, word: str) -> None:
    command = ["make", "--dry-run", "--no-print-directory", target]
    shown = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[0] == f"scripts/setup{word}"
