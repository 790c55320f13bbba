"""Every way of failing: no byte of the body goes out in clear, and nothing is lost.

Each test sends a message with a marker, breaks something, and asks two things of the world: did any
outside server see the marker without TLS (``street.clear``), and is the message with its sender (refused),
in a queue, or with its recipient?
"""

from __future__ import annotations

import contextlib
import os
import signal
import smtplib
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from world.house import House
from world.letters import BARE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.postfix import PostfixInstance, wait_until
from world.process import Daemon
from world.street import Street

pytestmark = pytest.mark.world

MARKER = "Kvitteringsmaerke-7731"
BODY = f"Hej\n\nCPR-nummer {CPR}, {MARKER}\n"


def message(*recipients: str, headers: tuple[tuple[str, str], ...] = (), body: str = BODY) -> bytes:
    return letter("", recipients, "Sag", body, headers=headers).content


def refuse_temporarily(house: House, recipients: tuple[str, ...], content: bytes) -> None:
    """The front must say 4xx, at whatever point of the session."""
    with pytest.raises((smtplib.SMTPException, OSError)) as caught:
        house.submit(content, SENDER, recipients)
    error = caught.value
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        assert codes, error
        assert all(400 <= code < 500 for code in codes), error
    elif isinstance(error, smtplib.SMTPResponseException):
        assert 400 <= error.smtp_code < 500, error


def assert_nothing_in_clear(street: Street) -> None:
    assert MARKER.encode() not in street.seen_in_clear()
    assert CPR.encode() not in street.seen_in_clear()


def assert_nothing_was_taken(house: House, street: Street) -> None:
    # Postfix answers before it has taken away the file it had begun.
    wait_until(lambda: house.queued == 0, 30, lambda: house.log[-6000:])
    assert not street.mail_for(GOOD)
    assert_nothing_in_clear(street)


def assert_arrives_in_tls(house: House, street: Street, recipient: str = GOOD) -> None:
    wait_until(lambda: bool(street.mail_for(recipient)), 40, lambda: house.log[-6000:])
    assert all(mail.tls for mail in street.mail_for(recipient))
    assert MARKER.encode() in street.mail_for(recipient)[-1].content


# the milter


def test_milter_down_nothing_is_accepted(house: House, street: Street) -> None:
    house.milter.stop()
    refuse_temporarily(house, (GOOD,), message(GOOD))
    assert house.queued == 0
    assert_nothing_in_clear(street)
    house.milter.start()
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)


@pytest.mark.parametrize("sent", [0.5, 1.0], ids=["half of the content is there", "all of it is there"])
def test_milter_killed_while_the_content_comes(house: House, street: Street, sent: float) -> None:
    content = message(GOOD)
    half = int(len(content) * sent)
    with house.session() as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(content[:half])
        _kill_milter(house.milter)
        smtp.send(content[half:])
        code, _ = smtp.docmd(".")
    assert 400 <= code < 500
    assert_nothing_was_taken(house, street)


def test_milter_killed_with_part_of_the_body_in_its_hands(house: House, street: Street) -> None:
    """Postfix hands the content on after the final dot, and waits for no answer before the end of it. Here nobody
    reads: what the socket does not hold waits in Postfix, and the milter goes with the first of it."""
    with house.session() as smtp, ThreadPoolExecutor(1) as sender:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(message(GOOD, body=BODY + "Resten er kun til at fylde op med.\n" * 40_000))
        with _frozen(house.milter):
            answer = sender.submit(smtp.docmd, ".")
            wait_until(lambda: _given(house) > 10_000, 30, lambda: f"given: {_given(house)}")
            assert not answer.done()
            _kill_milter(house.milter)
            code, _ = answer.result(60)
    assert 400 <= code < 500
    assert_nothing_was_taken(house, street)


def _given(house: House) -> int:
    """Bytes that Postfix has given the milter and it has not taken yet (ss(8), Recv-Q). There its socket goes by the
    private name that it was made under."""
    told = subprocess.run(["ss", "-xHn"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in told.stdout.splitlines()]
    return sum(int(line[2]) for line in lines if line[4].startswith(f"{house.run}/.milter.sock."))


def _kill_milter(milter: Daemon) -> None:
    wait_until(lambda: bool(_workers(milter)), 30, lambda: "no workers")
    for pid in (milter.pid, *_workers(milter)):
        _kill(pid)


@contextlib.contextmanager
def _frozen(milter: Daemon) -> Iterator[None]:
    stopped = (milter.pid, *_workers(milter))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _patience(house: House, **given: str) -> None:
    """The time-outs, each as given, or so long that the test's session would break off first."""
    for name in ("milter_connect_timeout", "milter_command_timeout", "milter_content_timeout"):
        house.front.run("postconf", "-e", f"{name}={given.get(name, '600s')}")
    before = _children(house.front)
    house.front.reload()
    # A process that waits for work goes by what it was started with until it sees that it is to go.
    wait_until(lambda: not before & _children(house.front), 60, lambda: house.front.log)


def _children(instance: PostfixInstance) -> set[int]:
    """The processes that Postfix' master started."""
    master = int((instance.directory / "spool/pid/master.pid").read_text("ascii"))
    return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()}


def test_milter_frozen_before_it_is_spoken_with(house: House, street: Street) -> None:
    """The kernel takes the connection for it, so it is its greeting that is waited for."""
    _patience(house, milter_command_timeout="2s")
    with _frozen(house.milter), house.session() as smtp:
        smtp.ehlo()
        assert 400 <= smtp.mail(SENDER)[0] < 500
    assert house.queued == 0
    assert_nothing_in_clear(street)


def test_milter_frozen_after_the_content_began(house: House, street: Street) -> None:
    _patience(house, milter_content_timeout="2s")
    with house.session() as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(message(GOOD))
        with _frozen(house.milter):
            assert 400 <= smtp.docmd(".")[0] < 500
            assert house.queued == 0, "its sender's program has it still"
    assert house.queued == 0
    assert not street.mail_for(GOOD)
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)
    assert len(street.mail_for(GOOD)) == 1
    assert_nothing_in_clear(street)


def test_a_worker_that_dies_is_replaced(house: House, street: Street) -> None:
    before = set(_workers(house.milter))
    _kill(min(before))
    wait_until(lambda: len(set(_workers(house.milter)) - before) == 1, 10, lambda: house.milter.log[-2000:])
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)
    assert_nothing_in_clear(street)


def test_milter_forgotten_in_the_configuration(house: House, street: Street) -> None:
    """smtpd_milters emptied by mistake: no verdict, so the secure way."""
    house.front.run("postconf", "-e", "smtpd_milters=", "non_smtpd_milters=")
    house.front.reload()
    house.submit(message(GOOD, BARE), SENDER, [GOOD, BARE])
    assert_arrives_in_tls(house, street)
    wait_until(lambda: bool(street.mail_for(BARE)), 30, lambda: house.log[-6000:])
    assert MARKER.encode() not in street.mail_for(BARE)[0].content
    assert_nothing_in_clear(street)


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


def test_local_submission_waits_for_the_milter(house: House, street: Street) -> None:
    house.milter.stop()
    house.front.sendmail(SENDER, [GOOD], message(GOOD))
    house.front.wait_for_log("milter-reject|connect to Milter service")
    assert not street.mail_for(GOOD)
    house.milter.start()
    house.front.reload()  # pickup looks again at once instead of after its minute
    assert_arrives_in_tls(house, street)
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
    assert house.queued == len(says)
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
    """Sixty messages from six sessions; milter workers and segl-deliver are killed on the way. Each message
    that was accepted arrives (perhaps twice), and nothing of any crosses the wire in clear."""
    accepted: list[str] = []
    lock = threading.Lock()

    def send(session: int) -> None:
        for number in range(10):
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
        time.sleep(0.4)
        for pid in _workers(house.milter)[:1]:
            _kill(pid)
    house.deliver.kill()
    house.deliver.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 60

    def missing() -> set[str]:
        arrived = {
            mark for mark in accepted for m in street.mail_for(GOOD) if f"{mark}\r\n".encode() in m.content
        }
        return set(accepted) - arrived

    wait_until(
        lambda: not missing() and len(street.mail_for(BARE)) >= 60 and not house.queued,
        90,
        lambda: f"missing {missing()}, notices {len(street.mail_for(BARE))}\n{house.log[-3000:]}",
    )
    assert CPR.encode() not in street.seen_in_clear()


def _workers(milter: Daemon) -> list[int]:
    children = Path(f"/proc/{milter.pid}/task/{milter.pid}/children").read_text().split()
    return [int(pid) for pid in children]


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


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
