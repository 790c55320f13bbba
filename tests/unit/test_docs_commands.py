"""What the documents tell a postmaster to type is there: commands, options, settings, rules, headings."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer

from segl.article30 import kept
from segl.cli.main import COMMANDS, build
from segl.errors import SettingsError
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_classifier.rules.load import load_rules

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CHANGELOG.md",
    REPOSITORY / "classifier" / "model" / "README.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(?:^|(?<=[\s(=/]))segl ((?:[^|;&>\n]|(?<=\w)\|(?=\w))*)")  # new|list are two commands
LEAST: dict[str, Any] = {
    "organisation": {"name": "Nordby Vandværk", "domains": ["x.dk", "vand.x.dk"]},
    "portal": {"url": "https://sikker.x.dk"},
}


def page_id(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path, language: str) -> list[str]:
    return [text for _, named, text in _BLOCK.findall(page.read_text("utf-8")) if named == language]


def inline(page: Path) -> list[str]:
    """What stands between single backticks; a line break in it is a space, as a reader sees it."""
    prose = _BLOCK.sub("", page.read_text("utf-8"))
    return [" ".join(text.split()) for text in _INLINE.findall(prose)]


def commands(page: Path) -> list[str]:
    written = [*blocks(page, "sh"), *blocks(page, ""), *inline(page)]
    return [found for text in written for found in _COMMAND.findall(text)]


@cache
def loaded(name: str) -> Any:
    group: Any = typer.main.get_command(build(name))
    return group.commands[name]


def options_of(command: Any) -> set[str]:
    context = command.make_context("segl", [], resilient_parsing=True)
    return {name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts)}


def commands_below(command: Any) -> Iterator[Any]:
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from commands_below(each)


def faults_of(line: str) -> list[str]:
    """What in *line* (all after ``segl``) the command line would not take: unknown names of commands and options."""
    words = shlex.split(line.replace("'", ""), comments=True)
    if not words or words[0] in ("…", "COMMAND", "--version", "--help"):
        return []
    if words[0] not in COMMANDS:
        return [f"no command: segl {words[0]}"]
    among, faults = [loaded(words[0])], []
    for word in words[1:]:
        if word.startswith("-") and word != "-":
            named = word.partition("=")[0]
            faults += [f"{each.name} has no {named}" for each in among if named not in options_of(each)]
        elif hasattr(among[0], "commands") and word[0].isalpha():
            below = among[0].commands
            among, faults = (
                [below[each] for each in word.split("|") if each in below] or among,
                faults + [f"no command: {words[0]} {each}" for each in word.split("|") if each not in below],
            )
    return faults


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_their_options_are_there(page: Path) -> None:
    assert not [f"segl {line.strip()}: {fault}" for line in commands(page) for fault in faults_of(line)]


# What a postmaster has, or is told to install.
PROGRAMS = set(
    """
    .venv/bin/pytest .venv/bin/segl /usr/bin/python3 /usr/lib/segl/bin/pip adduser apt-get cat cd certbot chgrp
    chmod curl dig echo git grep head install journalctl jq ln make mkdir nginx openssl postconf postfix postqueue
    postsuper python3 rm segl systemctl systemd-sysusers systemd-tmpfiles tar tee umask
    """.split()
)


def programs(block: str) -> Iterator[str]:
    """The first word of every command in *block*; ``sudo`` and settings of the environment come before it."""
    text = re.sub(r"(?m)(^|\s)#.*$", "", block.replace("\\\n", " "))
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";|&()\n")
    lexer.commenters, lexer.whitespace, lexer.whitespace_split, first = "", " \t", True, True
    for word in lexer:
        if set(word) <= set(";|&()\n"):
            first = True
        elif first and word != "sudo" and not re.match(r"[A-Z_]+=", word):
            yield word
            first = False


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")], ids=page_id)
def test_what_is_to_be_typed_is_shell_and_names_programs_that_are_there(page: Path) -> None:
    for block in blocks(page, "sh"):
        checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, ""), block
        assert set(programs(block)) <= PROGRAMS, block


def test_units_that_are_named_are_shipped() -> None:
    shipped = {file.name for file in (REPOSITORY / "systemd").iterdir()}
    text = "\n".join(block for page in PAGES for block in (*blocks(page, "sh"), *inline(page)))
    named = {
        word.strip("`.,;")
        for line in re.findall(r"(?:systemctl|journalctl)[^\n|#;`]*", text)
        for word in line.split()
    }
    units = {word for word in named if word.startswith("segl-")}
    assert len(units) > 5
    assert not {unit for unit in units if not {unit, f"{unit}.service"} & shipped}


def test_programs_are_told_from_their_arguments() -> None:
    assert list(programs("sudo A=1 segl key new \\\n  x | grep y  # then\numask 077 && cat 'a; b'\n")) == [
        "segl",
        "grep",
        "umask",
        "cat",
    ]


def test_examples_of_web_servers_stand_where_they_are_tried() -> None:
    """tests/unit/portal/test_web_servers.py runs those of docs/operations.md."""
    pages = {page.name for page in PAGES if blocks(page, "nginx") or blocks(page, "apache")}
    assert pages == {"operations.md"}


def test_the_index_names_every_page() -> None:
    index = (REPOSITORY / "docs" / "README.md").read_text("utf-8")
    folder = REPOSITORY / "docs"
    pages = {str(page.relative_to(folder)) for page in folder.rglob("*.md")}
    pages = {page for page in pages if not page.startswith("decisions/")} - {"README.md"}
    assert not {page for page in pages if f"({page})" not in index}


def form(page: Path) -> list[str]:
    """What each line of *page* is, its words apart."""
    lines = page.read_text("utf-8").splitlines()
    kinds = (re.match(r"#+|\| ?-*|\*(?= )|\d+\.|```", line) for line in lines)
    return [kind[0] for kind in kinds if kind is not None]


OF_POSTMASTER = [
    ("installation", "../install"),
    ("daglig-drift", "../daily"),
    ("fejlfinding", "../troubleshooting"),
]


@pytest.mark.parametrize(
    ("danish", "english"),
    [
        ("medarbejdere", "staff"),
        ("modtagere", "recipients"),
        ("databeskyttelse", "data-protection"),
        *OF_POSTMASTER,
    ],
)
def test_danish_and_english_pages_are_in_step(danish: str, english: str) -> None:
    """The same headings, lists and rows of tables, in the same order."""
    pages = (REPOSITORY / "docs" / "da" / f"{danish}.md", REPOSITORY / "docs" / "en" / f"{english}.md")
    assert form(pages[0]) == form(pages[1])
    assert len(form(pages[0])) > 10


def typed(page: Path) -> list[str]:
    """What is to be typed, written or seen, line by line, without comments."""
    text = "\n".join(text for _, _, text in _BLOCK.findall(page.read_text("utf-8")))
    return [re.sub(r"\s+#.*", "", line) for line in text.splitlines()]


@pytest.mark.parametrize(("danish", "english"), OF_POSTMASTER)
def test_the_postmasters_pages_have_the_same_commands_and_words_of_segl(danish: str, english: str) -> None:
    """Each block the same but for its comments; each command, key, check and log line between the same headings."""
    pages = (REPOSITORY / "docs" / "da" / f"{danish}.md", REPOSITORY / "docs" / "en" / f"{english}.md")
    assert typed(pages[0]) == typed(pages[1])
    sections = [
        [
            sorted({" ".join(text.split()) for text in _INLINE.findall(_BLOCK.sub("", section))})
            for section in parts
        ]
        for parts in (re.split(r"(?m)^#+ .*$", page.read_text("utf-8")) for page in pages)
    ]
    assert sections[0] == sections[1]


def test_the_page_on_data_names_all_that_is_kept() -> None:
    """As many rows as the record of article 30 has, and every setting that says how long."""
    settings = parse_settings(LEAST)
    for page in ("da/databeskyttelse.md", "en/data-protection.md"):
        text = (REPOSITORY / "docs" / page).read_text("utf-8")
        section = text.split("\n## ")[3]
        rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
        assert len(rows) >= len(list(kept(settings))), "the record of article 30 tells of more"
        for key in ("portal.expiry_days", "receipts.retention_days", "decisions.keep_days"):
            assert f"`{key}`" in section


def test_the_documents_are_read_at_all() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 100
    assert sum(len(blocks(page, "toml")) for page in PAGES) > 20
    assert faults_of("check --jsn mail.eml")
    assert faults_of("key nwe")
    assert faults_of("keys list")
    assert faults_of("key new|nwe")
    assert faults_of("key export x.dk --outt x.pem")
    assert not faults_of("key export x.dk --out x.pem")
    assert not faults_of("key new|import")


def test_every_command_is_told_of_somewhere() -> None:
    told = " ".join(f"segl {line}" for page in PAGES for line in commands(page))
    assert not [name for name in COMMANDS if f"segl {name}" not in told]


def test_every_command_and_parameter_says_what_it_is() -> None:
    """In --help, and so in segl(1)."""
    mute = []
    for top in COMMANDS:
        for each in commands_below(loaded(top)):
            context = each.make_context("segl", [], resilient_parsing=True)
            mute += [] if each.help else [f"{top} {each.name}"]
            mute += [
                f"{top} {each.name}: {it.name}"
                for it in each.get_params(context)
                if not getattr(it, "help", "")
            ]
    assert not mute


def test_options_named_alone_belong_to_some_program() -> None:
    """`--reload` in a sentence: an option of some command. Those of other programs stand after their program."""
    known = {name for top in COMMANDS for each in commands_below(loaded(top)) for name in options_of(each)}
    for page in PAGES:
        if page.parent.name == "decisions" or page.name == "benchmarks.md":
            continue  # they name options of other programs and of scripts
        named = {text.split()[0].partition("=")[0] for text in inline(page) if text.startswith("--")}
        assert named <= known, page.name


def is_settings(text: str) -> bool:
    return set(tomllib.loads(text)) <= {each.name for each in fields(Settings)}


# docs/settings.md shows the parts of one file, which is tried as a whole (test_settings_reference.py).
SHOWN = [page for page in PAGES if blocks(page, "toml") and page.name != "settings.md"]


@pytest.mark.parametrize("page", SHOWN, ids=page_id)
@pytest.mark.slow
def test_settings_and_rules_that_are_shown_can_be_used(page: Path, tmp_path: Path) -> None:
    for written in blocks(page, "toml"):
        text = re.sub("[0-9a-f]{4}…64 hex digits", "0" * 64, written)
        if is_settings(text):
            shown = tomllib.loads(text)
            parse_settings({**LEAST, **shown, "portal": LEAST["portal"] | shown.get("portal", {})}, page.name)
        else:
            file = tmp_path / "own.toml"
            file.write_text(text, "utf-8")
            load_rules([file])


def test_a_key_that_is_not_there_is_noticed() -> None:
    with pytest.raises(SettingsError, match="is not a known key"):
        parse_settings({**LEAST, "inbound": {"onn": True}})


def table_at(path: str) -> Any:
    """The dataclass behind ``[path]``, or None."""
    table: Any = Settings
    for part in path.split("."):
        hints = get_type_hints(table) if is_dataclass(table) else {}
        if part not in hints:
            return None
        table = hints[part]
        while not is_dataclass(table) and (
            inside := [each for each in get_args(table) if is_dataclass(each)]
        ):
            table = inside[0]
        if not is_dataclass(table):
            return dict if "dict" in str(table) or "Mapping" in str(table) else None
    return table


def test_keys_named_in_sentences_are_settings() -> None:
    """`[postfix] secure_port`: the table is there and has the key."""
    tags = {"sikker", "underskrift ugyldig", "sms", "kodeord"}
    rule_files = {"rule", "list", "label", "policy"}
    missing = []
    for page in PAGES:
        for text in inline(page):
            found = re.match(r"\[\[?([a-z_.]+)\]?\](?: ([a-z_]+))?(?![\w.])", text)
            if not found or found[1] in tags or found[1].partition(".")[0] in rule_files:
                continue
            table = table_at(found[1])
            known = {each.name for each in fields(table)} if is_dataclass(table) else {found[2]}
            if table is None or (found[2] and found[2] not in known):
                missing.append(f"{page.name}: {text}")
    assert not missing


def test_keys_named_with_their_table_are_settings() -> None:
    """`receipts.retention_days`. The doctor's checks look alike: those stand in its table."""
    manual = (REPOSITORY / "docs" / "operations.md").read_text("utf-8")
    checks = manual.partition("| id | in order when |")[2].partition("\n\n")[0]
    elsewhere = {"policy.default"}  # of Python's email
    missing = []
    for page in PAGES:
        if page.name == "CHANGELOG.md" or page.parent.name == "decisions":
            continue  # they tell of what was
        for text in inline(page):
            found = re.fullmatch(r"([a-z_]+(?:\.[a-z_]+)?)\.([a-z_]+)(?: = .*)?", text)
            table = table_at(found[1]) if found else None
            if not found or not is_dataclass(table) or f"`{text}`" in checks or text in elsewhere:
                continue
            if found[2] not in {each.name for each in fields(table)}:
                missing.append(f"{page.name}: {text}")
    assert not missing


def anchor(heading: str) -> str:
    """As GitHub makes it: small letters, what is no word or hyphen left out, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_links_lead_to_headings_that_are_there() -> None:
    broken = []
    for page in PAGES:
        for target, fragment in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text("utf-8")):
            other = (page.parent / target).resolve() if target else page
            headings = (
                re.findall(r"^#+ (.*)$", other.read_text("utf-8"), re.MULTILINE) if other.exists() else []
            )
            if fragment not in map(anchor, headings):
                broken.append(f"{page.name}: {target}#{fragment}")
    assert not broken


def test_headings_and_files_referred_to_by_name_are_there() -> None:
    """`docs/operations.md, "The portal's pages"`, and files named without a link."""
    broken = []
    for page in PAGES:
        text = " ".join(page.read_text("utf-8").split())
        for file, heading in re.findall(r'(docs/[\w/.-]+\.md), "([^"]+)"', text):
            if f"# {heading}\n" not in (REPOSITORY / file).read_text("utf-8"):
                broken.append(f"{page_id(page)}: {heading}")
        files = re.findall(r"\b(?:docs|core|tests|monitoring|systemd|packaging)/[\w/.-]*\.[a-z]+\b", text)
        broken += [f"{page_id(page)}: {file}" for file in files if not (REPOSITORY / file).exists()]
    assert not broken
