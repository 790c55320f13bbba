"""Which certificate a domain gets when directory and lists speak of it, from the map and from the agent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from segl.certificates.judgement import fingerprint
from segl.errors import NoCertificate
from segl.events import Events, configure_log
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_delivery.smime.certificates import CertificateDirectory
from segl_delivery.smime.signed_list import open_signed
from segl_routing.tunnel_list.content import Entry, TunnelList
from segl_routing.tunnel_list.sources import source_of
from segl_routing.tunnel_list.update import update
from segl_routing.tunnels import Tunnels
from world.descriptors import descriptors
from world.lists import NOW, Publisher, entry, listed, partner
from world.partners import pem

PUBLISHER = Publisher()
OWN, FIRST, SECOND = (partner("x.example", begins) for begins in (-5, -4, -3))
OLD = partner("x.example", -9, -1)


class House:
    """A directory and two lists, and both processes that ask."""

    def __init__(self, directory: Path, **tables: Any) -> None:
        configure_log(level="error")
        self.directory = directory
        (directory / "tunnel.d").mkdir()
        self.settings: Settings = parse_settings(
            {
                "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
                "delivery": {
                    "certificates": str(directory / "tunnel.d"),
                    "tunnel_lists": str(directory / "lists"),
                },
                "tunnel_list": [
                    {"name": name, "source": str(directory / name), "signers": [PUBLISHER.pin]}
                    for name in ("first", "second")
                ],
                **tables,
            }
        )
        events = Events("test")
        self.told: list[str] = []
        self.map = Tunnels(
            self.settings, events.certificate_refused, lambda *t: self.told.append(" ".join(t))
        )
        self.agent = CertificateDirectory(self.settings, events)

    def put(self, number: int, *entries: Entry | str, serial: int = 1, **times: timedelta) -> None:
        terms = self.settings.tunnel_list[number]
        made: TunnelList = listed(*entries, serial=serial, **times)
        Path(terms.source).write_bytes(PUBLISHER.signed(made))
        source = source_of(terms, open_signed, lambda *_: None)
        update(terms, self.settings.delivery.tunnel_lists, source, NOW.timestamp(), accept_shrink=True)

    def used(self, domain: str = "x.example", days: float = 0) -> str:
        """The fingerprint of the certificate in use, ``""`` for none; map and agent must agree."""
        now = NOW + timedelta(days=days)
        state = self.map.state(domain, now.timestamp())
        try:
            found = self.agent.find(domain, now)[0].fingerprint
        except NoCertificate:
            found = ""
        assert state.usable is bool(found)
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_directory_then_lists_in_their_order(house: House) -> None:
    assert house.used() == ""
    house.put(1, entry("x.example", SECOND))
    assert house.used() == fingerprint(SECOND)
    house.put(0, entry("x.example", FIRST))
    assert house.used() == fingerprint(FIRST)
    (house.directory / "tunnel.d" / "x.example.pem").write_bytes(pem(OWN))
    assert house.used() == fingerprint(OWN)
    places = [found.place.split(",")[0] for found in house.map.places("x.example", NOW.timestamp())]
    assert places == [f"{house.directory}/tunnel.d/x.example.pem", "list first", "list second"]


def test_a_file_of_no_use_is_still_the_postmasters_word(house: House) -> None:
    house.put(0, entry("x.example", FIRST))
    file = house.directory / "tunnel.d" / "x.example.pem"
    file.write_bytes(pem(OLD))
    assert house.used() == ""
    file.unlink()
    file.symlink_to(file.name)  # nor can be looked at
    assert house.used() == ""
    assert "cannot be read" in house.map.state("x.example", NOW.timestamp()).reason


def test_a_list_of_no_use_lets_the_next_one_speak(house: House) -> None:
    house.put(0, entry("x.example", OLD))
    assert "expired on" in house.map.state("x.example", NOW.timestamp()).reason
    house.put(1, entry("x.example", OLD))
    assert "(list first," in house.map.state("x.example", NOW.timestamp()).reason
    house.put(1, entry("x.example", SECOND), serial=2)
    assert house.used() == fingerprint(SECOND)


def test_the_reason_names_list_and_serial(house: House) -> None:
    house.put(0, entry("x.example", FIRST), serial=42)
    state = house.map.state("x.example", NOW.timestamp())
    until = FIRST.not_valid_after_utc.date()
    assert state.reason == f"a certificate is known, valid until {until} (list first, serial 42)"


def test_an_ended_list_lets_the_next_one_speak(house: House) -> None:
    house.put(0, entry("x.example", FIRST), expires=timedelta(days=2))
    house.put(1, entry("x.example", SECOND))
    assert house.used(days=8.9) == fingerprint(FIRST)
    assert house.used(days=9.1) == fingerprint(SECOND)


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("region.example", FIRST),
        ("sygehus.region.example", FIRST),
        ("a.b.region.example", FIRST),
        ("own.region.example", SECOND),
        ("below.own.region.example", FIRST),  # "own" speaks for itself alone
        ("xregion.example", None),
        ("narrow.example", FIRST),
        ("below.narrow.example", None),
        ("example", None),
    ],
)
def test_subdomains(house: House, domain: str, found: Any) -> None:
    house.put(
        0,
        entry("region.example", FIRST, subdomains=True),
        entry("own.region.example", SECOND),
        entry("narrow.example", FIRST),
    )
    assert house.used(domain) == (fingerprint(found) if found else "")


def test_the_postmasters_pin_lends_a_parents_entry(tmp_path: Path) -> None:
    house = House(tmp_path, domain=[{"name": "narrow.example", "way": "tunnel", "subdomains": True}])
    house.put(0, entry("narrow.example", FIRST), entry("own.narrow.example", OLD))
    assert house.used("below.narrow.example") == fingerprint(FIRST)
    assert house.used("own.narrow.example") == "", "what the list says of itself, it says"


def test_another_pin_lends_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, domain=[{"name": "narrow.example", "way": "portal", "subdomains": True}])
    house.put(0, entry("narrow.example", FIRST))
    assert house.used("below.narrow.example") == ""


@pytest.mark.parametrize("domain", ["", "..", "../first", "a/b.example", "x" * 300, "a\0b"])
def test_what_is_no_domain(house: House, domain: str) -> None:
    house.put(0, entry("x.example", FIRST))
    assert house.used(domain) == ""


def test_a_new_list_is_seen_at_once_and_a_lost_one_too(house: House) -> None:
    house.put(0, "x.example", serial=1)
    assert house.used("y.example") == ""
    house.put(0, "x.example", "y.example", serial=2)
    assert house.used("y.example")
    for file in (house.directory / "lists" / "first").iterdir():
        file.unlink()
    assert house.used("y.example") == ""
    assert not house.told


def test_a_list_that_could_not_be_read_is_read_when_it_can_be(house: House) -> None:
    house.put(0, entry("x.example", FIRST))
    with descriptors(0):
        for _ in range(3):
            assert house.map.state("x.example", NOW.timestamp()).usable is False
    [told] = house.told
    assert told.endswith("Too many open files")
    assert house.used() == fingerprint(FIRST)


def test_a_certificate_begins_and_ends_while_we_run(house: House) -> None:
    soon, now = partner("x.example", 5, 50), partner("x.example", -5, 20)
    house.put(0, entry("x.example", now, soon), expires=timedelta(days=100))
    assert [house.used(days=day) for day in (0, 4, 6, 30, 49, 51, 0)] == [
        fingerprint(now),
        fingerprint(now),
        *[fingerprint(soon)] * 3,
        "",
        fingerprint(now),
    ]
