"""Writes the manual pages from what the programs say of themselves: ``python packaging/manual.py FOLDER``.

``segl.1`` has a section for each command, from the same texts as ``--help``; each process has a page of its own;
``segl.toml.5`` are the settings, from the same texts as docs/settings.md.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from segl import __version__
from segl.cli.main import COMMANDS, build
from segl.settings.page import default, may_be
from segl.settings.reference import Table, reference

PROCESSES = {
    "segl-milter": "reads outgoing mail for Postfix",
    "segl-map": "decides by which way each recipient is reached",
    "segl-deliver": "encrypts for tunnel partners, seals messages, opens what comes in",
    "segl-portal": "the pages where sealed messages are opened and answered",
}


def escaped(text: str) -> str:
    """*text* as roff(7) shows it: backslashes, hyphens that are meant, and no line that begins with a request."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def heading(name: str, line: str, chapter: int = 1) -> Iterator[str]:
    yield f'.TH "{name.upper()}" "{chapter}" "" "Segl {__version__}" "Segl"'
    yield ".SH NAME"
    yield f"{escaped(name)} \\- {escaped(line)}"


def page_of_segl() -> Iterator[str]:
    yield from heading("segl", "sees to it that mail with personal data is sent securely")
    yield ".SH SYNOPSIS\n.B segl\n[OPTIONS] COMMAND [ARGS]..."
    yield ".SH DESCRIPTION\nTries messages, asks for ways, keeps keys and lists, installs and examines."
    yield ".SH COMMANDS"
    for name in COMMANDS:
        group: Any = typer.main.get_command(build(name))
        yield from section(group.commands[name], f"segl {name}")
    yield ".SH FILES"
    yield ".TP\n/etc/segl/segl.toml\nThe settings, see\n.BR segl.toml (5)."
    yield ".SH SEE ALSO"
    yield "\n".join(f".BR {escaped(name)} (1)" for name in PROCESSES)


def section(command: Any, path: str) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    yield f'.SS "{escaped(path)}"'
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f".B {escaped(path)}\n{escaped(pieces)}"
    for paragraph in (command.help or "").replace("\b", "").split("\n\n"):
        yield ".PP\n" + escaped(paragraph)
    records = [found for each in command.get_params(context) if (found := each.get_help_record(context))]
    for names, meaning in records:
        names = re.sub(r" <list\[.*\]>", "", names)
        yield f".TP\n.B {escaped(names)}\n{escaped(meaning)}"
    if hasattr(command, "list_commands"):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from section(found, f"{path} {name}")


def page_of_process(name: str, line: str) -> Iterator[str]:
    script = Path(sys.executable).with_name(name)
    told = subprocess.run(
        [sys.executable, script, "--help"], check=True, capture_output=True, text=True
    ).stdout
    yield from heading(name, line)
    yield ".SH SYNOPSIS\n.nf\n" + escaped(told) + "\n.fi"
    yield ".SH SEE ALSO\n.BR segl (1)"


def page_of_settings() -> Iterator[str]:
    yield from heading("segl.toml", "the settings of Segl", 5)
    yield ".SH SYNOPSIS\n/etc/segl/segl.toml"
    told = (
        "TOML (https://toml.io). The smallest file names only [organisation] and [portal] url; everything else has the "
        "default told here. segl settings check names every fault of a file; after a change the processes must be "
        "reloaded or restarted, and segl doctor says whether Postfix must be told, too."
    )
    yield f".SH DESCRIPTION\n{escaped(told)}"
    for table in reference():
        yield from section_of_settings(table)
    yield ".SH SEE ALSO\n.BR segl (1)"


def section_of_settings(table: Table) -> Iterator[str]:
    yield f'.SH "{escaped(table.header)}"\n{unquoted(table.meaning)}'
    yield f".PP\n.EX\n{escaped(table.example)}\n.EE"
    for key in table.keys:
        yield f".TP\n.B {escaped(key.name)}\n{unquoted(key.meaning)}"
        yield f".br\nMay be: {unquoted(may_be(key))}. Default: {unquoted(default(key).replace('*', ''))}."


def unquoted(text: str) -> str:
    return escaped(text.replace("`", ""))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "segl.1").write_text("\n".join(page_of_segl()) + "\n", "utf-8")
    (folder / "segl.toml.5").write_text("\n".join(page_of_settings()) + "\n", "utf-8")
    for name, line in PROCESSES.items():
        if Path(sys.executable).with_name(name).exists():
            (folder / f"{name}.1").write_text("\n".join(page_of_process(name, line)) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
