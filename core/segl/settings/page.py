"""The reference of the settings as a page of Markdown, docs/settings.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segl.settings.reference import Key, Table

HEADING = """\
# Settings

Every table and key of `/etc/segl/segl.toml` ([TOML](https://toml.io)), with what it may be, its default and its
meaning. Written by `segl settings reference` from the comments in the code; change it there, then run `make reference`.

The smallest file names only `[organisation]` and `[portal] url`; everything else has the default below.
`segl settings check FILE` names every fault of a file, `segl settings show --changed` what differs from the defaults.
A path that does not begin with `/` is looked for beside the file; that of a socket must begin with `/`.
Which process must hear of a change: [operations.md](operations.md#reload). A file with something in every table:
`core/segl/settings/settings_example.toml`, in the Debian package `/usr/share/doc/segl/examples/settings_example.toml`.
"""


def page(tables: Iterable[Table]) -> str:
    """The whole page."""
    return "\n".join([HEADING, *(line for table in tables for line in section(table))])


def section(table: Table) -> Iterator[str]:
    """One table: what it is, an example, its keys."""
    yield f"## `{table.header}`\n"
    yield f"{table.meaning}\n"
    yield f"```toml\n{table.example}\n```\n"
    if table.keys:
        yield "| key | may be | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for key in table.keys:
            cells = (f"`{key.name}`", may_be(key), default(key), key.meaning)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


def may_be(key: Key) -> str:
    """What may be written, with the unit and the words of a closed list."""
    unit = f" ({key.unit})" if key.unit else ""
    words = "; ".join(f"`{value}`" + (f" {meaning}" if meaning else "") for value, meaning in key.choices)
    return f"{key.kind}{unit}" + (f": {words}" if words else "")


def default(key: Key) -> str:
    """The default as TOML; bytes also as people say them."""
    if key.required:
        return "*must be given*"
    if not key.default:
        return "not set"
    return f"`{key.default}`" + (f" ({said})" if key.unit == "bytes" and (said := _size(key.default)) else "")


def _size(number: str) -> str:
    """``100 MB`` for 104857600, as Postfix counts; empty when it is no round number."""
    if not number.isdecimal():
        return ""
    for unit, power in (("MB", 20), ("KB", 10)):
        whole, rest = divmod(int(number), 1 << power)
        if whole and not rest:
            return f"{whole} {unit}"
    return ""
