"""The names by which reports are known as ours, and the facts that travel sealed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.receipts.facts import HASH_BYTES, MOST_HASHES, Facts
from segl.receipts.key import KEY_BYTES, KeyUnusable, ReceiptKey

KEY, OTHER = ReceiptKey(b"k" * KEY_BYTES), ReceiptKey(b"o" * KEY_BYTES)


def test_an_id_is_known_again_with_the_key_it_was_made_with_and_no_other() -> None:
    name = KEY.new_id()
    assert len(name) == 64
    assert KEY.is_genuine(name)
    assert not OTHER.is_genuine(name)
    assert KEY.new_id() != name


@given(st.integers(0, 63), st.text(st.characters(codec="utf-8"), max_size=70))
def test_nothing_else_is_taken_for_one(place: int, junk: str) -> None:
    name = KEY.new_id()
    changed = name[:place] + ("0" if name[place] != "0" else "1") + name[place + 1 :]
    assert not KEY.is_genuine(changed)
    assert not KEY.is_genuine(junk)
    assert not KEY.is_genuine(name.upper()) or name.upper() == name
    assert not KEY.is_genuine(f" {name}"[:64])


FACTS = Facts(1_795_575_511.25, ("cpr", "health"), ("bo@x.example", "åse@y.example"))


def test_facts_come_back_for_the_message_they_were_sealed_for_alone() -> None:
    name = KEY.new_id()
    value = KEY.seal(name, FACTS.to_bytes())
    assert Facts.from_bytes(KEY.unseal(name, value)) == FACTS
    assert Facts.from_bytes(KEY.unseal(name, " ".join(value.split()))) == FACTS  # however it was folded
    assert KEY.unseal(KEY.new_id(), value) is None
    assert OTHER.unseal(name, value) is None
    assert "bo@x.example" not in value


@pytest.mark.parametrize("value", ["", "AAAA", "not base64 §", "A" * 5000])
def test_a_field_that_was_not_sealed_by_us_has_no_facts(value: str) -> None:
    assert KEY.unseal(KEY.new_id(), value) is None


def test_a_message_to_a_thousand_stays_within_what_postfix_takes_as_a_header() -> None:
    """Of a field that a milter adds Postfix keeps some 60,000 bytes. Names of a kind become small; those that do not
    are left out by the milter (test_facts_that_would_be_cut)."""
    facts = Facts(
        1.0, ("cpr",), tuple(f"navn.navnesen{n}@afdeling{n % 40}.kommune.example" for n in range(1000))
    )
    value = KEY.seal(KEY.new_id(), facts.to_bytes())
    assert len(value) < 30_000
    assert max(map(len, value.split("\n"))) < 80


def test_marks_of_as_many_as_are_counted_stay_within_it_too() -> None:
    facts = Facts(1.0, ("cpr",), tuple(f"{n}@x.example" for n in range(MOST_HASHES))).without_names()
    value = KEY.seal(name := KEY.new_id(), facts.to_bytes())
    assert len(value) < 50_000
    assert Facts.from_bytes(KEY.unseal(name, value)) == facts
    assert (facts.unnamed, len(facts.hashes)) == (MOST_HASHES, MOST_HASHES * HASH_BYTES)


def test_facts_of_another_version_are_none() -> None:
    assert Facts.from_bytes(FACTS.to_bytes().replace(b'"v":1', b'"v":2')) is None
    assert Facts.from_bytes(b"[]") is None


def test_the_key_file_is_made_once_and_read_by_owner_and_group_alone(tmp_path: Path) -> None:
    file = tmp_path / "receipts.key"
    assert ReceiptKey.make(file, os.getgid())
    assert file.stat().st_mode & 0o777 == 0o640
    name = ReceiptKey.load(file).new_id()
    assert not ReceiptKey.make(file, os.getgid())
    assert ReceiptKey.load(file).is_genuine(name)


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_run_that_ends_in_the_middle_leaves_no_half_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    """The next would leave it as it is, and nobody would get a receipt."""

    file = str(tmp_path / "receipts.key")

    def fail(_: int) -> None:
        raise fault

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "fsync", fail)
        with pytest.raises(type(fault)) as told:
            ReceiptKey.make(tmp_path / "receipts.key", -1)
    assert getattr(told.value, "filename", file) == file
    assert not list(tmp_path.iterdir())
    assert ReceiptKey.make(tmp_path / "receipts.key", -1)
    assert [file.name for file in tmp_path.iterdir()] == ["receipts.key"]


def test_a_key_that_others_may_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "receipts.key"
    for content, mode, why in (
        (b"k" * KEY_BYTES, 0o644, "others may read it"),
        (b"short", 0o600, "no key of 32 bytes"),
        (b"k" * 33, 0o600, "no key of 32 bytes"),
    ):
        file.write_bytes(content)
        file.chmod(mode)
        with pytest.raises(KeyUnusable, match=why):
            ReceiptKey.load(file)
    with pytest.raises(KeyUnusable, match="No such file"):
        ReceiptKey.load(tmp_path / "none")


def test_what_goes_on_has_a_name_that_speaks_of_one_domain_alone() -> None:
    key, other = ReceiptKey(b"k" * 32), ReceiptKey(b"o" * 32)
    name = key.new_id()
    onward = key.onward_id(name, "x.example")
    assert onward != name
    assert key.named_onward(onward, "x.example") == name
    for told, domain in (
        (onward, "y.example"),
        (name, "x.example"),
        (onward.upper(), "x.example"),
        ("", ""),
    ):
        assert key.named_onward(told, domain) == ""
    assert not key.is_genuine(onward)
    assert other.named_onward(onward, "x.example") == ""
    assert key.onward_id(onward, "x.example") == ""
    assert key.onward_id(other.new_id(), "x.example") == ""
