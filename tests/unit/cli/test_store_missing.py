"""A store that is not there yet: whatever asks it says so in the same words, and makes none, as it would belong to
whoever ran the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build
from world.authority import Authority

CA = Authority("Rod-CA")
COMMANDS = (
    "audit verify",
    "certificate list",
    "cms seal MAIL --to bo@kunde.example",
    "decisions list",
    "domains",
    "explain 0123456789abcdef0123456789abcdef",
    "feedback list",
    "hold list",
    "receipt list",
    "rules cost",
    "sealed list",
)


@pytest.mark.parametrize(
    ("command", "name"),
    [*((command, "segl.db") for command in COMMANDS), ("hold list", "a%20b.db?timeout=3")],
)
def test_a_store_that_is_missing_is_told_in_the_same_words_by_every_command(
    tmp_path: Path, command: str, name: str
) -> None:
    (tmp_path / "root.pem").write_bytes(CA.pem)
    mail = tmp_path / "mail.eml"
    mail.write_text("Subject: x\n\nhej\n")
    settings = tmp_path / "segl.toml"
    settings.write_text(
        '[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/{name}"\n'
        f'[certificates]\nsources = ["kept"]\ntrust = ["{tmp_path}/root.pem"]\n',
        "utf-8",
    )
    before = {path.name for path in tmp_path.iterdir()}
    words = [str(mail) if word == "MAIL" else word for word in command.split()]
    done = CliRunner().invoke(build(words[0]), [*words, "--settings", str(settings)])
    file = tmp_path / ("segl.db" if name == "segl.db" else "a b.db")
    assert done.stderr == (
        f"segl: {'bo@kunde.example: ' if words[0] == 'cms' else ''}there is no store yet: {file}\n"
        "hint: start segl-deliver or segl-map: whichever starts first makes it\n"
    )
    assert done.exit_code == 2
    assert {path.name for path in tmp_path.iterdir()} == before
