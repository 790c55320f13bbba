"""``segl settings check|show|reference``: the settings file, before a process of Segl reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segl.cli.options import Json, SettingsFile, SettingsFileIfAny
from segl.places import DEFAULT_FILE, is_missing

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    named: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", readable=False, help="The settings file.")
    ] = None,
    settings: SettingsFileIfAny = None,
) -> None:
    """Read a settings file and name every fault, and what would keep a process of Segl from starting with it.

    Without FILE that of /etc/segl is read. The files that it names are read as well: rules, with their examples,
    certificates, keys, pictures, receipts' own templates. What can be used and is probably not meant so is told as a
    warning: a policy that sends in clear for a whole country, or one that never counts; a socket whose folder is not
    there yet. A table with a fault is not compared with others before it is mended. What the settings mean for this
    host (the store, ports, Postfix) is looked into by segl doctor.

    Exit code: 0 all in order, with warnings too; 2 not.
    """
    from segl.cli.output import complain, fail, fail_of, paint, say
    from segl.cli.startable import all_faults, missing_folders
    from segl.errors import FileFaults, SettingsError
    from segl.settings.cautions import cautions
    from segl.settings.file import read_settings, read_toml
    from segl.settings.toml import effective

    if named is not None and settings is not None:
        fail("two settings files are named", "one of segl settings check FILE and --settings FILE")
    file = named or settings or DEFAULT_FILE
    if file == DEFAULT_FILE and is_missing(file):
        fail(f"there is no {file}", "segl settings check FILE checks another file")
    try:
        reading = read_settings(read_toml(file, SettingsError), file)
        faults = all_faults(reading, file)
        if faults or reading.settings is None:
            raise SettingsError(faults)
    except FileFaults as error:
        fail_of(error)
    lines = list(effective(reading.settings, changed=True))
    keys = sum(" = " in line for line in lines)
    found = list(cautions(reading.settings))
    for caution in found:
        word = "error" if caution.fails else "warning"
        complain(f"{word}: {caution.where}: {caution.problem}", caution.hint)
    for key, folder, hint in missing_folders(reading.settings):
        complain(f"warning: {key}: there is no folder {folder}", hint)
    if any(caution.fails for caution in found):
        fail(
            "not in order: two settings say one thing, and not the same",
            "a process that runs goes on with them",
        )
    say(f"{paint('in order', typer.colors.GREEN)}: {keys} keys differ from the defaults")


@app.command()
def show(
    settings: SettingsFile = DEFAULT_FILE,
    changed: Annotated[bool, typer.Option("--changed", help="Only what differs from the defaults.")] = False,
    as_json: Json = False,
) -> None:
    """Show the settings in force, defaults included; passwords and keys are masked.

    The result is TOML and could be the settings file, but for what is masked.

    Exit code: 0, 2 when the settings cannot be used.
    """
    import tomllib

    from segl.cli.output import fail_of, printable, say, say_json
    from segl.errors import FileFaults
    from segl.settings.file import load_settings
    from segl.settings.toml import effective

    try:
        loaded = load_settings(settings)
    except FileFaults as error:
        fail_of(error)
    lines = list(effective(loaded, changed=changed))
    if as_json:
        say_json(tomllib.loads("\n".join(lines)))
        return
    for line in lines[:-1]:
        say(printable(line))


@app.command()
def reference(
    table: Annotated[
        str,
        typer.Argument(
            metavar="[TABLE]", help="One table, as its header names it: portal.web", show_default=False
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a key.")] = False,
) -> None:
    """Print what every table and key means, what it may be, and its default (as docs/settings.md).

    Exit code: 0, 2 when there is no such table.
    """
    from difflib import get_close_matches

    from segl.cli.output import fail, say, say_json
    from segl.settings.page import page, section
    from segl.settings.reference import reference as all_tables

    wanted = table.strip("[]")
    tables = [each for each in all_tables() if not wanted or each.path == wanted]
    if not tables:
        near = get_close_matches(wanted, [each.path for each in all_tables()], n=1)
        fail(
            f"there is no table [{table}]", f"did you mean {near[0]}?" if near else "leave it out to see all"
        )
    if as_json:
        for each in tables:
            for key in each.keys:
                say_json(
                    {
                        "table": each.path,
                        "many": each.many,
                        "key": key.name,
                        "kind": key.kind,
                        "unit": key.unit,
                        "default": key.default or None,
                        "required": key.required,
                        "values": {value.strip(chr(34)): meaning for value, meaning in key.choices},
                        "meaning": key.meaning,
                    }
                )
        return
    say((page(tables) if not wanted else "\n".join(section(tables[0]))).rstrip("\n"))
