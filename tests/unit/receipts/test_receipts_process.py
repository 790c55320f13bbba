"""segl-deliver and delivery reports: what senders get of them, by settings, and what happens when something is down."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import time
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from segl import given_proofs
from segl.given_proofs import Given
from segl.receipts.key import ReceiptKey
from segl.store.engine import open_store, transaction
from segl.vocabulary import Proof
from world import template
from world.desk import SENDER, Desk, StandingDesk
from world.oracle import Identity
from world.partners import rsa_key
from world.peers import SmtpPeer
from world.ports import free_port
from world.postfix import wait_until
from world.reported import BO, EVA, Mail, receipts, wait_for
from world.reports import group


def test_one_receipt_however_often_it_is_reported(desk: Desk) -> None:
    desk.start()
    mail = Mail(desk, BO, EVA)
    for _ in range(3):
        assert mail.tell(group(BO)).startswith("250")
    for _ in range(2):
        assert mail.tell(group(EVA, "failed", "5.1.1", "550 5.1.1 no such user")).startswith("250")
    [receipt] = wait_for(desk, 1)
    assert receipt.states == {BO: "sent", EVA: "failed"}
    text = receipt.part("text/plain")
    assert "Adressen findes ikke" in text
    assert "Svaret var: no such user" in text
    assert "detaljerne er ikke noteret" in text  # no line in the log, and none invented
    other = Mail(desk, BO)
    other.tell(group(BO))
    assert [one.form["id"] for one in wait_for(desk, 2)] == [mail.name, other.name]


def test_delayed_then_sent_are_two_receipts_and_say_so(desk: Desk) -> None:
    desk.start()
    mail = Mail(desk)
    late = {**group(BO, "delayed", "4.7.5"), "Will-Retry-Until": "Thu, 26 Nov 2026 02:58:31 +0000 (UTC)"}
    mail.tell(late)
    [first] = wait_for(desk, 1)
    assert first.form["kind"] == "delayed"
    assert first.subject == f"Forsinket: din sikre mail til {BO}"
    mail.tell(group(BO))
    _, second = wait_for(desk, 2)
    assert (second.form["kind"], second.form["number"], second.form["complete"]) == ("sent", 2, True)


def test_a_forged_report_is_ordinary_mail(desk: Desk) -> None:
    """It goes on to the secure instance's entrance, as it would have without us, and no receipt comes of it."""
    with SmtpPeer("127.0.0.1", free_port()) as entrance:
        desk.write_settings(f'[postfix]\nsecure_port = "127.0.0.1:{entrance.port}"\n')
        desk.start()
        mail = Mail(desk)
        names = {"nobody's": "0f" * 32, "none": "x", "another key's": ReceiptKey(b"o" * 32).new_id()}
        for whose, name in names.items():
            assert "handed on" in mail.tell(group(BO, "failed", "5.0.0"), name=name), whose
            [passed] = entrance.wait_for(1)
            assert passed.recipients == (SENDER,)
            assert b"multipart/report" in passed.content
            assert b"X-Segl" not in passed.content
            entrance.forget()
        mail.tell(group(BO))
        [receipt] = wait_for(desk, 1)
        assert receipt.states == {BO: "sent"}


def test_a_report_of_the_secure_instance_without_the_facts_is_not_believed(desk: Desk) -> None:
    """It takes mail from all of this host, under any name: the facts prove that it is the milter's message."""
    with SmtpPeer("127.0.0.1", free_port()) as entrance:
        desk.write_settings(f'[postfix]\nsecure_port = "127.0.0.1:{entrance.port}"\n')
        desk.start()
        mail = Mail(desk)
        genuine, mail.facts = mail.facts, ""
        assert "handed on" in mail.tell(group(BO), to="eva@nordby-vand.example")
        assert "handed on" in mail.tell(group(BO))
        mail.facts = genuine
        mail.tell(group(BO, "failed", "5.1.1"))
        [receipt] = wait_for(desk, 1)
        assert receipt.mail.recipients == (SENDER,)
        assert receipt.states == {BO: "failed"}


def test_a_genuine_name_in_a_report_to_somebody_else_is_not_believed(desk: Desk) -> None:
    with SmtpPeer("127.0.0.1", free_port()) as entrance:
        desk.write_settings(f'[postfix]\nsecure_port = "127.0.0.1:{entrance.port}"\n')
        desk.start()
        mail = Mail(desk, BO, EVA)
        mail.tell(group(BO))
        mail.tell(group(EVA, "failed", "5.0.0"), to="eva@evil.example")
        entrance.wait_for(1)
        mail.tell(group(EVA))
        [receipt] = wait_for(desk, 1)
        assert receipt.states == {BO: "sent", EVA: "sent"}


def test_what_the_front_reports_to_an_alias_is_heard_for_its_address(desk: Desk) -> None:
    desk.start()
    told = Mail(desk).report(group(BO, "failed", "5.1.1"), reporter="mail.nordby-vand.example")
    with desk.client("receipt") as client:
        client.deliver("", ["a@nordby-vand.example", "b@nordby-vand.example"], told)
    assert wait_for(desk, 1)[0].mail.recipients == (SENDER,)


RULE = '[[receipt]]\ndomain = "nordby-vand.example"\n'


def test_a_house_that_wants_failures_alone_hears_of_nothing_else(desk: Desk) -> None:
    desk.write_settings(
        RULE + 'send = "failures"\njournal = "journal@nordby-vand.example"\nlanguage = "en"\n'
    )
    desk.start()
    Mail(desk).tell(group(BO))
    Mail(desk).tell(group(BO, "failed", "4.4.1", "451 later"))
    receipt, copy = wait_for(desk, 2)
    assert receipt.form["kind"] == "failed"
    assert [receipt.mail.recipients, copy.mail.recipients] == [(SENDER,), ("journal@nordby-vand.example",)]
    assert copy.form == receipt.form | {"written_at": copy.form["written_at"]}
    assert "It could not be delivered in time" in receipt.part("text/plain")


def test_a_house_without_receipts_gets_postfixs_own_notices_of_failures(desk: Desk) -> None:
    with SmtpPeer("127.0.0.1", free_port()) as entrance:
        desk.write_settings(f'[postfix]\nsecure_port = "127.0.0.1:{entrance.port}"\n{RULE}send = "none"\n')
        desk.start()
        Mail(desk).tell(group(BO))
        Mail(desk).tell(group(BO, "failed", "5.1.1"))
        [notice] = entrance.wait_for(1)
        assert b"Action: failed" in notice.content
        assert b"X-Segl" not in notice.content
    assert receipts(desk) == []


def test_while_the_return_port_is_down_nothing_is_lost(new_desk: Desk) -> None:
    new_desk.daemon.start()
    mail = Mail(new_desk)
    assert mail.tell(group(BO)).startswith("250")
    wait_until(lambda: "receipt_not_sent" in new_desk.daemon.log, 30, lambda: new_desk.daemon.log)
    new_desk.daemon.kill()
    with sqlite3.connect(new_desk.directory / "segl.db") as store:  # nobody waits for the lease of a test
        store.execute("UPDATE sent_message SET due_at = 0")
    new_desk.start()
    [receipt] = wait_for(new_desk, 1)
    assert receipt.form["id"] == mail.name


def test_killed_at_any_moment_it_tells_everyone_and_nobody_wrongly(new_desk: Desk) -> None:
    new_desk.start()
    mails = [Mail(new_desk, BO, EVA) for _ in range(30)]
    for number, mail in enumerate(mails):
        if number % 10 == 9:
            new_desk.daemon.kill()
            new_desk.daemon.start()
        mail.tell(group(BO))
        mail.tell(group(EVA, "failed", "5.1.1"))
    port = new_desk.return_port
    wait_until(
        lambda: len(port.received) >= 30 and len({one.form["id"] for one in receipts(new_desk)}) == 30,
        90,
        lambda: new_desk.daemon.log[-3000:],
    )
    for receipt in receipts(new_desk):
        assert receipt.states == {BO: "sent", EVA: "failed"}
    ids = [one.message["Message-ID"] for one in receipts(new_desk)]
    assert len(set(ids)) == 30  # one that was sent twice has the same name


def test_the_log_tells_how_tls_protected_it_and_segl_map_on_whose_word(new_desk: Desk) -> None:
    """Though the map's note comes later than all else: the store was held by others."""
    new_desk.start()
    mail = Mail(new_desk)
    now = "2026-11-25T02:58:31+00:00"
    host = f"{now} segl-secure postfix/segl-tls/smtp[7]:"
    lines = (
        f"{host} Verified TLS connection established to mx.x.example[192.0.2.1]:25: TLSv1.3 with cipher "
        "TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        f"{host} 4jZ4BH5slJz1dqf0: to=<{BO}>, relay=mx.x.example[192.0.2.1]:25, delay=0.2, "
        "delays=0.05/0.12/0.03/0, dsn=2.0.0, status=sent (250 ok)\n"
    )
    mail.tell(group(BO))
    with (new_desk.directory / "mail.log").open("a") as log:
        log.write(lines)
    wait_until(lambda: is_read(new_desk), 30, lambda: new_desk.daemon.log)
    time.sleep(1)
    assert receipts(new_desk) == []
    at = datetime.fromisoformat(now).timestamp()
    engine = open_store(f"sqlite:///{new_desk.directory}/segl.db")
    with transaction(engine) as connection:
        given = [Given("x.example", Proof.DANE, at - 60, at)]
        given_proofs.keep(connection, socket.gethostname()[:100], given)
        given_proofs.all_noted(connection, socket.gethostname()[:100], at - 60, at + 2)
    [receipt] = wait_for(new_desk, 1)
    assert receipt.line(BO)["tls"] == {
        "version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "level": "verified",
        "host": "mx.x.example",
        "proof": "dane",
    }
    assert "Krypteret på vejen til den rigtige server (TLS 1.3, mx.x.example, DANE)" in " ".join(
        receipt.part("text/plain").split()
    )


def is_read(desk: Desk) -> bool:
    with sqlite3.connect(desk.directory / "segl.db") as store:
        return bool(store.execute("SELECT 1 FROM tls_evidence").fetchone())


def test_a_log_that_anybody_may_write_to_is_not_believed(new_desk: Desk) -> None:
    """A user of the host could make up what receipts say of TLS."""
    (new_desk.directory / "mail.log").chmod(0o666)
    new_desk.start()
    wait_until(lambda: "log_not_read" in new_desk.daemon.log, 30, lambda: new_desk.daemon.log)
    assert "anybody may write to it" in new_desk.daemon.log
    Mail(new_desk).tell(group(BO))
    [receipt] = wait_for(new_desk, 1)
    assert receipt.line(BO)["tls"] is None


def test_a_template_that_does_not_work_refuses_the_start(desk: Desk) -> None:
    file = desk.directory / "own.txt"
    file.write_text("{{ receipt.heading")
    desk.write_settings(RULE + f'text = "{file}"\n')
    done = template.run("segl-deliver", "--check-only", "--settings", str(desk.settings_file))
    assert done.returncode == 78
    assert str(file) in done.stderr
    assert "line 1" in done.stderr


def test_a_houses_own_template_is_used_and_a_reload_takes_a_new_one(desk: StandingDesk) -> None:
    file = desk.directory / "own.txt"
    file.write_text("Egen kvittering: {% for row in receipt.rows %}{{ row.recipient }}{% endfor %}\n")
    desk.write_settings(RULE + f'text = "{file}"\n')
    desk.start()
    Mail(desk).tell(group(BO))
    [receipt] = wait_for(desk, 1)
    assert receipt.part("text/plain").strip() == f"Egen kvittering: {BO}"
    file.write_text("Ny\n")
    desk.reload()
    Mail(desk).tell(group(BO))
    assert wait_for(desk, 2)[1].part("text/plain").strip() == "Ny"


def with_key(desk: Desk) -> Identity:
    """The settings ask for signed receipts, and there is a key."""
    own = Identity.new(desk.keys, "huset", rsa_key(2048, 0))
    (desk.keys / "huset.key.pem").write_bytes(
        own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (desk.keys / "huset.key.pem").chmod(0o600)
    (desk.keys / "huset.crt.pem").write_bytes(own.cert_file.read_bytes())
    (desk.keys / "huset.json").write_text('{"state": "active"}')
    desk.write_settings(delivery='sign_keys = {"nordby-vand.example" = "huset"}')
    text = desk.settings_file.read_text()
    desk.settings_file.write_text(text.replace("[receipts]", "[receipts]\nsign = true"))
    return own


def test_a_receipt_does_not_wait_for_a_key_that_cannot_be_used_now(desk: Desk) -> None:
    with_key(desk)
    (desk.keys / "huset.key.pem").chmod(0o644)
    desk.start()
    Mail(desk).tell(group(BO))
    [receipt] = wait_for(desk, 1)
    assert receipt.message.get_content_type() != "multipart/signed"


def test_the_organisations_key_signs_where_that_is_wanted(desk: Desk) -> None:
    own = with_key(desk)
    desk.start()
    Mail(desk).tell(group(BO))
    [receipt] = wait_for(desk, 1)
    assert receipt.message.get_content_type() == "multipart/signed"
    command = [
        "openssl",
        "cms",
        "-verify",
        "-CAfile",
        str(own.cert_file),
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    done = subprocess.run(command, input=receipt.mail.content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert receipt.states == {BO: "sent"}


def test_a_sender_outside_the_house_hears_of_a_failure_and_not_what_the_mail_was_about(desk: Desk) -> None:
    """His receipt leaves the house, perhaps in clear."""
    desk.start()
    outside = "drift@hosting.example"
    failed = group(BO, "failed", "5.1.1", "550 5.1.1 no such user")
    assert Mail(desk).tell(failed, to=outside).startswith("250")
    [receipt] = wait_for(desk, 1)
    assert receipt.mail.recipients == (outside,)
    assert receipt.form["reasons"] == []
    assert "CPR" not in receipt.part("text/plain") + receipt.part("text/html")


def test_nothing_that_a_mail_brings_acts_on_the_terminal(desk: Desk) -> None:
    desk.start()
    Mail(desk).tell(group(BO), message_id="<\x1b]0;x\x07@x>")
    wait_for(desk, 1)
    for words in (["list"], ["show", "<\x1b]0;x\x07@x>"]):
        done = template.run("segl", "receipt", *words, "--settings", str(desk.settings_file))
        assert (done.returncode, "\x1b" in done.stdout) == (0, False)


def test_any_argument_gets_an_answer(desk: Desk) -> None:
    desk.start()
    Mail(desk).tell(group(BO), message_id="")
    wait_for(desk, 1)
    no_text = os.fsdecode(b"\xff")
    for words in (["show", no_text], ["show", ""], ["list", "--sender", f"{no_text}@x.example"]):
        done = template.run("segl", "receipt", *words, "--settings", str(desk.settings_file))
        assert (done.returncode, "Traceback" in done.stderr) == (int(words[0] == "show"), False)
        assert BO not in done.stdout
