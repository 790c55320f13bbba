"""The command ``segl`` as a whole: quick to start, its table of commands true, errors in one form."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from segl import __version__
from segl.cli import output
from segl.cli.main import COMMANDS, build
from segl.vocabulary import Decision
from world import template
from world.stores import store_in

HEAVY = (
    *(
        "rich",
        "sqlalchemy",
        "structlog",
        "re2",
        "dns",
        "cryptography",
        "asn1crypto",
        "numpy",
        "onnxruntime",
        "spacy",
    ),
    *(
        "jinja2",
        "prometheus_client",
        "starlette",
        "asyncio",
        "segl.settings.document",
        "segl_classifier",
        "segl_delivery",
    ),
)


WRITTEN = {"--out", "--csr", "--backup"}  # options with files that are not read


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return template.run("segl", *arguments, seconds=60)


def test_help_and_version_load_nothing_heavy() -> None:
    """What makes the start quick: no library but the command line's own, and of that not what reads options."""
    assert loaded_by(["--version"], ["--help"], of=("pydantic", *HEAVY)) == {}


def test_help_of_a_command_loads_nothing_heavy() -> None:
    """How a command works is told at once; what it works with is loaded when it does."""
    assert loaded_by(*([name, "--help"] for name in COMMANDS), of=HEAVY) == {}


def test_status_loads_nothing_that_it_does_not_ask(tmp_path: Path) -> None:
    """Where no certificate is looked at, no key and no list, it needs settings, sockets and SQLite alone."""
    file = tmp_path / "segl.toml"
    keys = f'[delivery]\nkeys = "{tmp_path / "keys"}"\n'
    file.write_text(f'[organisation]\nname = "V"\ndomains = ["nordby.example"]\n{keys}', "utf-8")
    heavy = set(HEAVY) - {"segl.settings.document"}
    assert loaded_by(["status", "--settings", str(file)], of=heavy, ends=(0, 1)) == {}


def loaded_by(
    *runs: Sequence[str], of: Collection[str], ends: tuple[int, ...] = (0,)
) -> dict[str, list[str]]:
    """For each of *runs* of ``segl``, one after the other in one process, those modules of *of* that it was the first
    to load; runs that loaded none are left out. Each has to end with one of *ends*."""
    code = f"""
import json, sys
from segl.cli.main import main
found, told = set(), {{}}
for run in {runs!r}:
    try: main(run)
    except SystemExit as end: assert (end.code or 0) in {ends!r}, (run, end.code)
    if new := [name for name in {sorted(of)!r} if name in sys.modules and name not in found]:
        found.update(new)
        told[" ".join(run)] = new
print(json.dumps(told), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("module", ["typer", "segl.cli.rules", "segl_classifier.rules"])
@pytest.mark.parametrize(
    ("act", "code", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGINT)", (130, -signal.SIGINT), ("", "Aborted.\n")),
        ("raise MemoryError", (2,), ("segl: there is not enough memory\n",)),
    ],
    ids=["Ctrl-C", "no memory"],
)
def test_what_ends_it_while_it_loads_its_modules_leaves_no_traceback(
    module: str, act: str, code: tuple[int, ...], told: tuple[str, ...]
) -> None:
    if module == "typer" and "raise" in act:
        return  # nothing is loaded yet that could say so
    program = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # else as the tests were started: in the background, ignored
class Loading:
    def find_spec(self, name, *_):
        if name == {module!r}: {act}
sys.meta_path.insert(0, Loading())
from segl.cli import main
main(["rules", "check"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode in code, done.stderr
    assert done.stderr in told


def test_a_folder_that_was_deleted_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell may stand in one; spaCy asks where it is when it is loaded, and ended the command."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    output.leave_a_folder_that_is_gone()
    assert Path.cwd() == Path("/")
    monkeypatch.chdir(tmp_path)
    output.leave_a_folder_that_is_gone()
    assert Path.cwd() == tmp_path


def test_version() -> None:
    assert run("--version").stdout == f"segl {__version__}\n"


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert f"  {name}" in done.stdout
        assert line in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    loaded = import_module(COMMANDS[name][0])
    assert hasattr(loaded, name) or hasattr(loaded, "app")
    build(name)


@pytest.mark.parametrize("arguments", [["chekc"], ["check", "--jsn"], ["rules", "lst"]])
def test_a_wrong_word_is_a_usage_error(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_file_that_may_not_be_read_is_told_in_our_words(repository: Path) -> None:
    """The parser of options would say it first, as a mistake in typing and without what to do."""
    sources = [file.read_text("utf-8") for file in (repository / "core/segl/cli").glob("*.py")]
    files = r"Path\]?(?: \| None)?,\s*typer\.(?:Option|Argument)\(([^)]*)"
    read = [
        given for text in sources for given in re.findall(files, text) if not WRITTEN & set(given.split('"'))
    ]
    assert len(read) > 10
    for given in read:
        assert "readable=False" in given or "parser=" in given, given
    assert sum(len(re.findall(r": SettingsFile(?:IfAny)?\b", text)) for text in sources) > 10


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("status", "segl: {file}: cannot be read: File name too long\n"),
        ("settings check", "segl: {file}: cannot be read: File name too long\n"),
        ("rules list", "segl: {file}: cannot be read: File name too long\n"),
        ("explain --no-model {mail}", "segl: {file} may not be read\nhint: the shipped rules"),
        ("check --no-model {mail}", "segl: {file} may not be read\nhint: the shipped rules"),
        ("cms seal --to {name} {mail}", "segl: {name}: cannot be read: file name too long\n"),
    ],
)
def test_settings_that_may_not_be_looked_at_are_told_of(
    words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``Path.exists`` raises where a folder lets nobody look, as it does for a name that no file can have."""
    name = "n" * 300
    file, mail = tmp_path / name, tmp_path / "mail.eml"
    mail.write_text("Subject: x\n\nhej\n")
    for module in {Path(command.__file__ or "").stem for command in map(import_module, _with_settings())}:
        monkeypatch.setattr(f"segl.cli.{module}.DEFAULT_FILE", file)
    filled = [word.format(mail=mail, name=name) for word in words.split()]
    if words == "status":
        filled += ["--settings", str(file)]
    done = CliRunner().invoke(build(filled[0]), filled)
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert done.stderr.startswith(told.format(file=file, name=name))


def _with_settings() -> list[str]:
    folder = Path(output.__file__).parent
    files = [one for one in folder.glob("*.py") if "DEFAULT_FILE" in one.read_text("utf-8")]
    return [f"segl.cli.{one.stem}" for one in files]


@pytest.mark.parametrize("arguments", [["--help"], ["rules", "list"]])
def test_a_full_disk_is_told_in_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "segl.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == "segl: not all was written: No space left on device\n"


def test_every_decision_has_its_exit_code_and_colour() -> None:
    assert {output.EXIT_OF[d] for d in Decision} == {0, 10, 11, 12}
    assert set(output.COLOUR_OF) == set(Decision)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("æ – ø", "æ – ø"),
        ("\x1b[2J", "\ufffd[2J"),
        ("a\nb", "a\ufffdb"),
        ("\u202eb", "\ufffdb"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_a_terminal_would_act_on_is_not_shown(text: str, shown: str) -> None:
    assert output.printable(text) == shown


def test_columns_are_aligned() -> None:
    assert list(output.columns([("a", "bb", "x"), ("aaa", "b", "")])) == ["a    bb  x", "aaa  b"]
    assert list(output.columns([])) == []


def helps(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The help of a command, and of all below it."""
    app = build(path[0] if path else None)
    yield path, CliRunner().invoke(app, [*path, "--help"]).stdout
    for below in getattr(command, "commands", {}):
        yield from helps(command.commands[below], (*path, below))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_calls_values_by_names_and_not_by_types(name: str) -> None:
    group = typer.main.get_command(build(name))
    for path, text in helps(group.commands[name], (name,)):  # type: ignore[attr-defined]
        assert not re.search(r"<(str|int|float|path|Path|list|%|[\w-]+\|)|list\[|\brange\b", text), path
        assert "…]..." not in text, path
        assert "{" not in text.partition("\n\n")[0], path


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (
            ["route"],
            [
                "Usage: segl route [OPTIONS] ADDRESS…\n",
                "  ADDRESS…  Mail",
                "--settings FILE",
                "--least encrypt|",
            ],
        ),
        (["check"], ["Usage: segl check [OPTIONS] [FILE…]\n", "  FILE…  Messages"]),
        (["settings", "check"], ["[OPTIONS] [FILE]\n"]),
        (["audit", "export"], ["--since YYYY-MM-DD"]),
        (["canary", "forget"], ["[OPTIONS] HOST\n"]),
        (["tunnel", "rollback"], ["--to N "]),
        (["sealed", "resend"], ["--to ADDRESS"]),
    ],
)
def test_help_names_what_is_to_be_given(command: list[str], shown: list[str]) -> None:
    text = CliRunner().invoke(build(command[0]), [*command, "--help"], prog_name="segl").stdout
    for each in shown:
        assert each in text


def parameters(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every option and argument of a command, and of all below it, with the words that come before."""
    for parameter in command.params:
        yield path, parameter
    for name, below in getattr(command, "commands", {}).items():
        yield from parameters(below, (*path, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_file_name_is_not_taken_for_the_current_folder(name: str) -> None:
    """As ``--settings "$FILE"`` has it, where the variable is not set."""
    group: Any = typer.main.get_command(build(name))
    for path, one in parameters(group.commands[name], (name,)):
        if one.type_descriptor.annotation not in (Path, list[Path]):
            continue
        words = [one.opts[0], ""] if one.param_type_name == "option" else [""]
        done = CliRunner().invoke(build(name), [*path, *words])
        assert done.exit_code == 2, (path, one.name)
        assert "name is empty" in done.stderr or "name of a rule file is empty" in done.stderr, done.stderr


def test_a_wrong_value_is_told_without_the_parsers_own_terms() -> None:
    done = run("decisions", "list", "--verdict", "foo")
    assert done.returncode == 2
    assert "'--verdict': 'foo' is not one of 'plain', 'secure', 'hold', 'reject'" in done.stderr
    assert "'foo' does not match YYYY-MM-DD" in run("audit", "export", "--since", "foo").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("sealed", "list", "--from", "r\udce6v@x.dk"),
        ("decisions", "show", "r\udce6v"),
        ("audit", "export", "--about", "r\udce6v"),
        ("certificate", "forget", "bo@x.dk", "r\udce6v"),
        ("canary", "forget", "r\udce6v"),
        ("explain", "r\udce6v@x.dk"),
    ],
)
def test_what_a_terminal_in_another_encoding_sends_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    """In Latin-1 "ræv" is no UTF-8, and a database takes no such text."""
    file = tmp_path / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "N"\ndomains = ["n.dk"]\n[store]\nurl = "{store_in(tmp_path)}"\n'
        '[portal]\nurl = "https://n.dk/"\n[detection]\nmodel = false\n'
    )
    done = CliRunner().invoke(build(words[0]), [*words, "--settings", str(file)])
    assert (done.exit_code, "bytes that are no UTF-8" in done.stderr) == (2, True), done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sealed", "list", "--limit", "mange"), "'--limit': it is no whole number"),
        (("sealed", "list", "--limit", "0"), "'--limit': it must be at least 1"),
        (("decisions", "list", "--days", "x"), "'--days': it is no number"),
        (("rules", "replay", "--show", "1001"), "'--show': it must be at most 1000"),
    ],
)
def test_a_number_that_is_none_is_told_in_plain_words(words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(build(words[0]), list(words))
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_sub_commands_are_listed_with_their_whole_first_sentence() -> None:
    shown = " ".join(run("hold", "--help").stdout.split())
    assert "show Show one message: who, to whom, why it waits, and its header." in shown
    assert "..." not in shown.partition("Commands:")[2]
