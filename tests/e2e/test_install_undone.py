"""`segl install` taken back: every byte as it was, and no mail stranded, also after a restore or a change of ports."""

from __future__ import annotations

import json
import shutil
import smtplib
from pathlib import Path

import pytest

from segl.settings.file import load_settings
from world.host import FRONT, QUEUE, Host
from world.postfix import wait_until
from world.stock import CPR, OUTSIDE, OWN, flush_until, submit

pytestmark = pytest.mark.world


def test_a_second_run_changes_nothing_and_undo_puts_every_byte_back(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    installed = host.snapshot()
    assert installed != before
    assert "Nothing to change" in host.types("install --yes")
    assert host.snapshot() == installed
    assert len(list(host.backup.iterdir())) == 1

    # edited since: not taken back, and not lost
    file = FRONT / "main.cf"
    written = file.read_bytes()
    file.write_bytes(written + b"biff = yes\n")
    assert "edited since" in host.segl("install", "--undo", "--yes", code=1)
    assert file.read_bytes() == written + b"biff = yes\n"
    file.write_bytes(written)

    shown = host.types("install --undo --dry-run")
    assert "-content_filter = segl-secure:[127.0.0.1]:10026" in shown
    assert host.snapshot() == installed
    host.segl("install", "--undo", "--yes")
    assert host.snapshot() == before
    assert "nothing to undo" in host.segl("install", "--undo", "--yes", code=1)


def restored(host: Host) -> tuple[Path, ...]:
    """As docs/install.md restores: the configuration of both instances and the backups of runs, but no queue.
    Returns the folders that are not there then."""
    settings = load_settings(host.settings_file)
    lost = (QUEUE / "segl", settings.postfix.secure_queue, settings.postfix.secure_data)
    for folder in lost:
        shutil.rmtree(folder)
    return lost


def one_waits_behind(host: Host) -> bool:
    """Whether one message waits in the secure instance, which has it a moment before the front has let go of it, and
    its first try is over: of one that is deleted meanwhile the record of that try stays."""
    deferred = host.directory / "secure-spool" / "deferred"
    tried = any(path.is_file() for path in deferred.rglob("*"))
    return tried and (host.queue(host.secure), host.queue()) == (1, 0)


def test_undo_from_a_running_system_strands_no_mail(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    host.start_all(portal=False)
    undo = ("install", "--undo", "--yes", "--reload")
    assert "still runs" in host.segl("install", "--undo", "--yes", code=1)

    # one waits in the secure instance because segl-deliver is down, then one in the front on its way there
    host.daemons[1].stop()
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(lambda: one_waits_behind(host), 30, lambda: host.log[-3000:])
    assert "in the secure instance 1 message would wait for ever" in host.segl(*undo, code=1)
    host.run("postsuper", "-c", str(host.secure), "-d", "ALL")
    host.run("postfix", "-c", str(host.secure), "stop")
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(
        lambda: "status=deferred" in host.log.rpartition("segl-secure/smtp")[2], 30, lambda: host.log[-3000:]
    )
    assert "1 message in the front's queue is on its way to Segl" in host.segl(*undo, code=1)
    wait_until(lambda: host.queue() == 1, 30, lambda: host.log[-3000:])

    host.run("postfix", "-c", str(host.secure), "start")
    host.run("postsuper", "-d", "ALL")
    said = host.types("install --undo --reload", answer="y\n")
    assert f"Left in place, because it is not empty: {QUEUE}/segl" in said  # segl-milter still runs
    for daemon in host.daemons:
        daemon.stop()
    shutil.rmtree(QUEUE / "segl")
    assert host.snapshot() == before
    submit(OWN, "uden Segl")
    wait_until(
        lambda: host.mailbox.exists() and "uden Segl" in host.mailbox.read_text(),
        30,
        lambda: host.log[-3000:],
    )
    assert "segl-return" not in host.log.rpartition("refreshing the Postfix mail system")[2]


def test_undo_after_a_restore_tears_no_queue_from_under_the_secure_instance(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    lost = restored(host)
    assert "No file was changed" in host.segl("install", "--yes")
    assert all(folder.is_dir() for folder in lost)
    host.start_all(portal=False)
    undo = ("install", "--undo", "--yes")
    assert "still runs" in host.segl(*undo, code=1)
    host.daemons[1].stop()
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(lambda: one_waits_behind(host), 30, lambda: host.log[-3000:])
    assert "in the secure instance 1 message would wait for ever" in host.segl(*undo, "--reload", code=1)
    host.run("postfix", "-c", str(host.secure), "status")
    host.run("postsuper", "-c", str(host.secure), "-d", "ALL")

    taken_back = host.segl(*undo, "--reload")
    assert "This takes Segl out of this Postfix: all mail leaves as it did before." in taken_back
    assert "Everything is as it was before segl install" in taken_back
    for daemon in host.daemons:
        daemon.stop()
    shutil.rmtree(QUEUE / "segl")
    assert host.snapshot() == before
    assert "nothing to undo" in host.segl(*undo, code=1)


def test_a_run_that_is_undone_leaves_running_what_an_earlier_one_made(host: Host) -> None:
    """After a restore a newer Segl makes the folders, and changes files."""
    host.segl("install", "--yes")
    installed = host.snapshot()
    restored(host)
    text = host.settings_file.read_text("utf-8")
    host.settings_file.write_text(text.replace("/receipt.sock", "/receipts.sock"), "utf-8")
    host.segl("install", "--yes")
    host.start_all(portal=False)
    first, second = sorted(folder.name for folder in host.backup.iterdir())
    asked = host.segl("install", "--undo", "--dry-run")
    assert f"This takes back the run {second} alone: Segl stays in this Postfix." in asked
    said = host.segl("install", "--undo", "--yes", "--reload")
    assert f"What the run {second} changed is as it was before it" in said
    assert f"An earlier run ({first}) is still in force" in said
    assert "Everything is as it was" not in said
    host.run("postfix", "-c", str(host.secure), "status")
    assert host.snapshot() == host.snapshot() | installed  # there is more: queues, the milter's socket
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(lambda: host.has_sealed_one(None), 30, lambda: host.log)


def test_a_failure_report_on_its_way_to_segl_is_not_stranded_unseen(host: Host) -> None:
    host.segl("install", "--yes")
    host.start_all(portal=False)
    host.daemons[1].stop()
    with smtplib.SMTP("127.0.0.1", 10027, timeout=60) as smtp:  # as segl-deliver hands ciphertext over
        smtp.ehlo()
        options = [f"ENVID={'5e' * 32}", "RET=HDRS"]
        smtp.sendmail(OWN, ["ingen@nordby.example"], "Subject: x\r\n\r\nx", options, ["NOTIFY=FAILURE"])
    wait_until(
        lambda: "status=deferred" in host.log.rpartition("segl-receipt/lmtp")[2], 30, lambda: host.log[-3000:]
    )
    undo = ("install", "--undo", "--yes", "--reload")
    assert "1 message in the front's queue is on its way to Segl" in host.segl(*undo, code=1)
    host.run("postfix", "-c", str(host.secure), "status")
    [waiting] = [json.loads(line)["queue_id"] for line in host.run("postqueue", "-j").splitlines()]
    host.postconf("-e", "biff=yes")
    edited = (FRONT / "main.cf").read_bytes()
    said = host.segl(*undo, "--force")
    assert [file.read_bytes() for file in host.backup.rglob("*.edited")] == [edited]
    assert f"Mail still on its way to Segl waits in the front's queue: {waiting}" in said
    assert "`segl install` again is the safe way" in said
    assert "in clear, also what was" in said


def test_mail_that_waits_for_a_port_that_was_changed_is_named_and_goes(host: Host) -> None:
    """Postfix wrote the old one into the queue file."""
    host.segl("install", "--yes")
    host.start_all(portal=False)
    host.run("postfix", "-c", str(host.secure), "stop")
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(lambda: "status=deferred" in host.log, 30, lambda: host.log[-3000:])
    [waiting] = host.run("postqueue", "-j").splitlines()
    queue_id = json.loads(waiting)["queue_id"]

    text = host.settings_file.read_text("utf-8")
    host.settings_file.write_text(
        text.replace("[postfix]", '[postfix]\nsecure_port = "127.0.0.1:10126"'), "utf-8"
    )
    said = host.segl("install", "--yes")
    assert f"bound for where nobody is any more (segl-secure:[127.0.0.1]:10026): {queue_id}" in said
    assert "`postsuper -r ID`" in said
    host.run("postfix", "-c", str(host.secure), "start")
    host.run("postfix", "reload")
    host.run("postsuper", "-r", queue_id)
    # pickup(8) looks once a minute; what came before the secure instance was there is tried again by a flush alone
    flush_until(host, lambda: host.has_sealed_one(None))
    assert "nobody is any more" not in host.segl("install", "--yes")
