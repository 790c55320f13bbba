"""Rule files named on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build

pytestmark = pytest.mark.usefixtures("no_model")


@pytest.mark.parametrize(
    "command",
    [
        "check --rules= mail.eml",
        "explain --rules= mail.eml",
        "evaluate --rules= texts.jsonl",
        "rules check EMPTY",
        "rules list EMPTY",
        "rules test EMPTY",
        "rules diff EMPTY shipped",
        "rules diff shipped EMPTY",
        "rules replay EMPTY",
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """As in ``--rules "$NEW"`` of a script in which NEW is not set."""
    (tmp_path / "mail.eml").write_text("Subject: x\n\nhej\n")
    (tmp_path / "texts.jsonl").touch()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.chdir(tmp_path)
    words = ["" if word == "EMPTY" else word for word in command.split()]
    done = CliRunner().invoke(build(words[0]), words)
    assert done.exit_code == 2
    assert "is empty" in done.stderr
