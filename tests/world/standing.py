"""A house that stands for a whole module, mended and swept between its tests.

To start a house costs about five seconds of processor time; to mend what one test broke costs what was broken. After
:func:`mended` a house is as a new one to whoever looks: everything runs with the settings it was built with, the
queues, the logs and the records of what was sent are empty, and the street has forgotten. What the map has learned of
the neighbours stays, since they stay the same.
"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from world.house import House
from world.postfix import PostfixInstance, wait_for_port, wait_until
from world.process import Daemon

# Who was sent what: a receipt for the test before must not come in the test after.
_SENT = ("sent_recipient", "sent_message", "waiting_copy", "tls_evidence", "logged_queue", "domain_mark")


def mended(house: House) -> None:
    """Put *house* in order for the next test; raises AssertionError where that cannot be done."""
    _settings(house)
    if tells := _has_to_tell(house):
        house.deliver.stop()  # it tells what it has in hand, and hears nothing of what follows
    for instance in (house.secure, house.front):
        _instance(instance)
    for port in (10026, 10027, 10028, 25):
        wait_for_port("127.0.0.1", port)
    wait_until(lambda: _is_swept(house), 60, lambda: f"mail stays in the queue\n{house.log[-3000:]}")
    with closing(sqlite3.connect(house.state / "segl.db", timeout=60)) as store, store:
        for table in _SENT:
            store.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
    if tells:
        house.deliver.start()
    for daemon in house.daemons:
        _emptied(daemon.log_file)
    for instance in (house.secure, house.front):
        _emptied(instance.directory / "mail.log")


def _has_to_tell(house: House) -> bool:
    """Whether a receipt is on its way or may be soon, because of mail that has still to go."""
    with closing(sqlite3.connect(house.state / "segl.db", timeout=60)) as store:
        due = store.execute("SELECT 1 FROM sent_message WHERE due_at IS NOT NULL").fetchone()
    return due is not None or house.queued > 0


def _is_swept(house: House) -> bool:
    """Whether nothing is in the queues. Reports of what was deleted may come behind it, and go to nobody as long as
    segl-deliver is stopped: they are deleted, too. Looked at twice: what goes from one instance to the other is in
    neither for whoever asks them in turn."""
    _delete_mail(house.secure)
    _delete_mail(house.front)
    return house.queued == 0 and house.queued == 0


def _settings(house: House) -> None:
    """Who ran with other settings is started anew, and who was stopped or killed is started."""
    before = house.settings_file.read_text("utf-8")
    house.write_settings()
    changed = house.settings_file.read_text("utf-8") != before

    def put_right(daemon: Daemon) -> None:
        if changed:
            daemon.stop()
        if not daemon.running():
            daemon.start()

    with ThreadPoolExecutor() as pool:
        list(pool.map(put_right, house.daemons))


def _instance(instance: PostfixInstance) -> None:
    """Runs with the files it was built with, and holds no mail."""
    changed = instance.differs()
    if changed:
        instance.write()
    if not instance.running():
        instance.start()
    elif changed:
        instance.reload()
    _delete_mail(instance)


def _delete_mail(instance: PostfixInstance) -> None:
    if instance.queued:
        instance.run("postsuper", "-d", "ALL")


def _emptied(log: Path) -> None:
    """Whoever writes goes on at the start: all of them append (``O_APPEND``)."""
    os.truncate(log, 0)
