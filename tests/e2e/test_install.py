"""`segl install` on a stock Debian Postfix: from the first look to mail, and back to every byte as it was."""

from __future__ import annotations

import contextlib
import json
import shutil
import smtplib
import subprocess
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from segl.settings.file import load_settings
from world.dns import A
from world.host import FRONT, QUEUE, Host
from world.peers import SmtpPeer
from world.postfix import wait_until
from world.signed import SignedDns, SignedTree, SignedZone

pytestmark = pytest.mark.world

CPR = "150689-1234"
OWN = "anna@nordby.example"
OUTSIDE = "bo@andre.example"


@pytest.fixture(scope="module")
def signed_root(tmp_path_factory: pytest.TempPathFactory) -> SignedTree:
    zone = SignedZone("nordby.example", {"mail.nordby.example": [A("192.0.2.10")]})
    return SignedTree(tmp_path_factory.mktemp("zones"), [zone])


@pytest.fixture
def resolver(empty_network: None, signed_root: SignedTree, tmp_path: Path) -> Iterator[None]:
    """The host's own, which validates."""
    with SignedDns(tmp_path / "dns", signed_root) as dns, dns.become_the_hosts(tmp_path):
        yield


@pytest.fixture
def host(resolver: None) -> Iterator[Host]:
    with Host() as host:
        yield host


@pytest.fixture
def stock_host(resolver: None) -> Iterator[Host]:
    """Where everything is started as systemd and a person do it."""
    with Host(executed=True) as host:
        yield host


def assert_only(host: Host, code: int, *ids: str) -> None:
    """Only these checks of the doctor are not ok."""
    found = [check for check in examine(host, code) if check["state"] != "ok"]
    assert {check["id"] for check in found} == set(ids), found


def examine(host: Host, code: int) -> list[dict[str, str]]:
    record = json.loads(host.segl("doctor", "--json", code=code))
    assert record["exit"] == code
    return list(record["checks"])


def state(host: Host, id_: str, code: int) -> set[str]:
    return {check["state"] for check in examine(host, code) if check["id"] == id_}


def submit(recipient: str, text: str, address: str = "127.0.0.1") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = OWN, recipient, "Sag"
    message["X-Segl-Route"] = "plain"
    message.set_content(text)
    with smtplib.SMTP(address, 25, local_hostname="desk.example", timeout=60) as smtp:
        smtp.send_message(message, OWN, [recipient])


def flush_until(host: Host, done: Callable[[], bool]) -> None:
    """A queue manager that is about to end because of a reload may hear of a flush and do nothing."""
    for _ in range(30):
        host.run("postqueue", "-c", str(FRONT), "-f")
        with contextlib.suppress(AssertionError):
            return wait_until(done, 2, lambda: "")
    raise AssertionError(host.log[-3000:])


def test_a_stock_debian_from_the_first_look_to_mail(stock_host: Host) -> None:
    host = stock_host
    before = host.snapshot()
    shown = host.types("install --dry-run")
    assert "+content_filter = segl-secure:[127.0.0.1]:10026" in shown
    assert "touches no file but those above" in shown
    assert host.snapshot() == before

    assert "nobody is there to answer" in host.segl("install", code=1)
    assert host.snapshot() == before
    done = host.types("install", answer="y\n")
    assert f"postfix -c {host.secure} start" in done

    # nothing runs yet, and the doctor says no more than that
    down = ("run.front", "run.secure", "run.reloaded", "port.secure", "port.return", "port.own")
    ways = ("tunnel", "certificate", "portal")
    sockets = [f"socket.{name}" for name in ("milter", "map", "receipt", "canary", *ways)]
    assert_only(host, 2, *down, *sockets, "portal.page", "store", "store.sealed")
    assert "down" in host.segl("status", code=1)

    for daemon in host.daemons:
        daemon.start()
    host.run("postfix", "start")  # both, as at boot
    host.run("postfix", "-c", str(host.secure), "status")
    assert_only(host, 0)
    host.types("doctor")
    host.types("doctor --canary")
    status = json.loads(host.segl("status", "--json"))
    assert status["runs"]
    assert status["queue secure"]["text"] == "empty"

    # through what install wrote, without partners and without anybody outside
    tried = {check["id"]: check for check in json.loads(host.segl("doctor", "--json", "--canary"))["checks"]}
    canaries = {name: check["found"] for name, check in tried.items() if name.startswith("canary.")}
    assert set(canaries) == {"canary.own", *(f"canary.way-{way}" for way in (*ways, "tls"))}
    assert all(found.startswith("arrived") for found in canaries.values()), canaries

    host.run("postfix", "-c", str(host.secure), "stop")
    told = host.segl("status", code=1)
    assert [line.split()[:2] for line in told.splitlines() if line.startswith("down")] == [["down", "secure"]]
    host.run("postfix", "-c", str(host.secure), "start")

    submit(OWN, "Hej Anna")
    wait_until(
        lambda: host.mailbox.exists() and "Hej Anna" in host.mailbox.read_text(), 20, lambda: host.log[-3000:]
    )
    assert "X-Segl" not in host.mailbox.read_text()
    assert "postfix/segl-return/smtpd" in host.log

    host.run("sh", "-c", f"printf 'Subject: x\\n\\nfra et program\\n' | sendmail -f {OWN} {OWN}")
    wait_until(lambda: "fra et program" in host.mailbox.read_text(), 20, lambda: host.log[-3000:])

    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(
        lambda: '"sealed": {"good": true, "text": "1 message' in host.segl("status", "--json"),
        20,
        lambda: host.log,
    )

    # root may open any socket; what counts is Postfix's own user
    (QUEUE / "segl" / "milter.sock").chmod(0o600)
    assert_only(host, 2, "socket.milter")
    (QUEUE / "segl" / "milter.sock").chmod(0o660)
    (QUEUE / "segl").chmod(0o700)
    assert_only(host, 2, "socket.milter")


def test_a_second_run_changes_nothing_and_undo_puts_every_byte_back(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    installed = host.snapshot()
    assert installed != before
    assert "Nothing to change" in host.segl("install", "--yes")
    assert host.snapshot() == installed
    assert len(list(host.backup.iterdir())) == 1

    shown = host.types("install --undo --dry-run")
    assert "-content_filter = segl-secure:[127.0.0.1]:10026" in shown
    assert host.snapshot() == installed
    host.segl("install", "--undo", "--yes")
    assert host.snapshot() == before
    assert "nothing to undo" in host.segl("install", "--undo", "--yes", code=1)

    # edited since: not without --force, and not lost with it
    host.segl("install", "--yes")
    assert host.snapshot() == installed
    host.postconf("-e", "biff=yes")
    edited = (FRONT / "main.cf").read_bytes()
    assert "edited since" in host.segl("install", "--undo", "--yes", code=1)
    assert (FRONT / "main.cf").read_bytes() == edited
    host.segl("install", "--undo", "--yes", "--force")
    assert host.snapshot() == before
    assert [file.read_bytes() for file in host.backup.rglob("*.edited")] == [edited]


def restored(host: Host) -> tuple[Path, ...]:
    """As docs/install.md restores: the configuration of both instances and the backups of runs, but no queue.
    Returns the folders that are not there then."""
    settings = load_settings(host.settings_file)
    lost = (QUEUE / "segl", settings.postfix.secure_queue, settings.postfix.secure_data)
    for folder in lost:
        shutil.rmtree(folder)
    return lost


def test_the_folders_that_no_backup_has_are_made_after_a_restore(host: Host) -> None:
    """docs/install.md saves the configuration of both instances, and no queue."""
    host.segl("install", "--yes")
    made = restored(host)
    host.segl("install", "--yes")
    assert all(folder.is_dir() for folder in made)
    assert "Nothing to change" in host.segl("install", "--yes")


def test_undo_from_a_running_system_strands_no_mail(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    host.start_all(portal=False)
    undo = ("install", "--undo", "--yes", "--reload")
    assert "still runs" in host.segl("install", "--undo", "--yes", code=1)

    # one waits in the secure instance because segl-deliver is down, then one in the front on its way there
    host.daemons[1].stop()
    submit(OUTSIDE, f"CPR {CPR}")
    # The secure instance has it a moment before the front has let go of it.
    wait_until(lambda: (host.queue(host.secure), host.queue()) == (1, 0), 30, lambda: host.log[-3000:])
    assert "1 messages wait in the secure instance" in host.segl(*undo, code=1)
    host.run("postsuper", "-c", str(host.secure), "-d", "ALL")
    host.run("postfix", "-c", str(host.secure), "stop")
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(
        lambda: "status=deferred" in host.log.rpartition("segl-secure/smtp")[2], 20, lambda: host.log[-3000:]
    )
    assert "1 messages in the front's queue are on their way to Segl" in host.segl(*undo, code=1)
    assert host.queue() == 1

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
        20,
        lambda: host.log[-3000:],
    )
    assert "segl-return" not in host.log.rpartition("refreshing the Postfix mail system")[2]


def test_undo_after_a_restore_tears_no_queue_from_under_the_secure_instance(host: Host) -> None:
    before = host.snapshot()
    host.segl("install", "--yes")
    restored(host)
    assert "No file was changed" in host.segl("install", "--yes")
    host.start_all(portal=False)
    undo = ("install", "--undo", "--yes")
    assert "still runs" in host.segl(*undo, code=1)
    host.daemons[1].stop()
    submit(OUTSIDE, f"CPR {CPR}")
    # The secure instance has it a moment before the front has let go of it.
    wait_until(lambda: (host.queue(host.secure), host.queue()) == (1, 0), 30, lambda: host.log[-3000:])
    assert "1 messages wait in the secure instance" in host.segl(*undo, "--reload", code=1)
    host.run("postfix", "-c", str(host.secure), "status")
    host.run("postsuper", "-c", str(host.secure), "-d", "ALL")

    assert "Everything is as it was before segl install" in host.segl(*undo, "--reload")
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
    said = host.segl("install", "--undo", "--yes", "--reload")
    first, second = sorted(folder.name for folder in host.backup.iterdir())
    assert f"What the run {second} changed is as it was before it" in said
    assert f"An earlier run ({first}) is still in force" in said
    assert "Everything is as it was" not in said
    host.run("postfix", "-c", str(host.secure), "status")
    assert host.snapshot() == host.snapshot() | installed  # there is more: queues, the milter's socket
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(
        lambda: '"sealed": {"good": true, "text": "1 message' in host.segl("status", "--json", code=None),
        20,
        lambda: host.log,
    )


def test_a_failure_report_on_its_way_to_segl_is_not_stranded_unseen(host: Host) -> None:
    host.segl("install", "--yes")
    host.start_all(portal=False)
    host.daemons[1].stop()
    with smtplib.SMTP("127.0.0.1", 10027, timeout=60) as smtp:  # as segl-deliver hands ciphertext over
        smtp.ehlo()
        options = [f"ENVID={'5e' * 32}", "RET=HDRS"]
        smtp.sendmail(OWN, ["ingen@nordby.example"], "Subject: x\r\n\r\nx", options, ["NOTIFY=FAILURE"])
    wait_until(
        lambda: "status=deferred" in host.log.rpartition("segl-receipt/lmtp")[2], 20, lambda: host.log[-3000:]
    )
    undo = ("install", "--undo", "--yes", "--reload")
    assert "1 messages in the front's queue are on their way to Segl" in host.segl(*undo, code=1)
    host.run("postfix", "-c", str(host.secure), "status")
    [waiting] = [json.loads(line)["queue_id"] for line in host.run("postqueue", "-j").splitlines()]
    said = host.segl(*undo, "--force")
    assert f"Mail still on its way to Segl waits in the front's queue: {waiting}" in said
    assert "`segl install` again is the safe way" in said
    assert "in clear, also what was" in said


def test_mail_that_waits_for_a_port_that_was_changed_is_named_and_goes(host: Host) -> None:
    """Postfix wrote the old one into the queue file."""
    host.segl("install", "--yes")
    host.start_all(portal=False)
    host.run("postfix", "-c", str(host.secure), "stop")
    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(lambda: "status=deferred" in host.log, 20, lambda: host.log[-3000:])
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
    sealed = '"sealed": {"good": true, "text": "1 message'
    flush_until(host, lambda: sealed in host.segl("status", "--json", code=None))
    assert "nobody is any more" not in host.segl("install", "--yes")


def test_a_result_that_postfix_refuses_is_taken_back(host: Host) -> None:
    """`postfix check` cannot make its directories: that shows only when the new files are in place."""
    (FRONT / "main.cf").chmod(0o640)
    (QUEUE / "corrupt").write_text("in the way", "ascii")
    before = host.snapshot()
    assert "everything is as before" in host.segl("install", "--yes", code=1)
    assert host.snapshot() == before
    assert "nothing to undo" in host.segl("install", "--undo", "--yes", code=1)


def test_reload_waits_until_mail_would_pass(host: Host) -> None:
    host.run("postfix", "start")
    said = host.segl("install", "--yes", "--reload", code=1)
    assert "the secure instance does not run" in said
    assert "until Segl and the secure instance run" in said
    host.run("postfix", "-c", str(host.secure), "start")
    assert "segl-milter does not answer" in host.segl("install", "--reload", code=1)
    assert "fail" in state(host, "run.reloaded", 2)
    for daemon in host.daemons:
        daemon.start()
    assert "was reloaded" in host.segl("install", "--reload")
    assert_only(host, 0)


# What a site may say in main.cf about mail to the world; none of it may steer mail on its way inside.
ODD_SITE = """
inet_interfaces = 192.0.2.10
smtp_bind_address = 192.0.2.10
smtp_fallback_relay = [192.0.2.10]:2526
smtp_tls_policy_maps = static:encrypt
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = static:user:password
smtp_sasl_security_options =
smtp_discard_ehlo_keywords = dsn, xforward, 8bitmime
smtpd_discard_ehlo_keywords = dsn, xforward, 8bitmime
smtpd_client_restrictions = check_client_access cidr:{{127.0.0.0/8 REJECT}}, permit
smtpd_sender_restrictions = check_sender_access static:OK
smtpd_reject_unlisted_sender = yes
smtpd_hard_error_limit = 1
smtpd_recipient_limit = 2
milter_protocol = 2
"""


def test_a_site_with_odd_settings(resolver: None) -> None:
    subprocess.run(["ip", "address", "replace", "192.0.2.10/32", "dev", "lo"], check=True)
    with Host(ODD_SITE) as host, SmtpPeer("192.0.2.10", 2526) as relay:
        host.postconf("-e", "mynetworks=192.0.2.10")
        host.segl("install", "--yes")
        host.start_all()
        assert_only(host, 0)
        submit(OWN, "Hej Anna", "192.0.2.10")
        wait_until(
            lambda: host.mailbox.exists() and "Hej Anna" in host.mailbox.read_text(),
            20,
            lambda: host.log[-3000:],
        )
        submit(OUTSIDE, f"CPR {CPR}", "192.0.2.10")
        wait_until(
            lambda: '"sealed": {"good": true, "text": "1 message' in host.segl("status", "--json"),
            20,
            lambda: host.log[-5000:],
        )
        assert CPR not in b"".join(mail.content for mail in relay.received).decode("utf-8", "replace")


def test_a_relay_for_failures_never_gets_what_must_be_secure(resolver: None) -> None:
    with (
        Host("smtp_fallback_relay = [127.0.0.1]:2526\n") as host,
        SmtpPeer("127.0.0.1", 2526) as relay,
    ):
        host.segl("install", "--yes")
        host.start_all(portal=False)
        host.run("postfix", "-c", str(host.secure), "stop")
        submit(OUTSIDE, f"CPR {CPR}")
        wait_until(
            lambda: "segl-secure" in host.log and "status=deferred" in host.log, 20, lambda: host.log[-3000:]
        )
        assert host.queue() == 1
        assert relay.received == []

        # and this is what would happen without the override, so the test can fail
        host.postconf("-PX", "segl-secure/unix/smtp_fallback_relay")
        assert "fail" in state(host, "front.handover", 2)
        host.run("postfix", "-c", str(FRONT), "reload")
        flush_until(host, lambda: bool(relay.received))
        assert CPR.encode() in relay.received[0].content
