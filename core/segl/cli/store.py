"""``segl store copy``: the store of one host becomes that of several, or the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import Json, SettingsFile
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from segl.store.copying import Copied

app = typer.Typer(
    help="The store: copy it to another database.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Keeps ``copy`` a word of its own, though there is no other yet."""


@app.command()
def copy(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="An empty database, as in [store] url; its password in a pgpass file.",
        ),
    ],
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Copy the store that the settings name to the database at URL: from SQLite to PostgreSQL, or back.

    Segl's processes must be stopped (on each node), since what they write meanwhile would be lost. All is copied or
    nothing, and the old store stays as it is. Then set [store] url, and start them.

    Exit code: 0 done, 2 not done.
    """
    from segl.cli.bar import bar
    from segl.cli.output import fail, fail_of, say, say_json
    from segl.cli.sealed import store_of
    from segl.cli.trusted import trusted_settings
    from segl.counted import counted
    from segl.errors import SeglError
    from segl.settings.checks import unknown_database
    from segl.settings.values import without_password
    from segl.store.copying import copy_store, not_in_use, rows_of
    from segl.store.engine import open_store

    if hint := unknown_database(url):
        fail("the URL names no database that Segl knows", hint)
    if url.startswith("sqlite:") and not url.startswith("sqlite:////"):
        fail("that names no file by its whole path", "four strokes: sqlite:////var/lib/segl/segl.db")
    try:
        here = trusted_settings(settings).store.url
        if url == here:
            fail("that is the store that the settings name", "give the URL of another database, an empty one")
        not_in_use(here)
    except SeglError as error:
        fail_of(error)
    with store_of(settings) as (_, source):
        target = open_store(url)
        try:
            with bar(rows_of(source), counted=True) as shown:
                copied = copy_store(source, target, shown.advance)
        finally:
            target.dispose()
    there = without_password(url)
    if as_json:
        say_json({"to": there, "tables": {one.table: one.rows for one in copied}})
        return
    rows = sum(one.rows for one in copied)
    say(f"{counted(rows, 'row')} of {counted(_filled(copied), 'table')} copied to {there}")
    say("set [store] url to it (on each node), start Segl, and look with segl doctor and segl audit verify")
    say("the old store is as it was: take it away when you will not go back, for it has halves of keys")


def _filled(copied: tuple[Copied, ...]) -> int:
    return sum(one.rows > 0 for one in copied)
