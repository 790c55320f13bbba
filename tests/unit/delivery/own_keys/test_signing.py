"""Who signs what we encrypt, and how it looks at the other end."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from segl import metrics
from segl.cli.doctor_keys import key_checks, key_line
from segl.errors import SettingsError
from segl.events import Events
from segl.postfix.check import State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.signed import Signed, Signer
from segl_delivery.keyring import KeyRing, KeyState, KeyStatus, KeysUnreadable
from segl_delivery.own_keys.directory import KeyDirectory
from segl_delivery.own_keys.making import Holder, self_signed
from segl_delivery.own_keys.signing import Signing, sender_domain
from segl_delivery.own_keys.watch import KeyWatch
from segl_delivery.smime.message import enveloped, signed_entity, split_for_envelope
from segl_delivery.smime.unwrapping import unwrap
from world.desk import DOMAIN, SENDER, Desk
from world.oracle import openssl
from world.partners import certificate, ec_key, rsa_key, usage

HOUR = 3600.0
MESSAGE = (
    f"From: Anna <{SENDER}>\r\nTo: bo@kommune.example\r\nSubject: 010190-1234\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nKære Bo\r\n--\r\nAnna\r\n"
).encode()


def keep(
    directory: Path, name: str, *, days: int = 90, domain: str = DOMAIN, made: Any = None, **state: Any
) -> None:
    """A key of ours in *directory*, as ``segl key`` writes it."""
    key = ec_key(number=len(name))
    own = made(key) if made else self_signed(key, Holder("Nordby", (f"post@{domain}",)), days)
    keys = KeyDirectory(directory)
    with keys.alone():
        keys.add(name, key, (own,), KeyState(domains=(domain,), **state))


def house(keys: Path, **delivery: Any) -> Settings:
    words = {"organisation": {"name": "Nordby", "domains": [DOMAIN, "syd.example"]}}
    return parse_settings({**words, "delivery": {"keys": str(keys), **delivery}})


def signer(keys: Path, domain: str = DOMAIN, *, days_on: float = 0, **delivery: Any) -> str:
    """The name of the key that signs for *domain*; ``""`` when nobody does."""
    settings, ring = house(keys, **delivery), KeyRing(keys)
    held = ring.keys()
    signing = Signing(ring, settings, lambda: time.time() + days_on * 24 * HOUR)
    found = signing.signer_for(domain)
    return next((own.name for own in held if found and own.certificate == found.certificate), "")


def test_the_newest_active_key_of_the_domain_signs(tmp_path: Path) -> None:
    assert signer(tmp_path) == ""
    old = datetime.now(UTC) - timedelta(days=30)
    keep(tmp_path, "old", made=lambda key: self_signed(key, Holder("N", (f"a@{DOMAIN}",)), 400, old))
    assert signer(tmp_path) == "old"
    keep(tmp_path, "new", days=90)
    keep(tmp_path, "other", domain="syd.example")
    assert (signer(tmp_path), signer(tmp_path, "syd.example")) == ("new", "other")
    assert signer(tmp_path, days_on=100) == "old", "the newer one has ended by then"
    assert signer(tmp_path, sign_keys={DOMAIN: "old"}) == "old"
    with KeyDirectory(tmp_path).alone():
        KeyDirectory(tmp_path).set_state("new", KeyStatus.RETIRED)
    assert signer(tmp_path) == "old"
    assert signer(tmp_path, sign_keys={DOMAIN: "new"}) == "", "named, and retired"


def test_nobody_signs_for_strangers(tmp_path: Path) -> None:
    keep(tmp_path, "a")
    keep(tmp_path, "b", domain="fremmed.example")
    assert signer(tmp_path, "fremmed.example") == ""
    assert signer(tmp_path, "") == ""
    with pytest.raises(SettingsError, match="not one of the own domains"):
        house(tmp_path, sign_keys={"fremmed.example": "b"})


def test_a_key_that_may_not_sign_does_not(tmp_path: Path) -> None:
    keep(tmp_path, "a", made=lambda key: certificate("a", key, key_usage=usage(agree=True)))
    assert signer(tmp_path) == ""


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (f"From: Anna <{SENDER}>", DOMAIN),
        (f'From: "x@fremmed.example" <anna@{DOMAIN.upper()}>', DOMAIN),
        ("From: x@fremmed.example", "fremmed.example"),
        (f"From: {SENDER}, x@fremmed.example", ""),
        (f"From: {SENDER}\r\nFrom: x@fremmed.example", ""),
        ("To: a@b.example", ""),
        ("From: " + "(" * 10_000, ""),
        ("From: nobody", ""),
    ],
)
def test_the_sender_is_the_one_address_in_from(header: str, domain: str) -> None:
    assert sender_domain(f"{header}\r\n\r\nx".encode()) == domain


def test_a_partner_verifies_with_openssl_what_a_running_agent_signed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    keys = tmp_path / "keys"
    keep(keys, "ours")
    kommune = desk.partner("kommune.example")
    try:
        desk.start()
        desk.tunnel(SENDER, ["bo@kommune.example"], MESSAGE)
        desk.tunnel(SENDER, ["bo@kommune.example"], MESSAGE.replace(SENDER.encode(), b"x@fremmed.example"))
        signed, foreign = (kommune.decrypt(mail.content) for mail in desk.return_port.wait_for(2))
    finally:
        desk.stop()
    ours = tmp_path / "ours.pem"
    ours.write_bytes((keys / "ours.crt.pem").read_bytes())
    inside = openssl("cms", "-verify", "-inform", "SMIME", "-CAfile", ours, "-partial_chain", given=signed)
    assert b"Subject: 010190-1234\r\n" in inside
    assert inside.endswith("Kære Bo\r\n--\r\nAnna\r\n".encode())
    assert b"multipart/signed" not in foreign


@effort(max_examples=50, deadline=None)
@given(body=st.binary(max_size=300))
def test_every_entity_comes_back_to_the_byte_and_every_change_shows(body: bytes) -> None:
    made = certificate("ours", ec_key(), key_id=True)
    partner = DecryptionKey(rsa_key(), certificate("partner", rsa_key(), key_id=True))
    outside, entity = split_for_envelope(
        MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body, "Sikker besked"
    )
    wrapped = signed_entity(entity, Signer(ec_key(), made))
    assert wrapped.size == len(bytes(wrapped))
    message = b"".join(enveloped(outside, wrapped, EnvelopedData(wrapped.size, [partner.certificate])).pieces)
    found = unwrap(message, DecryptionKeys([partner]))
    assert (found.entity, found.authenticated) == (bytes(entity), True)
    altered = bytes(wrapped).replace(b"010190", b"010191")
    plain = unwrap(altered, DecryptionKeys([]))
    assert isinstance(plain.layers[0], Signed)
    assert not plain.layers[0].signatures[0].holds


class Journal(Events):
    def __init__(self) -> None:
        super().__init__("test")
        self.told: list[tuple[str, int]] = []

    def own_key_ends(self, name: str, *, days: int) -> None:
        self.told.append((name, days))


def test_a_key_that_ends_is_told_once_a_day_and_measured_each_time(tmp_path: Path) -> None:
    journal, now = Journal(), time.time()
    watch = KeyWatch(KeyRing(tmp_path), journal, lambda: now)
    watch.look()
    assert math.isnan(metrics.OWN_KEY_DAYS._value.get())
    keep(tmp_path, "long", days=400)
    keep(tmp_path, "soon", days=20)
    keep(tmp_path, "gone", days=1, state="retired")
    for _ in range(25):
        watch.look()
        now += HOUR
    assert [name for name, _ in journal.told] == ["soon", "soon"]
    assert 18 < metrics.OWN_KEY_DAYS._value.get() < 20


def test_a_key_that_cannot_be_used_leaves_no_days(tmp_path: Path) -> None:
    """Mail to it waits now, and goes back when the queue has kept it for five days."""
    journal, now, passphrase = Journal(), time.time(), tmp_path / "passphrase"
    keys = tmp_path / "keys"
    keep(keys, "own", days=400)
    watch = KeyWatch(KeyRing(keys, passphrase), journal, lambda: now)
    with pytest.raises(KeysUnreadable):
        watch.look()
    assert metrics.OWN_KEY_DAYS._value.get() == 0
    passphrase.touch(0o600)
    passphrase.write_text("x")
    for mode, days in ((0o600, 399), (0o644, 0), (0o600, 399)):
        (keys / "own.key.pem").chmod(mode)
        watch.look()
        assert math.floor(metrics.OWN_KEY_DAYS._value.get()) == days


def test_a_clock_that_was_ahead_for_a_while_silences_nobody(tmp_path: Path) -> None:
    journal, clock = Journal(), iter((time.time() + 400 * 24 * HOUR, time.time()))
    keep(tmp_path, "soon", days=20)
    watch = KeyWatch(KeyRing(tmp_path), journal, lambda: next(clock))
    watch.look()
    watch.look()
    assert len(journal.told) == 2


def test_doctor_and_status_name_what_ends_and_what_cannot_sign(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert key_line(house(keys)) == (True, "none of our own")
    keep(keys, "soon", days=20)
    settings = house(keys, sign_keys={DOMAIN: "soon", "syd.example": "nobody"})
    found = [(check.id, check.state) for check in key_checks(settings)]
    assert found == [
        ("keys.folder", State.OK),
        ("keys.use", State.WARN),
        ("keys.sign", State.OK),
        ("keys.sign", State.WARN),
    ]
    good, text = key_line(settings)
    assert (good, "ends in" in text) == (False, True)
    (keys / "soon.json").write_text(json.dumps({"state": "retired"}))
    assert key_line(settings) == (True, "0 active of 1")


def test_the_doctor_names_our_own_certificate_in_a_partners_place(tmp_path: Path) -> None:
    keys, partners = tmp_path / "keys", tmp_path / "tunnel.d"
    keep(keys, "own")
    partners.mkdir()
    (partners / "partner.example.pem").write_bytes((keys / "own.crt.pem").read_bytes())
    (partners / "another.example.pem").write_bytes(b"none")
    [told] = [
        check for check in key_checks(house(keys, certificates=str(partners))) if check.id == "keys.partner"
    ]
    assert (told.state, "partner.example.pem holds a certificate of our own key own" in told.found) == (
        State.WARN,
        True,
    )


def test_mail_of_a_domain_whose_key_is_locked_waits(tmp_path: Path) -> None:
    keep(tmp_path, "own")
    assert signer(tmp_path) == "own"
    (tmp_path / "own.key.pem").chmod(0o644)
    with pytest.raises(KeysUnreadable):
        signer(tmp_path)
    assert signer(tmp_path, "syd.example") == ""
    keep(tmp_path, "newer")
    assert signer(tmp_path) == "newer"
