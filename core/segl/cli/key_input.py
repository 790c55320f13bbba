"""What the commands of ``segl key`` have in common: their options, the directory of keys, and what is told of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.output import Exit, complain, fail, say, say_json
from segl.errors import SeglError

if TYPE_CHECKING:
    from segl.settings.document import Settings
    from segl_delivery.own_keys.directory import KeptKey, KeyDirectory

Name = Annotated[str, typer.Argument(metavar="NAME", help="The key, as segl key list names it.")]
Named = Annotated[str, typer.Option("--name", help="What the key is called here.")]


def directory_of(settings: Settings) -> KeyDirectory:
    """Raises :class:`SeglError`."""
    from segl_delivery.keyring import read_passphrase
    from segl_delivery.own_keys.directory import KeyDirectory

    return KeyDirectory(settings.delivery.keys, read_passphrase(settings.delivery.keys_passphrase))


@contextmanager
def changing(settings: Settings, *, dry_run: bool) -> Iterator[KeyDirectory]:
    """The directory, while no other run writes; a dry run does not even lock."""
    try:
        keys = directory_of(settings)
        if dry_run:
            yield keys
            return
        with keys.alone():
            yield keys
    except SeglError as error:
        fail(error.private, error.hint, Exit.FAILED)


def tell(what: str, kept: KeptKey, as_json: bool) -> None:
    from segl.cli import key_text

    now = datetime.now(UTC)
    if as_json:
        say_json({**key_text.as_dict(kept, now), "done": what})
        return
    say(f"{what}: {key_text.line(kept)}")
    for warning in kept.warnings(now):
        complain(f"{kept.name}: {warning}")
