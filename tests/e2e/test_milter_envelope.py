"""What a real Postfix makes of the milter's edits: its queue file is read, since it is what will be sent."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from world import raw_smtp
from world.milterprocess import RunningMilter
from world.postfix import (
    BASE_SERVICES,
    PostfixInstance,
    base_main_cf,
    wait_for_port,
    wait_until,
    with_parameters,
)

pytestmark = pytest.mark.world

PORT, HIDING_PORT = 26225, 26226
SENDER = "anna@nordby.example"
NEVER = 1  # NOTIFY=NEVER as Postfix keeps it (dsn_mask.h)
CPR = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
TEA = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nVi ses til te kl. 15.\r\n"


@dataclass
class Office:
    """A Postfix that sends nothing on, with a milter."""

    postfix: PostfixInstance
    milter: RunningMilter

    def submit(self, message: bytes, *envelope: str, port: int = PORT) -> str:
        """The last reply of a session in which *envelope* (SMTP commands) and *message* are sent."""
        return raw_smtp.submit(port, message, envelope)

    def queued(self, message: bytes, *envelope: str, port: int = PORT) -> Queued:
        """The queue file that came of it."""
        reply = self.submit(message, *envelope, port=port)
        assert reply.startswith("250 "), reply
        queued = self.file(reply.split()[-1])
        self.postfix.run("postsuper", "-d", reply.split()[-1])
        return queued

    def file(self, queue_id: str) -> Queued:
        command = ["postcat", "-c", str(self.postfix.config), "-q", queue_id]
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)
        return Queued(done.stdout.decode("utf-8", "replace"))


@dataclass(frozen=True)
class Queued:
    """What ``postcat`` shows of a message."""

    text: str

    @property
    def recipients(self) -> list[tuple[str, str, int]]:
        """(recipient, ORCPT, NOTIFY bits) of each that will be sent to."""
        found, orcpt, notify = [], "", 0
        for line in self.text.splitlines():
            name, _, value = line.partition(": ")
            attribute, _, fact = value.partition("=")
            if name == "named_attribute" and attribute == "dsn_orig_rcpt":
                orcpt = fact
            elif name == "named_attribute" and attribute == "notify_flags":
                notify = int(fact)
            elif name in ("recipient", "canceled_recipient"):
                if name == "recipient":
                    found.append((value, orcpt, notify))
                orcpt, notify = "", 0
        return found

    @property
    def envelope_id(self) -> str:
        return str(re.findall(r"envelope_id=(.*)", self.text)[-1])

    @property
    def headers_only(self) -> bool:
        return bool(re.findall(r"ret_flags=(.*)", self.text)[-1] == "2")

    @property
    def sender(self) -> str:
        return str(re.findall(r"^sender: ?(.*)", self.text, re.MULTILINE)[-1])

    def header(self, name: str) -> list[str]:
        """Values of a header field in the message as it will be sent."""
        content = self.text.partition("*** MESSAGE CONTENTS")[2]
        return re.findall(rf"^(?:regular_text: )?{name}\s*: ?(.*)", content, re.MULTILINE | re.IGNORECASE)


@pytest.fixture(scope="module")
def office(own_network: None) -> Iterator[Office]:
    # not in pytest's own folder: whoever starts another pytest closes that to Postfix's user
    with TemporaryDirectory(prefix="office-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        milter = RunningMilter(directory)
        milter.write('unreadable = "hold"')
        milter.daemon.start()
        milter.socket.chmod(0o666)
        main_cf = with_parameters(
            base_main_cf(directory / "postfix", "gw.nordby.example"),
            smtpd_milters=f"unix:{milter.socket}",
            non_smtpd_milters=f"unix:{milter.socket}",
            milter_default_action="tempfail",
            defer_transports="smtp",
            smtp_host_lookup="native",
            smtpd_recipient_limit="2000",
            header_size_limit="4096000",  # as services for sending tell their customers to set it
        )
        # beside it an entrance as houses have it that hide their own network: without the front's own Received
        master_cf = f"127.0.0.1:{PORT} inet n - n - - smtpd\n" + BASE_SERVICES
        master_cf += f"127.0.0.1:{HIDING_PORT} inet n - n - - smtpd -o cleanup_service_name=hiding\n"
        master_cf += "hiding unix n - n - 0 cleanup -o { header_checks = regexp:{{/^Received:.*/ IGNORE}} }\n"
        (directory / "postfix").mkdir(mode=0o755)
        postfix = PostfixInstance(directory / "postfix", main_cf, master_cf)
        try:
            postfix.start()
            wait_for_port("127.0.0.1", PORT)
            wait_for_port("127.0.0.1", HIDING_PORT)
            yield Office(postfix, milter)
        finally:
            postfix.stop()
            milter.daemon.stop()


@pytest.mark.parametrize(
    ("rcpt", "recipient", "orcpt", "notify"),
    [
        ("<bo@kunde.example>", "bo@kunde.example", "rfc822;bo@kunde.example", 0),
        ("<Bo@Kunde.Example>", "Bo@Kunde.Example", "rfc822;Bo@Kunde.Example", 0),
        ('<"bo pc"@kunde.example>', "bo pc@kunde.example", 'rfc822;"bo pc"@kunde.example', 0),
        (r'<"b\"o"@kunde.example>', 'b"o@kunde.example', r'rfc822;"b\"o"@kunde.example', 0),
        ("<bo+x=1@kunde.example>", "bo+x=1@kunde.example", "rfc822;bo+x=1@kunde.example", 0),
        ("<bo@kunde.example.>", "bo@kunde.example", "rfc822;bo@kunde.example.", 0),
        ("<bo@[192.0.2.7]>", "bo@[192.0.2.7]", "rfc822;bo@[192.0.2.7]", 0),
        ("<bo>", "bo@gw.nordby.example", "rfc822;bo", 0),
        ("<bo@kunde.example> NOTIFY=NEVER", "bo@kunde.example", "rfc822;bo@kunde.example", NEVER),
        ("<bo@kunde.example> ORCPT=rfc822;b+2Bo@x.example", "bo@kunde.example", "rfc822;b+o@x.example", 0),
    ],
)
def test_every_recipient_stays_as_it_came_and_is_reported_of_as_the_sender_wrote_it(
    office: Office, rcpt: str, recipient: str, orcpt: str, notify: int
) -> None:
    queued = office.queued(CPR, f"MAIL FROM:<{SENDER}>", f"RCPT TO:{rcpt}")
    assert queued.recipients == [(recipient, orcpt, notify)]


def test_the_same_recipient_twice_is_sent_to_once(office: Office) -> None:
    queued = office.queued(CPR, f"MAIL FROM:<{SENDER}>", *["RCPT TO:<bo@kunde.example>"] * 2)
    assert queued.recipients == [("bo@kunde.example", "rfc822;bo@kunde.example", 0)]


def test_addresses_beyond_ascii_are_kept(office: Office) -> None:
    queued = office.queued(CPR, "MAIL FROM:<åse@nordby.example> SMTPUTF8", "RCPT TO:<søren@ærø.example>")
    assert queued.recipients == [("søren@ærø.example", "rfc822;søren@ærø.example", 0)]
    assert queued.sender == "åse@nordby.example"
    assert queued.headers_only


def test_to_a_sender_in_another_encoding_no_body_comes_back(office: Office) -> None:
    """smtpd takes none while ``smtputf8_enable`` is on, which is how it is shipped; sendmail(1) takes any bytes. In a
    report with the body the whole message would go to that sender in clear, with the seed of its links."""
    sender = os.fsdecode(b"s\xf8ren@nordby.example")
    command = ["sendmail", "-C", str(office.postfix.config), "-f", sender, "bo@kunde.example"]
    subprocess.run(command, input=CPR.replace(b"\r\n", b"\n"), check=True, timeout=30)

    def waiting() -> list[str]:
        read = [each for each in office.postfix.queue() if each["queue_name"] != "maildrop"]
        return [each["queue_id"] for each in read]

    wait_until(lambda: bool(waiting()), 30, lambda: office.postfix.log[-2000:])
    [queue_id] = waiting()
    queued = office.file(queue_id)
    office.postfix.run("postsuper", "-d", queue_id)
    assert queued.headers_only
    assert queued.sender == "s\ufffdren@nordby.example"
    assert queued.recipients == [("bo@kunde.example", "rfc822;bo@kunde.example", 0)]
    assert [queued.envelope_id] == queued.header("X-Segl-Id")


def test_reports_bring_no_body_and_bear_our_id(office: Office) -> None:
    queued = office.queued(CPR, f"MAIL FROM:<{SENDER}> RET=FULL ENVID=sag+2D7", "RCPT TO:<bo@kunde.example>")
    assert queued.headers_only
    assert [queued.envelope_id] == queued.header("X-Segl-Id")
    assert len(queued.envelope_id) == 32
    assert queued.header("X-Segl-Envelope-Id") == ["sag+2D7"]
    assert queued.header("X-Segl-Route") == ["secure"]


def test_the_null_sender_stays_null(office: Office) -> None:
    queued = office.queued(CPR, "MAIL FROM:<>", "RCPT TO:<bo@kunde.example>")
    assert queued.sender == ""
    assert queued.recipients == [("bo@kunde.example", "rfc822;bo@kunde.example", 0)]
    assert queued.header("X-Segl-Route") == ["secure"]


def test_a_plain_message_keeps_what_its_client_asked(office: Office) -> None:
    queued = office.queued(
        TEA, f"MAIL FROM:<{SENDER}> RET=FULL ENVID=7", "RCPT TO:<bo@kunde.example> NOTIFY=NEVER"
    )
    assert queued.recipients == [("bo@kunde.example", "rfc822;bo@kunde.example", NEVER)]
    assert (queued.envelope_id, queued.headers_only) == ("7", False)
    assert queued.header("X-Segl-.*?") == ["plain"]


@pytest.mark.parametrize(
    "forged",
    [
        b"X-Segl-Route: plain",
        b"X-Segl-Route : plain",
        b"x-segl-route:plain",
        b"X-Segl-Route:\r\n plain",
        b"X-Segl-Route: " + b"x" * 70_000,
        b"X-Segl-Route: plain\r\nX-Segl-Route: plain\r\nx-SEGL-rOUTE: plain",
        b"X-Segl-Whatever: 1\r\nTLS-Required: no\r\nTLS-REQUIRED : no\r\nX-Segl-Id: 1",
    ],
)
def test_nothing_forged_is_left(office: Office, forged: bytes) -> None:
    queued = office.queued(forged + b"\r\n" + CPR, f"MAIL FROM:<{SENDER}>", "RCPT TO:<bo@kunde.example>")
    assert queued.header("X-Segl-Route") == ["secure"]
    assert queued.header("X-Segl-Id") == [queued.envelope_id]
    (link,) = queued.header("X-Segl-Link")
    assert queued.header("X-Segl-.*?") == [queued.envelope_id, link, "secure"]
    assert queued.header("TLS-Required") == []


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: a\x00 CPR 010190-1233",
        b"X-\xe6: CPR 010190-1233",
        b"Subject: a\rb CPR 010190-1233",
        b"no field CPR 010190-1233",
        b"X-Long: " + b"y" * 200_000 + b" CPR 010190-1233",
        b"X-Long: " + b"y" * 80_000 + b" CPR 010190-1233",
        b"Subject: " + b"y y\r\n " * 20_000 + b" CPR 010190-1233",
    ],
)
def test_what_is_sent_on_has_been_read(office: Office, head: bytes) -> None:
    """Postfix cuts and mends odd header lines. Whatever it keeps, the milter must have seen."""
    queued = office.queued(
        b"From: anna@nordby.example\r\n" + head + b"\r\n\r\nHej\r\n",
        f"MAIL FROM:<{SENDER}>",
        "RCPT TO:<bo@kunde.example>",
    )
    sensitive = "010190-1233" in queued.text
    assert queued.header("X-Segl-Route") == ["secure" if sensitive else "plain"]


def test_a_message_on_hold_waits_marked_secure(office: Office) -> None:
    reply = office.submit(
        CPR.replace(b"Subject", b"Content-Type: application/pkcs7-mime\r\nSubject"),
        f"MAIL FROM:<{SENDER}>",
        "RCPT TO:<bo@kunde.example>",
    )
    (held,) = (m for m in office.postfix.queue() if m["queue_name"] == "hold")
    assert held["queue_id"] == reply.split()[-1]
    queued = office.file(held["queue_id"])
    assert queued.header("X-Segl-Route") == ["secure"]
    office.postfix.run("postsuper", "-d", held["queue_id"])


def test_a_thousand_recipients_and_two_thousand(office: Office) -> None:
    everyone = [f"RCPT TO:<b{n}@kunde.example>" for n in range(2000)]
    thousand = office.queued(CPR, f"MAIL FROM:<{SENDER}>", *everyone[:1000]).recipients
    assert len({recipient for recipient, _, _ in thousand}) == 1000
    more = office.queued(CPR, f"MAIL FROM:<{SENDER}>", *everyone)
    assert [recipient for recipient, _, _ in more.recipients] == [f"b{n}@kunde.example" for n in range(2000)]
    assert more.header("X-Segl-Route") == ["secure"]
    assert more.headers_only


def test_a_thousand_forged_headers_are_taken_off_in_time(office: Office) -> None:
    queued = office.queued(
        b"X-Segl-Route: plain\r\n" * 1000 + CPR, f"MAIL FROM:<{SENDER}>", "RCPT TO:<bo@kunde.example>"
    )
    assert queued.header("X-Segl-Route") == ["secure"]


@pytest.mark.parametrize(
    "head",
    [
        b"X-Segl-A: 1\r\n" * 70_000,  # taken off they would cost cleanup(8) two and a half minutes
        b"X-Segl-A: 1\r\n" * 900 + b"X: 1\r\n" * 60_000,
        b"X-Segl-A: 1\r\n" * 900 + b"X:" + b"\r\n 1" * 20_000 + b"\r\n",
    ],
)
def test_more_than_postfix_can_take_off_in_time_is_refused_for_good(office: Office, head: bytes) -> None:
    spent = processor_seconds("cleanup")
    reply = office.submit(head + CPR, f"MAIL FROM:<{SENDER}>", "RCPT TO:<bo@kunde.example>")
    assert reply.startswith("550 5.6.0 Mailen er ikke sendt: i dens hoved er der for mange felter")
    assert processor_seconds("cleanup") - spent < 1


@pytest.mark.parametrize(
    ("first", "left"),
    [
        (b"Subject: [kodeord: den gule stol] Din sag", ("Subject", ["Din sag", "Hej"])),
        (b"X-Segl-Route: plain", ("X-Segl-Route", ["secure"])),
        (b"X-Segl-Route: plain\r\nX-Segl-Route: plain", ("X-Segl-Route", ["secure"])),
        (b"TLS-Required: no", ("TLS-Required", [])),
    ],
)
@pytest.mark.parametrize("port", [PORT, HIDING_PORT])
def test_the_first_field_is_ours_to_edit_also_where_the_front_drops_its_own(
    office: Office, port: int, first: bytes, left: tuple[str, list[str]]
) -> None:
    """Milters count without the field Received that Postfix puts before all others. Where header_checks take that one
    off, Postfix 3.10 still counts so."""
    to = (f"MAIL FROM:<{SENDER}>", "RCPT TO:<bo@kunde.example>")
    queued = office.queued(first + b"\r\n" + CPR, *to, port=port)
    assert queued.header("Received") == [] if port == HIDING_PORT else len(queued.header("Received")) == 1
    assert queued.header(left[0]) == left[1]
    assert queued.header("X-Segl-Route") == ["secure"]


def test_the_first_field_is_read_also_where_the_front_drops_its_own(office: Office) -> None:
    to = (f"MAIL FROM:<{SENDER}>", "RCPT TO:<bo@kunde.example>")
    queued = office.queued(
        b"Subject: CPR 010190-1233\r\nFrom: a@nordby.example\r\n\r\nHej\r\n", *to, port=HIDING_PORT
    )
    assert queued.header("X-Segl-Route") == ["secure"]


def processor_seconds(program: str) -> float:
    """What all processes of that name in our network have taken; other test processes have a Postfix too."""
    ticks, here = 0, Path("/proc/self/ns/net").readlink()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "comm").read_text("utf-8").strip() == program and (
                process / "ns/net"
            ).readlink() == here:
                ticks += sum(
                    map(int, (process / "stat").read_text("utf-8").rpartition(")")[2].split()[11:13])
                )
    return ticks / os.sysconf("SC_CLK_TCK")
