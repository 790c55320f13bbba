"""``segl check`` and messages for it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from segl.cli.main import build
from world import template

SEGL = [sys.executable, "-m", "segl.cli", "check"]
PLAIN = b"From: a@vand.example\nTo: b@by.example\nSubject: Referat\n\nReferatet kommer i morgen.\n"
HEALTH = (
    b"From: a@vand.example\nTo: b@by.example\nSubject: Vagtplan\n"
    b"Content-Type: text/plain; charset=utf-8\n\n"
    b"Preben er stadig sygemeldt med sin diskusprolaps og skal opereres.\n"
)
CPR = b"From: a@vand.example\nTo: b@by.example\nSubject: x\n\nHans cpr-nummer er 010190-1234.\n"
UNREADABLE = b"From: a@vand.example\nTo: b@by.example\nContent-Type: application/x-foo\n\n\x00\x01\x02\n"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def segl(*arguments: str | Path, stdin: bytes = b"") -> Done:
    """``segl check``, called in this process."""
    done = CliRunner().invoke(build("check"), ["check", *map(str, arguments)], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def segl_process(*arguments: str | Path) -> Done:
    """``segl check``, as a process of its own from the start, in which each warning is an error."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [*SEGL, *map(str, arguments)], capture_output=True, timeout=120, check=False, env=environment
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))


def segl_forked(*arguments: str | Path, **environment: str) -> Done:
    """``segl check`` in a process of its own, from the template, with these variables more."""
    done = template.run("segl", "check", *map(str, arguments), environment={**os.environ, **environment})
    return Done(done.returncode, done.stdout, done.stderr)


def own_rules(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return file
