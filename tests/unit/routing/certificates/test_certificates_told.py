"""``segl route`` tells of a recipient's certificate what ``segl-map`` decides by, and searches where that would."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from certificate_desk import ADDRESS, BO
from segl.certificates.names import mail_key
from segl.certificates.records import CertificateRecords, CertificateRow, Lookup
from segl.errors import StoreError
from segl.events import Events
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from segl.vocabulary import Known
from segl_routing.certificates import told
from segl_routing.certificates.finder import SearchResult
from segl_routing.certificates.told import ToldCertificates
from segl_routing.states import NO_CERTIFICATE, CertificateState
from world.stores import store_in

DOWN = "directory x: no answer"
ROW = CertificateRow(ADDRESS, BO.fingerprint, BO.der, "kept", found_at=0.0, checked_at=0.0, good_until=2e9)


class Finder:
    """Finds what it is told to."""

    def __init__(self) -> None:
        self.result = SearchResult(ADDRESS, Known.YES, "found now", (ROW,))
        self.asked: list[str] = []
        self.closed = False

    async def find(self, address: str) -> SearchResult:
        self.asked.append(address)
        return self.result

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    found = Finder()
    monkeypatch.setattr(told, "certificate_finder", lambda *_: found)
    return found


def settings(url: str, *sources: str) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "N", "domains": ["nordby.example"]},
            "certificates": {"sources": list(sources), "trust": ["/ca.pem"], "patience_seconds": 300},
            "store": {"url": url},
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> str:
    return store_in(tmp_path)


@pytest.fixture
def records(store: str) -> CertificateRecords:
    kept = CertificateRecords(open_store(store))
    kept.judge_by("0f" * 32)
    return kept


def ask(
    store: str, address: str = ADDRESS, *, refresh: bool = False, on: bool = True
) -> tuple[CertificateState, str]:
    async def asked() -> tuple[CertificateState, str]:
        certificates = ToldCertificates(
            settings(store, *(["kept"] if on else [])), Path("segl.toml"), Events("t"), refresh=refresh
        )
        try:
            return await certificates.state(address)
        finally:
            await certificates.close()

    return asyncio.run(asked())


YES, NO, UNKNOWN = Known.YES, Known.NO, Known.UNKNOWN


# Seconds from now: when it was looked up, when that runs out, since when nobody could be asked.
@pytest.mark.parametrize(
    ("known", "checked", "expires", "since", "told_as", "searched"),
    [
        (YES, -10, 60, None, YES, False),
        (NO, -10, 60, None, NO, False),
        (YES, 30, 60, None, YES, False),  # another node's clock is ahead
        (YES, -100, -10, None, NO, True),
        (YES, 3600, 7200, None, NO, True),
        (UNKNOWN, -10, 60, -299, UNKNOWN, False),
        (UNKNOWN, -10, 60, -301, NO, False),  # the next way is taken by now
        (UNKNOWN, -700, -10, -2000, NO, False),  # as it is while the next try is under way
        (UNKNOWN, -1000, -601, -2000, NO, True),  # nobody asked for so long: it is looked up anew
        (UNKNOWN, -40, -10, -100, NO, True),
    ],
)
def test_what_is_recorded_is_told_as_long_as_it_holds(
    records: CertificateRecords,
    finder: Finder,
    store: str,
    known: Known,
    checked: float,
    expires: float,
    since: float | None,
    told_as: Known,
    searched: bool,
) -> None:
    now = time.time()
    finder.result = SearchResult(ADDRESS, NO, "none now", ())
    records.record(
        Lookup(ADDRESS, known, DOWN, now + checked, now + expires, since and now + since),
        [ROW] if known is YES else [],
    )
    state, holder = ask(store, "Bo@X.example")
    assert state.known is told_as
    assert finder.asked == ([ADDRESS] if searched else [])
    assert finder.closed
    assert bool(holder) is (told_as is YES)
    assert ask(store, refresh=True) == (CertificateState(NO, "none now"), "")


# Seconds from now: when the last search was, since when nobody could be asked.
@pytest.mark.parametrize(
    ("checked", "since", "told"),
    [
        (None, None, CertificateState(UNKNOWN, DOWN)),
        (-900, None, CertificateState(UNKNOWN, DOWN)),  # the last time it could be asked
        (-900, -299, CertificateState(UNKNOWN, DOWN)),
        (-900, -301, CertificateState(NO, f"{DOWN}; could not be asked for 5 minutes")),
        (-1490, -3600, CertificateState(NO, f"{DOWN}; could not be asked for 60 minutes")),
        (-1501, -3600, CertificateState(UNKNOWN, DOWN)),  # whoever is asked for so seldom is waited for anew
    ],
)
def test_a_search_that_could_not_be_made_again_goes_on_where_the_last_one_ended(
    records: CertificateRecords,
    finder: Finder,
    store: str,
    checked: float | None,
    since: float | None,
    told: CertificateState,
) -> None:
    now = time.time()
    finder.result = SearchResult(ADDRESS, UNKNOWN, DOWN, ())
    if checked is not None:
        known = UNKNOWN if since else NO
        records.record(
            Lookup(ADDRESS, known, DOWN, now + checked, now + checked + 200, since and now + since), []
        )
    assert ask(store)[0] == told
    assert ask(store, refresh=True)[0].known is UNKNOWN


@pytest.mark.parametrize("address", ["b\u200bo@x.example", "@x.example", "bo@[192.0.2.1]"])
def test_for_what_is_no_mailbox_nobody_is_asked(
    records: CertificateRecords, finder: Finder, store: str, address: str
) -> None:
    """Under no address the store keeps what it is judged by."""
    assert mail_key(address) == ""
    assert ask(store, address) == (CertificateState(NO, "no certificate can be for such an address"), "")
    assert finder.asked == []


def test_without_a_store_a_search_tells_and_without_sources_nothing_does(
    tmp_path: Path, finder: Finder
) -> None:
    nowhere = f"sqlite:///{tmp_path}/none.db"
    assert ask(nowhere)[0] == CertificateState(YES, "found now")
    assert ask(nowhere)[1], "whose it is"
    assert ask(nowhere, on=False) == (NO_CERTIFICATE, "")
    assert finder.asked == [ADDRESS] * 2


def test_a_store_that_fails_is_a_dont_know(
    records: CertificateRecords, finder: Finder, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the store fails", "why")

    monkeypatch.setattr(CertificateRecords, "lookup", fail)
    assert ask(store)[0] == CertificateState(UNKNOWN, "the store fails")
    assert finder.asked == []
    monkeypatch.setattr(told, "recorded", fail)
    assert ask(store)[0].known is YES, "not even to be opened: as without one"
