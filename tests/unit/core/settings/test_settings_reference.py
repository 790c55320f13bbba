"""The reference of the settings: every table and key is told, from the code, and the committed page says the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.settings.file import load_settings, parse_settings
from segl.settings.page import default, may_be, page
from segl.settings.reference import EXAMPLE, Key, reference
from segl.settings.toml import effective, toml_value
from segl.vocabulary import Mode

LEAST: dict[str, Any] = {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}


def key(table: str, name: str) -> Key:
    [found] = [each for one in reference() if one.path == table for each in one.keys if each.name == name]
    return found


def segl(*arguments: str) -> Result:
    return CliRunner().invoke(build("settings"), ["settings", *arguments])


def test_the_committed_page_is_up_to_date(repository: Path) -> None:
    written = (repository / "docs" / "settings.md").read_text("utf-8")
    assert written == page(reference()), "run: make reference"


def test_every_table_and_key_has_a_text() -> None:
    mute = [f"{one.path}.{each.name}" for one in reference() for each in one.keys if not each.meaning]
    assert not mute, "write a comment above the key"
    assert not [one.path for one in reference() if not one.meaning]
    assert sum(len(one.keys) for one in reference()) > 150


def test_every_table_has_an_example_of_its_own() -> None:
    """In settings_example.toml, which can be used as it stands."""
    for one in reference():
        assert one.header in one.example.splitlines(), f"no {one.header} in {EXAMPLE.name}"
    load_settings(EXAMPLE)


@pytest.mark.parametrize(
    ("table", "name", "said", "usual"),
    [
        ("limits", "message_bytes", "whole number, at least 1 (bytes)", "`104857600` (100 MB)"),
        ("routing", "answer_seconds", "number, above 0 (seconds)", "`2`"),
        ("organisation", "name", "text", "*must be given*"),
        ("portal", "resend_key", "path", "not set"),
        ("hold", "persons", "one of: `1`; `2`", "`1`"),
        ("detection", "pictures", 'one of: `"unreadable"`; `"ignore"`', '`"unreadable"`'),
        ("portal.web", "trusted_proxies", 'list, each: IP address or network, `"10.0.0.0/8"`', None),
        ("delivery", "sign_keys", 'table: domain, `"x.dk"` = text', "`{}`"),
    ],
)
def test_what_a_key_may_be(table: str, name: str, said: str, usual: str | None) -> None:
    found = key(table, name)
    assert may_be(found) == said
    assert usual is None or default(found) == usual


def test_words_of_a_closed_list_are_told_with_their_meaning() -> None:
    assert dict(key("detection", "mode").choices) == {
        toml_value(mode): meaning
        for mode, meaning in (
            (Mode.DETECT, "the verdict decides"),
            (Mode.ALWAYS, "every message to an outside recipient is sent securely"),
            (Mode.SHADOW, "verdicts are logged; every message goes as it would without Segl"),
        )
    }


def test_words_that_would_be_refused_are_not_offered() -> None:
    assert '"encrypt"' not in dict(key("routing", "least").choices)
    assert '"encrypt"' in dict(key("domain", "least").choices)


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_what_toml_reads(value: Any) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


def test_what_is_in_force_could_be_the_file() -> None:
    """With defaults or without; nothing of the example file is masked."""
    settings = load_settings(EXAMPLE)
    for changed in (True, False):
        lines = "\n".join(effective(settings, changed=changed))
        assert parse_settings(tomllib.loads(lines)) == settings


def test_what_differs_from_the_defaults() -> None:
    settings = parse_settings({**LEAST, "limits": {"depth": 12, "parts": 1000}})
    assert list(effective(settings, changed=True)) == [
        "[organisation]",
        'name = "Nordby"',
        'domains = ["nordby.example"]',
        "",
        "[limits]",
        "depth = 12",
        "",
    ]


SECRETS: list[dict[str, Any]] = [
    {"store": {"url": "postgresql+psycopg://segl:hemmelig@db.example/segl?sslpassword=hemmelig"}},
    {"portal": {"sms": {"url": "https://sms.example/v1?key=hemmelig&to=$number"}}},
    {"portal": {"sms": {"body": '{"apikey": "hemmelig", "text": "$text"}'}}},
    {"portal": {"sms": {"form": "form", "body": "key=hemmelig&text=$text"}}},
    {"portal": {"sms": {"headers": {"Authorization": "Basic hemmelig"}}}},
    {
        "tunnel_list": [
            {"name": "x", "source": "https://lister.example/?token=hemmelig", "signers": ["ab" * 32]}
        ]
    },
]


@pytest.mark.parametrize("tables", SECRETS, ids=lambda tables: next(iter(tables)))
def test_secrets_are_not_shown(tables: dict[str, Any], tmp_path: Path) -> None:
    settings = parse_settings({**LEAST, **tables})
    shown = "\n".join(effective(settings))
    assert "hemmelig" not in shown
    assert "***" in shown


def test_a_key_that_sounds_secret_is_masked_or_a_file() -> None:
    """Whoever adds ``password = "…"`` must say how it is shown."""
    sounds = re.compile(r"secret|password|passphrase|token|(^|_)key$")
    secret = [each for one in reference() for each in one.keys if sounds.search(each.name)]
    assert len(secret) >= 5
    assert not [each.name for each in secret if each.kind != "path" and not each.masked]


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "segl.toml"
    file.write_text(text, "utf-8")
    return str(file)


def test_show_prints_toml_or_json(tmp_path: Path) -> None:
    file = written(tmp_path, '[organisation]\nname = "Ærø\\u001b[31m"\ndomains = ["x.example"]\n')
    everything = segl("show", "--settings", file)
    assert 'mode = "detect"' in everything.stdout
    assert "\x1b" not in everything.stdout
    changed = segl("show", "--settings", file, "--changed", "--json")
    assert json.loads(changed.stdout) == {"organisation": {"name": "Ærø\x1b[31m", "domains": ["x.example"]}}
    assert segl("show", "--settings", str(tmp_path)).exit_code == 2


def test_reference_of_one_table_and_for_programs() -> None:
    web = segl("reference", "portal.web").stdout
    assert web.startswith("## `[portal.web]`")
    assert "`trusted_proxies`" in web
    assert "[hold]" not in web
    rows = [json.loads(line) for line in segl("reference", "hold", "--json").stdout.splitlines()]
    assert {row["key"]: row["values"] for row in rows}["persons"] == {"1": "", "2": ""}
    missing = segl("reference", "portal.wbe")
    assert (missing.exit_code, "did you mean portal.web?" in missing.stderr) == (2, True)
