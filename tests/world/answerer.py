"""A process that takes one answer, to be killed in the middle: ``python -m world.answerer`` with its orders as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.sealed.content import SealedContent
from segl.sealed.directory import SealedDirectory
from segl.sealed.keys import Place, Secret, answers_key, unwrap
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_recipient
from segl_portal.answering import AnswerService
from segl_portal.visits.service import Opened
from world.counter import CONTENT, Letter, counter_settings
from world.desk import SENDER
from world.forms import Form

FORM = Form(once="0" * 32, text="Et vigtigt svar").with_file("a.bin", bytes(range(256)) * 2000)


def opened_of(engine: Engine, directory: SealedDirectory, letter: Letter) -> Opened:
    """The message as her visit has it open."""
    with transaction(engine) as connection:
        mine = sealed_recipient.c.id == letter.recipient_id
        row = connection.execute(sealed_recipient.select().where(mine)).one()
    place = Place(bytes.fromhex(letter.message_id), bytes.fromhex(letter.recipient_id))
    link, server = Secret.from_text(letter.link), Secret(row.server_secret)
    key = unwrap(row.wrapped_key, link, server, place)
    content = SealedContent(directory.open(letter.message_id), key, letter.message_id, len(CONTENT))
    return Opened(
        recipient_id=letter.recipient_id,
        message_id=letter.message_id,
        sender=SENDER,
        recipient=letter.recipient,
        created_at=0.0,
        expires_at=0.0,
        size=len(CONTENT),
        content=content,
        answers=answers_key(link, server, place),
    )


async def _half() -> AsyncIterator[bytes]:
    yield FORM.whole()[:300_000]
    print("half", flush=True)
    await asyncio.sleep(3600)


def main() -> None:
    orders = json.loads(sys.argv[1])
    settings = counter_settings(Path(orders["directory"]), orders["port"])
    engine, events = open_store(settings.store.url), Events("answerer")
    opened = opened_of(engine, SealedDirectory(settings.portal.sealed), Letter(**orders["letter"]))
    desk = AnswerService(settings, engine, events)
    stream = _half() if orders["half"] else FORM.stream()
    print(asyncio.run(desk.take_answer(opened, stream, FORM.content_type, lambda text: text == "right")))


if __name__ == "__main__":
    main()
