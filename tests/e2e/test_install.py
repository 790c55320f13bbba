"""`segl install` on a stock Debian Postfix: from the first look to mail, whatever the site has set."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator

import pytest

from segl.postfix.check import Setup, State
from segl.postfix.check_notices import notice_checks
from segl.postfix.running import read_instance
from segl.settings.file import parse_settings
from world.host import FRONT, QUEUE, Host
from world.peers import SmtpPeer
from world.postfix import wait_until
from world.stock import CPR, OUTSIDE, OWN, assert_only, flush_until, state, submit

pytestmark = pytest.mark.world


@pytest.fixture
def stock_host(resolver: None) -> Iterator[Host]:
    """Where everything is started as systemd and a person do it."""
    with Host(executed=True) as host:
        yield host


def notices_are_from_nobody(host: Host) -> bool:
    instances = (read_instance(directory) for directory in (FRONT, host.secure))
    [check] = notice_checks(Setup(parse_settings(tomllib.loads(host.settings_file.read_text())), *instances))
    return check.state is State.WARN and "User unknown in local recipient table" in check.found


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
    assert_only(host, 2, *down, *sockets, "portal.page", "portal.notice-from", "store", "store.sealed")
    assert "down" in host.segl("status", code=1)

    for daemon in host.daemons:
        daemon.start()
    host.run("postfix", "start")  # both, as at boot
    host.run("postfix", "-c", str(host.secure), "status")
    assert_only(host, 0)
    host.postconf("-X", "local_recipient_maps")  # and Postfix knows who is there
    host.run("postfix", "reload")
    wait_until(lambda: notices_are_from_nobody(host), 30, lambda: host.log[-3000:])
    host.postconf("-e", "local_recipient_maps=")
    host.run("postfix", "reload")
    host.types("doctor")
    host.types("doctor --canary")
    # Postfix takes a canary out of the queue a moment after it has arrived.
    wait_until(lambda: host.queue(host.secure) == 0, 30, lambda: host.log[-3000:])
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
        lambda: host.mailbox.exists() and "Hej Anna" in host.mailbox.read_text(), 30, lambda: host.log[-3000:]
    )
    assert "X-Segl" not in host.mailbox.read_text()
    assert "postfix/segl-return/smtpd" in host.log

    host.run("sh", "-c", f"printf 'Subject: x\\n\\nfra et program\\n' | sendmail -f {OWN} {OWN}")
    wait_until(lambda: "fra et program" in host.mailbox.read_text(), 30, lambda: host.log[-3000:])

    submit(OUTSIDE, f"CPR {CPR}")
    wait_until(host.has_sealed_one, 30, lambda: host.log)

    # root may open any socket; what counts is Postfix's own user
    (QUEUE / "segl" / "milter.sock").chmod(0o600)
    assert_only(host, 2, "socket.milter")


def test_a_result_that_postfix_refuses_is_taken_back(host: Host) -> None:
    """`postfix check` cannot make its directories: that shows only when the new files are in place."""
    (FRONT / "main.cf").chmod(0o640)
    (QUEUE / "corrupt").rmdir()
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
            30,
            lambda: host.log[-3000:],
        )
        submit(OUTSIDE, f"CPR {CPR}", "192.0.2.10")
        wait_until(host.has_sealed_one, 30, lambda: host.log[-5000:])
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
            lambda: "segl-secure" in host.log and "status=deferred" in host.log, 30, lambda: host.log[-3000:]
        )
        wait_until(lambda: host.queue() == 1, 30, lambda: host.log[-3000:])
        assert relay.received == []

        # and this is what would happen without the override, so the test can fail
        host.postconf("-PX", "segl-secure/unix/smtp_fallback_relay")
        assert "fail" in state(host, "front.handover", 2)
        host.run("postfix", "-c", str(FRONT), "reload")
        flush_until(host, lambda: bool(relay.received))
        assert CPR.encode() in relay.received[0].content
