"""``segl sealed`` and ``segl audit``: what a postmaster sees and does of sealed messages."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.audit import Act
from segl.cli.main import build
from segl.mail.return_port import MailPort, send_to_one
from segl.sealed import life
from segl.sealed.content import NotOpened
from segl.sealed.keys import Secret
from segl.sealed.opening import open_sealed
from segl.sealed.phrase import hash_of
from segl.settings.file import load_settings
from segl.store.engine import transaction
from segl.tables.audit import audit_entry
from segl.tables.sealed import sealed_recipient
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.sealing import resending
from segl_delivery.sealing.seal import Sealed, Sealer
from world.counter import CONTENT, Counter
from world.desk import DOMAIN, SENDER
from world.peers import ReceivedMail

BO, EVA = "bo@vestby.example", "eva@vestby.example"


class Office:
    """A house with a settings file, a running return port, and the command line."""

    def __init__(self, directory: Path, counter: Counter, more: str = "") -> None:
        self.counter, self.file = counter, directory / "segl.toml"
        self.file.write_text(
            f'[organisation]\nname = "Nordby Vandværk"\ndomains = ["{DOMAIN}"]\n'
            f'[portal]\nurl = "https://sikker.{DOMAIN}"\nsealed = "{directory}/sealed"\n{more}'
            f'[delivery]\nreinject = "127.0.0.1:{counter.port}"\n'
            f'[store]\nurl = "sqlite:///{directory}/segl.db"\n'
        )

    def __call__(self, group: str, *words: str) -> Result:
        return CliRunner().invoke(build(group), [group, *words, "--settings", str(self.file)])

    def json(self, group: str, *words: str) -> list[dict[str, object]]:
        options = () if words[0] == "export" else ("--json",)
        return [json.loads(line) for line in self(group, *words, *options).stdout.splitlines()]

    def seal(self, *recipients: str, subject: str = "x") -> Sealed:
        settings = load_settings(self.file)
        sealer = Sealer(self.counter.engine, self.counter.directory, settings, self.counter.events)
        content = CONTENT.replace(b"Svar", subject.encode())
        return sealer.seal(Delivery(Envelope(SENDER, recipients or (BO,), "Q1"), content))

    def opens(self, recipient_id: str, link: str) -> bool:
        try:
            counter = self.counter
            return b"".join(open_sealed(counter.engine, counter.directory, recipient_id, link)) != b""
        except NotOpened:
            return False


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Counter(tmp_path) as counter:
        yield counter


@pytest.fixture
def office(tmp_path: Path, counter: Counter) -> Office:
    return Office(tmp_path, counter)


def test_list_shows_each_copy_the_newest_first(office: Office, counter: Counter) -> None:
    assert office("sealed", "list").stdout == "there is none\n"
    first = counter.seal(BO)
    counter.now += 60
    second = counter.seal(EVA)
    counter.open(first)
    lines = office("sealed", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["waiting", second.message_id[:12]],
        ["opened", first.message_id[:12]],
    ]
    assert SENDER in lines[0]
    assert EVA in lines[0]
    cut = "the newest 1; there are more: --limit N shows so many"
    assert office("sealed", "list", "--limit", "1").stdout.splitlines() == [lines[0], cut]


@pytest.mark.parametrize(
    ("options", "recipients"),
    [
        ((), {BO, EVA}),
        (("--to", "BO@"), {BO}),
        (("--to", "%"), set()),
        (("--from", "anna@"), {BO, EVA}),
        (("--from", "karl@"), set()),
        (("--live",), {EVA}),
        (("--limit", "1"), {EVA}),
    ],
)
def test_list_can_be_narrowed(
    office: Office, counter: Counter, options: tuple[str, ...], recipients: set[str]
) -> None:
    gone = counter.seal(BO)
    counter.now += 60
    counter.seal(EVA)
    assert office("sealed", "revoke", gone.message_id).exit_code == 0
    found = office.json("sealed", "list", *options)
    listed = {copy["recipient"] for message in found for copy in message["recipients"]}  # type: ignore[attr-defined]
    assert listed == recipients


def test_show_tells_the_life_of_a_message_and_masks_the_number(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO)
    with transaction(counter.engine) as connection:
        connection.execute(
            sealed_recipient.update().values(phone="+4512345678", phrase_hash=hash_of("den røde cykel"))
        )
    shown = office("sealed", "show", letter.message_id[:8])
    assert shown.exit_code == 0
    assert "+45xxxxxx78" in shown.stdout
    assert "with a phrase" in shown.stdout
    assert "False" not in shown.stdout
    for act in ("created", "notified"):
        assert act in shown.stdout
    [told] = office.json("sealed", "show", letter.recipient_id)
    assert told["id"] == letter.message_id, "a copy's id names its message too"
    assert [entry["act"] for entry in told["trail"]] == ["created", "notified"]  # type: ignore[attr-defined]
    for secret in ("12345678", letter.link, "argon2"):
        assert secret not in shown.stdout
        assert secret not in json.dumps(told)


def test_revoke_ends_it_at_once_and_says_when_it_had_ended(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO)
    browser, _ = counter.open(letter)
    done = office("sealed", "revoke", letter.message_id)
    assert (done.exit_code, "is revoked" in done.stdout) == (0, True)
    assert counter.visit(browser, letter) is None
    assert not counter.directory.path(letter.message_id).exists()
    again = office("sealed", "revoke", letter.message_id)
    assert (again.exit_code, "had ended already" in again.stderr) == (1, True)
    [line] = office.json("sealed", "list")
    assert line["live"] is False


def test_revoke_takes_all_that_was_sealed_of_one_mail(office: Office, counter: Counter) -> None:
    first, later, other = (
        counter.seal(one, mail=mail) for one, mail in ((BO, "a.1"), (EVA, "a.1"), (BO, "a.2"))
    )
    done = office("sealed", "revoke", first.message_id)
    assert done.stdout.splitlines()[-1] == "these 2 were sealed of one mail"
    assert later.message_id in done.stdout
    live = {message["id"] for message in office.json("sealed", "list", "--live")}
    assert live == {other.message_id}
    [told] = office.json("sealed", "revoke", other.message_id)
    assert told == {"id": other.message_id, "revoked": True, "messages": [other.message_id]}


def test_extend_gives_days_from_today(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO, days=1)
    done = office("sealed", "extend", letter.message_id, "--days", "10")
    assert done.exit_code == 0
    until = re.search(r"can be read until (\S+) 23:59", done.stdout)
    assert until is not None
    assert f"(until {until[1]} 23:59)" in office("sealed", "show", letter.message_id).stdout
    counter.now += 9 * 86400
    counter.open(letter)
    office("sealed", "revoke", letter.message_id)
    late = office("sealed", "extend", letter.message_id, "--days", "10")
    assert (late.exit_code, "has ended" in late.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("show", "zzzzzz"), 2, "is no id"),
        (("show", "abc"), 2, "is no id"),
        (("show", "0" * 32), 1, "no sealed message"),
        (("extend", "0" * 32, "--days", "0"), 2, ""),
        (("revoke", "../../x"), 2, "is no id"),
    ],
)
def test_what_is_not_there_is_told(office: Office, words: tuple[str, ...], code: int, told: str) -> None:
    result = office("sealed", *words)
    assert (result.exit_code, told in result.stderr) == (code, True)


def test_a_place_that_was_moved_is_adopted(tmp_path: Path, office: Office) -> None:
    from segl.sealed.belonging import NotOurs, storage_of

    engine = office.counter.engine
    storage_of(load_settings(office.file).portal, engine).prepare()
    shutil.copytree(tmp_path / "sealed", tmp_path / "moved", ignore=lambda *_: [".segl-store"])
    office.file.write_text(office.file.read_text().replace("/sealed", "/moved"))
    moved = storage_of(load_settings(office.file).portal, engine)
    with pytest.raises(NotOurs):
        moved.prepare()
    result = office("sealed", "adopt")
    assert (result.exit_code, f"{tmp_path}/moved bears our store's id now" in result.stdout) == (0, True)
    moved.prepare()
    assert office.json("sealed", "adopt") == [{"place": f"{tmp_path}/moved", "before": ""}]
    (tmp_path / "moved").rename(tmp_path / "gone")
    (tmp_path / "moved").write_text("in the way")
    result = office("sealed", "adopt")
    assert (result.exit_code, "cannot be used" in result.stderr) == (1, True)


def test_without_a_store_none_is_made(tmp_path: Path, office: Office) -> None:
    office.file.write_text(office.file.read_text().replace("segl.db", "none.db"))
    result = office("sealed", "list")
    assert (result.exit_code, "there is no store yet" in result.stderr) == (2, True)
    assert not (tmp_path / "none.db").exists()


def link_in(mail: ReceivedMail) -> tuple[str, str]:
    plain = mail.content.replace(b"=\r\n", b"").decode()
    found = re.search(r"/m/([0-9a-f]{32})#([\w-]{43})", plain)
    assert found is not None
    return found[1], found[2]


def test_resend_without_a_key_reminds(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO)
    done = office("sealed", "resend", letter.message_id)
    assert done.exit_code == 0
    assert "a reminder is on its way, without a link" in done.stdout
    [mail] = counter.return_port.received
    assert mail.recipients == (BO,)
    assert b"/m/" not in mail.content
    [entry] = [e for e in office.json("audit", "export") if e["act"] == Act.RESENT]
    assert entry["facts"] == {"reminder": True}


@pytest.fixture
def generous(tmp_path: Path, counter: Counter) -> Office:
    """A house that keeps a key for new links."""
    key = tmp_path / "resend.key"
    key.touch(0o600)
    key.write_bytes(b"k" * 32)
    return Office(tmp_path, counter, f'resend_key = "{key}"\n')


def test_resend_with_a_key_makes_a_new_link_beside_the_old(generous: Office, counter: Counter) -> None:
    sealed = generous.seal(BO, EVA)
    for one in sealed.addressees:
        with transaction(counter.engine) as connection:
            connection.execute(
                sealed_recipient.update().where(sealed_recipient.c.id == one.row.id).values(notified_at=1.0)
            )
    with transaction(counter.engine) as connection:
        mine = sealed_recipient.c.recipient == BO
        connection.execute(sealed_recipient.update().where(mine).values(phone="+4512345678"))
    done = generous("sealed", "resend", sealed.message.id, "--to", BO.upper())
    assert (done.exit_code, done.stderr) == (0, "")
    assert "a new link is on its way" in done.stdout
    [mail] = counter.return_port.received
    assert (mail.sender, mail.recipients) == (SENDER, (BO,))
    assert b"sms til dit nummer" in mail.content, "codes go where they went"
    recipient_id, link = link_in(mail)
    assert generous.opens(recipient_id, link)
    old = sealed.addressees[0]
    assert generous.opens(old.row.id, old.link.text())
    assert generous("sealed", "revoke", sealed.message.id).exit_code == 0
    assert not generous.opens(recipient_id, link)
    late = generous("sealed", "resend", sealed.message.id)
    told = f"segl: {sealed.message.id} has ended: its keys are gone\nhint: ask the sender to send it again\n"
    assert (late.exit_code, late.stderr) == (1, told)


def test_resend_to_a_stranger_is_told_as_such(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO)
    done = office("sealed", "resend", letter.message_id, "--to", EVA)
    told = (
        f"segl: {letter.message_id} was not sealed for {EVA}\nhint: segl sealed show names its recipients\n"
    )
    assert (done.exit_code, done.stderr) == (1, told)
    assert not counter.return_port.received


def test_a_new_link_whose_notice_is_refused_is_taken_back(generous: Office, counter: Counter) -> None:
    sealed = generous.seal(BO)
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().values(notified_at=1.0))
    counter.return_port.rcpt_replies[BO] = "550 5.1.1 no such user"
    done = generous("sealed", "resend", sealed.message.id)
    assert (done.exit_code, "no such user" in done.stderr) == (1, True)
    [line] = generous.json("sealed", "list")
    assert len(line["recipients"]) == 1  # type: ignore[arg-type]


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something *happens* while a notice is on its way."""

    def send_slowly(port: MailPort, sender: str, recipient: str, message: bytes) -> str:
        happens()
        return send_to_one(port, sender, recipient, message)

    monkeypatch.setattr(resending, "send_to_one", send_slowly)


def test_a_new_link_outlives_the_round_that_deletes_while_its_notice_goes(
    generous: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = generous.seal(BO)
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().values(notified_at=1.0))
    meanwhile(
        monkeypatch,
        lambda: life.shred_expired(counter.engine, counter.directory, sealed.message.created_at + 2 * 86400),
    )
    assert generous("sealed", "resend", sealed.message.id).exit_code == 0
    assert generous.opens(*link_in(counter.return_port.received[0]))


def test_a_new_link_to_what_is_revoked_while_its_notice_goes_is_not_called_sent(
    generous: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = generous.seal(BO)
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().values(notified_at=1.0))
    meanwhile(
        monkeypatch,
        lambda: life.revoke(counter.engine, counter.directory, sealed.message.id, counter.now, actor="x"),
    )
    done = generous("sealed", "resend", sealed.message.id)
    assert (done.exit_code, "was revoked or has expired" in done.stderr) == (1, True)
    assert "is on its way" not in done.stdout
    assert Act.RESENT not in [entry["act"] for entry in generous.json("audit", "export")]


def test_a_message_sealed_under_another_key_is_told(
    generous: Office, counter: Counter, tmp_path: Path
) -> None:
    sealed = generous.seal(BO)
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().values(notified_at=1.0))
    (tmp_path / "resend.key").write_bytes(b"o" * 32)
    done = generous("sealed", "resend", sealed.message.id)
    assert (done.exit_code, "is not the key of this message" in done.stderr) == (2, True)
    assert counter.return_port.received == []


def test_audit_verify(office: Office, counter: Counter) -> None:
    counter.seal(BO)
    whole = office("audit", "verify")
    assert whole.exit_code == 0
    head = re.search(r"whole: 2 entries, head (2:[0-9a-f]{64})", whole.stdout)
    assert head is not None
    counter.seal(EVA)
    assert office("audit", "verify", "--head", head[1]).exit_code == 0
    [told] = office.json("audit", "verify")
    assert (told["whole"], told["entries"]) == (True, 4)
    with transaction(counter.engine) as connection:
        connection.execute(audit_entry.update().where(audit_entry.c.number == 2).values(actor="nobody"))
    broken = office("audit", "verify")
    assert (broken.exit_code, "broken at entry 2" in broken.stderr) == (1, True)
    [told] = office.json("audit", "verify", "--head", head[1])
    assert (told["whole"], told["broken"]) == (False, 2)
    assert office("audit", "verify", "--head", "2:abc").exit_code == 2


def test_audit_export(office: Office, counter: Counter) -> None:
    letter = counter.seal(BO)
    counter.open(letter)
    entries = office.json("audit", "export")
    assert [entry["act"] for entry in entries] == ["created", "notified", "code-sent", "opened"]
    assert [entry["number"] for entry in entries] == [1, 2, 3, 4]
    about = office.json("audit", "export", "--about", letter.message_id)
    assert [entry["act"] for entry in about] == ["created"]
    assert office.json("audit", "export", "--since", "2999-01-01") == []
    nothing = office("audit", "export", "--about", letter.message_id[:8])
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no entry of the trail is about" in nothing.stderr
    masked = office("audit", "export", "--masked").stdout
    assert BO not in masked
    assert "b…@vestby.example" in masked
    assert Secret.from_text(letter.link).reveal().hex() not in masked
