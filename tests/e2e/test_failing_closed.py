"""Every way of failing: no byte of the body goes out in clear, and nothing is lost.

Each test sends a message with a marker, breaks something, and asks two things of the world: did any
outside server see the marker without TLS (``street.clear``), and is the message with its sender (refused),
in a queue, or with its recipient? What becomes of a message while the milter fails: test_milter_failing.py.
"""

from __future__ import annotations

import smtplib
import subprocess
import threading
import time
from pathlib import Path

import pytest

from world.house import House
from world.letters import BARE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.marked import (
    MARKER,
    assert_arrives_in_tls,
    assert_nothing_in_clear,
    kill,
    message,
    workers_of,
)
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world


# the sender


def test_forged_headers_change_nothing(house: House, street: Street) -> None:
    forged = (("X-Segl-Route", "plain"), ("X-Segl-Id", "1"), ("TLS-Required", "no"))
    house.submit(message(GOOD, BARE, headers=forged), SENDER, [GOOD, BARE])
    assert_arrives_in_tls(house, street)
    wait_until(lambda: bool(street.mail_for(BARE)), 30, lambda: house.log[-6000:])
    assert_nothing_in_clear(street)
    for recipient in (GOOD, BARE):
        content = street.mail_for(recipient)[0].content.lower()
        assert b"x-segl" not in content
        assert b"tls-required" not in content


def test_local_submission_by_sendmail_is_read_too(house: House, street: Street) -> None:
    house.front.sendmail(SENDER, [GOOD, SELF_SIGNED], message(GOOD, SELF_SIGNED))
    assert_arrives_in_tls(house, street)
    wait_until(lambda: bool(street.mail_for(SELF_SIGNED)), 30, lambda: house.log[-6000:])
    assert_nothing_in_clear(street)


# the secure instance, its map and its agents


def test_map_down(house: House, street: Street) -> None:
    house.map.stop()
    house.submit(message(GOOD, BARE), SENDER, [GOOD, BARE])
    house.secure.wait_for_log(rf"to=<{GOOD}>, relay=none, .*status=deferred")
    house.secure.wait_for_log(rf"to=<{BARE}>, relay=none, .*status=deferred")
    assert not street.mail_for(GOOD)
    assert not street.mail_for(BARE)
    house.map.start()
    assert_arrives_in_tls(house, street)
    wait_until(lambda: bool(street.mail_for(BARE)), 40, lambda: house.log[-6000:])
    assert_nothing_in_clear(street)


def test_secure_instance_down(house: House, street: Street) -> None:
    house.secure.stop()
    house.submit(message(GOOD), SENDER, [GOOD])
    house.front.wait_for_log(r"status=deferred \(connect to 127.0.0.1\[127.0.0.1\]:10026")
    house.secure.start()
    assert_arrives_in_tls(house, street)
    assert_nothing_in_clear(street)


def test_deliver_down_holds_only_its_own_recipients(house: House, street: Street) -> None:
    house.deliver.stop()
    house.submit(message(GOOD, PARTNER, BARE), SENDER, [GOOD, PARTNER, BARE])
    assert_arrives_in_tls(house, street)
    house.secure.wait_for_log(r"segl-tunnel/lmtp\[\d+\]: \w+: to=<.*status=deferred")
    house.secure.wait_for_log(r"segl-portal/lmtp\[\d+\]: \w+: to=<.*status=deferred")
    assert not street.mail_for(PARTNER)
    assert not street.mail_for(BARE)
    house.deliver.start()
    wait_until(
        lambda: bool(street.mail_for(PARTNER) and street.mail_for(BARE)), 40, lambda: house.log[-6000:]
    )
    assert len(street.mail_for(GOOD)) == 1
    assert_nothing_in_clear(street)


def test_the_disk_for_sealed_messages_is_not_there(house: House, street: Street) -> None:
    sealed = house.state / "sealed"
    if sealed.exists():
        sealed.rename(house.state / "away")
    sealed.write_text("a file where a directory belongs")
    house.submit(message(BARE), SENDER, [BARE])
    house.secure.wait_for_log(r"segl-portal/lmtp\[\d+\]: \w+: to=<.*status=deferred")
    assert not street.mail_for(BARE)
    sealed.unlink()
    if (house.state / "away").exists():
        (house.state / "away").rename(sealed)
    wait_until(lambda: bool(street.mail_for(BARE)), 40, lambda: house.log[-6000:])
    assert_nothing_in_clear(street)


# forced TLS


def test_forced_tls_that_fails_waits(house: House, street: Street) -> None:
    """The postmaster pinned the domains to `tls`, and a sender asks for none (RFC 8689): still no way."""
    says = {
        "nogen@klartekst.example": "TLS is required, but was not offered",
        "nogen@gammelserver.example": "Server certificate not verified",
        "nogen@udloebet.example": "Server certificate not verified",
        "nogen@forkertnavn.example": "Server certificate not verified",
    }
    pins = (f'[[domain]]\nname = "{one.partition("@")[2]}"\nway = "tls"\n' for one in says)
    house.write_settings("".join(pins))
    house.map.stop()
    house.map.start()
    for recipient, words in says.items():
        house.submit(message(recipient, headers=(("TLS-Required", "no"),)), SENDER, [recipient])
        house.secure.wait_for_log(rf"to=<{recipient}>.*status=deferred \({words}")
        assert not street.mail_for(recipient)
    # The front lets go of one a moment after the secure instance has it, and each is tried again every few seconds.
    wait_until(lambda: house.queued == len(says), 30, lambda: house.log[-4000:])
    assert_nothing_in_clear(street)


def test_tls_required_no_by_a_way_around_the_milter(house: House, street: Street) -> None:
    """The header handed straight to the secure instance: `tls_required_enable = no` holds by itself."""
    house.write_settings('[[domain]]\nname = "klartekst.example"\nway = "tls"\n')
    house.map.stop()
    house.map.start()
    content = message(BARE, headers=(("TLS-Required", "no"),))
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="desk.example") as smtp:
        smtp.sendmail(SENDER, [BARE], content)
    house.secure.wait_for_log(rf"to=<{BARE}>.*status=deferred \(TLS is required, but was not offered")
    assert not street.mail_for(BARE)
    assert_nothing_in_clear(street)


def test_dns_that_does_not_answer_is_not_a_no(house: House, street: Street) -> None:
    recipient = "nogen@stille.example"
    house.submit(message(recipient, GOOD), SENDER, [recipient, GOOD])
    assert_arrives_in_tls(house, street)
    house.secure.wait_for_log(rf"to=<{recipient}>, relay=none, .*status=deferred", 40)
    assert_nothing_in_clear(street)


def test_a_domain_that_does_not_exist_comes_back_to_the_sender(house: House, street: Street) -> None:
    recipient = "nogen@findes-ikke.example"
    house.submit(message(recipient), SENDER, [recipient])
    wait_until(lambda: bool(street.mail_for(SENDER)), 30, lambda: house.log[-6000:])
    report = street.mail_for(SENDER)[0].content
    assert recipient.encode() in report
    assert MARKER.encode() not in report
    assert_nothing_in_clear(street)


# the wire itself


def test_a_capture_of_port_25_holds_nothing(house: House, street: Street, tmp_path: Path) -> None:
    capture = tmp_path / "wire.pcap"
    outside = "port 25 and dst net 127.0.0.16/28"
    command = [
        "tcpdump",
        "-Z",
        "root",
        "-i",
        "lo",
        "--immediate-mode",
        "-U",
        "-w",
        str(capture),
        "-s",
        "0",
        outside,
    ]
    tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert tcpdump.stderr is not None
    while b"listening on" not in (line := tcpdump.stderr.readline()):
        assert line, "tcpdump ended"
    try:
        everyone = (GOOD, SELF_SIGNED, BARE, PARTNER)
        house.submit(message(*everyone), SENDER, everyone)
        wait_until(lambda: all(street.mail_for(r) for r in everyone), 30, lambda: house.log[-6000:])
    finally:
        tcpdump.terminate()
        tcpdump.wait(10)
        tcpdump.stderr.close()
    wire = capture.read_bytes()
    assert b"STARTTLS" in wire
    assert MARKER.encode() not in wire
    assert CPR.encode() not in wire


# many at once


def test_many_at_once_while_processes_die(house: House, street: Street) -> None:
    """Thirty messages from six sessions; milter workers and segl-deliver are killed on the way. Each message
    that was accepted arrives (perhaps twice), and nothing of any crosses the wire in clear."""
    accepted: list[str] = []
    lock = threading.Lock()

    def send(session: int) -> None:
        for number in range(5):
            mark = f"maerke-{session}-{number}"
            content = letter("", (GOOD,), mark, f"CPR-nr. {CPR}, {mark}\n").content
            for _ in range(20):
                try:
                    house.submit(content, SENDER, [GOOD, BARE])
                except (smtplib.SMTPException, OSError):
                    time.sleep(0.2)  # a mail program tries again
                    continue
                with lock:
                    accepted.append(mark)
                break

    threads = [threading.Thread(target=send, args=(session,)) for session in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.2)
        for pid in workers_of(house.milter)[:1]:
            kill(pid)
    house.deliver.kill()
    house.deliver.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 30

    def missing() -> set[str]:
        arrived = {
            mark for mark in accepted for m in street.mail_for(GOOD) if f"{mark}\r\n".encode() in m.content
        }
        return set(accepted) - arrived

    wait_until(
        lambda: not missing() and len(street.mail_for(BARE)) >= 30 and not house.queued,
        90,
        lambda: f"missing {missing()}, notices {len(street.mail_for(BARE))}\n{house.log[-3000:]}",
    )
    assert CPR.encode() not in street.seen_in_clear()


@pytest.mark.parametrize("local", ["jens%boligforening.example", "boligforening.example!jens"])
def test_an_own_address_with_another_host_in_it_stays_inside(
    house: House, street: Street, local: str
) -> None:
    """Postfix's old routing signs must not carry a message outside as mail to an own domain."""
    recipient = f"{local}@nordby-vand.example"
    house.submit(message(recipient), SENDER, [recipient])
    wait_until(lambda: bool(street.mail_for(SENDER)) or house.queued > 0, 30, lambda: house.log[-4000:])
    assert not street.good.received
    assert_nothing_in_clear(street)
