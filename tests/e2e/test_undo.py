"""What `segl install --undo` leaves of mail and of running instances, where it is refused or an earlier run stays.
Segl's own processes do not run: what matters waits in Postfix's queues."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import install
from segl.postfix.bound import Bound
from world.host import FRONT, QUEUE, Host
from world.postfix import quick_start, wait_for_port, wait_until

pytestmark = pytest.mark.world

OWN = "anna@nordby.example"
OUTSIDE = "bo@andre.example"
UNDO = ("install", "--undo", "--yes", "--reload")


@pytest.fixture
def host(empty_network: None) -> Iterator[Host]:
    with Host() as host:
        host.segl("install", "--yes")
        yield host


def start(host: Host, directory: Path, queue: Path) -> None:
    quick_start(queue)
    host.run("postfix", "-c", str(directory), "start")


def test_mail_for_a_port_of_an_update_that_is_undone_is_named_and_goes_the_secure_way(host: Host) -> None:
    """An answer from the portal that waits in the front: nobody listens any more where it would go."""
    text = host.settings_file.read_text("utf-8")
    changed = text.replace("[postfix]", '[postfix]\nown_ports = "127.0.0.1:10128"')
    host.settings_file.write_text(changed, "utf-8")
    host.segl("install", "--yes")
    start(host, FRONT, QUEUE)
    wait_for_port("127.0.0.1", 10128)
    with smtplib.SMTP("127.0.0.1", 10128, timeout=60) as smtp:
        smtp.sendmail(OWN, [OUTSIDE], "Subject: Svar\r\n\r\nHej\r\n")
    wait_until(lambda: "status=deferred" in host.log, 30, lambda: host.log[-3000:])
    [waiting] = [json.loads(line)["queue_id"] for line in host.run("postqueue", "-j").splitlines()]

    refused = host.segl(*UNDO, code=1)
    assert f"1 message in the front's queue is on its way to Segl ({waiting})" in refused
    said = host.segl(*UNDO, "--force")
    assert f"bound for where nobody is any more (segl-secure:[127.0.0.1]:10129): {waiting}" in said
    assert "`postsuper -r ID` hands each in anew. It goes the secure way" in said
    assert "is still in force" in said

    start(host, host.secure, host.directory / "secure-spool")
    wait_for_port("127.0.0.1", 10026)
    host.run("postsuper", "-r", waiting)
    host.run("postqueue", "-f")
    # The secure instance has it a moment before the front has let go of it.
    wait_until(lambda: (host.queue(host.secure), host.queue()) == (1, 0), 30, lambda: host.log[-5000:])


def test_an_undo_that_is_refused_after_the_stop_leaves_the_secure_instance_running(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message came in between."""
    start(host, host.secure, host.directory / "secure-spool")
    came = Bound("4jZ6", "segl-secure:[127.0.0.1]:10026", held=False)
    looks = iter([(), (came,)])
    monkeypatch.setattr(install, "bound_for_segl", lambda _: next(looks))
    last = backups.to_undo(host.backup)
    assert last is not None
    with pytest.raises(PostfixError, match=r"\(4jZ6\).* was stopped for this, and runs again"):
        install.undo(last, force=False, reload_front=True)
    host.run("postfix", "-c", str(host.secure), "status")
    wait_for_port("127.0.0.1", 10026)
