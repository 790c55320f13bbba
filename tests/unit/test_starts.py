"""Starts of daemons and commands. What a daemon does not load before it is ready: what only a terminal, another
database, a week's report or a first receipt needs. Each of these libraries would lengthen every start, on the host of
a postmaster who waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segl import __version__
from world import template

DAEMONS = ("segl-milter", "segl-map", "segl-deliver", "segl-portal")
_EVERYWHERE = "rich structlog sqlalchemy.dialects.postgresql jinja2 PIL weasyprint spacy typer segl.cli"


@pytest.mark.parametrize(
    ("daemon", "others"),
    [
        ("segl_milter", "sqlalchemy dns asn1crypto onnxruntime segl_routing segl_delivery"),
        ("segl_routing", "asn1crypto segl_delivery segl_classifier"),
        ("segl_delivery", "dns segl_classifier segl_portal"),
        ("segl_portal", "prometheus_client dns asn1crypto segl_routing segl_delivery segl_classifier"),
    ],
)
def test_a_daemon_starts_without(daemon: str, others: str) -> None:
    names = f"{_EVERYWHERE} {others}".split()
    code = f"import sys, {daemon}.daemon\nprint([name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_readers_of_attachments_start_without_what_judges() -> None:
    """A template of them is started with every milter, and with each command that opens a file."""
    names = "segl_classifier.cpr.find segl_classifier.rules segl_classifier.understanding numpy spacy".split()
    code = (
        "import sys\nfrom segl_classifier.pool import worker\n*_, last = worker.load()\n"
        f"print([name for name in {names!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_EACH_ALONE = """
import os
from segl.cli.main import COMMANDS, main

for name in COMMANDS:
    pid = os.fork()
    if not pid:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main([name, "--help"])
        raise AssertionError("help ends the process")
    if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        print(name, code)
"""


def test_each_command_finds_what_it_needs_without_another_having_been_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", _EACH_ALONE], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("program", DAEMONS)
def test_settings_that_cannot_be_used_end_every_daemon_alike(tmp_path: Path, program: str) -> None:
    """With the code that systemctl shows as CONFIG, not with that of a command line which is wrong."""
    settings = tmp_path / "segl.toml"
    settings.write_text("[organisation")
    wrong = (
        ["--settings", str(settings)],
        ["--settings", str(settings), "--check-only"],
        ["--no-such-option"],
    )
    assert [template.run(program, *words).returncode for words in wrong] == [78, 78, 2]


@pytest.mark.parametrize("program", DAEMONS)
def test_every_daemon_tells_its_version_and_checks_its_settings_alone(tmp_path: Path, program: str) -> None:
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f"""
[organisation]
name = "Nordby"
domains = ["nordby.example"]
[detection]
model = false
[portal]
url = "https://sikker.nordby.example"
sealed = "{tmp_path}/sealed"
[store]
url = "sqlite:///{tmp_path}/segl.db"
"""
    )
    (tmp_path / "sealed").mkdir()
    script = Path(sys.executable).parent / program
    version, good = (
        subprocess.run([script, *words], capture_output=True, text=True)
        for words in (["--version"], ["--settings", settings, "--check-only"])
    )
    assert (version.returncode, version.stdout) == (0, f"{program} {__version__}\n")
    assert (good.returncode, good.stderr) == (0, "")
