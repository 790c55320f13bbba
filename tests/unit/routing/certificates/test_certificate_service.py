"""What certificates were judged by may change, by a reload or while nobody runs: then they are judged anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from segl.certificates.records import CertificateRecords
from segl.errors import StoreError
from segl.events import Events
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from segl.vocabulary import Known
from segl_routing.certificates.service import CertificateService
from world.authority import Authority, Publisher
from world.stores import store_in

ROOT, OTHER = Authority("Rod-CA"), Authority("Anden rod")
BO = "bo@kunde.example"


class House:
    """The files that a search goes by, and the store that outlives a process."""

    def __init__(self, folder: Path) -> None:
        self.records = CertificateRecords(open_store(store_in(folder)))
        self.trust, self.folder = folder / "trust.pem", folder / "certificates.d"
        self.folder.mkdir()
        self.certificate = self.folder / "bo.pem"
        self.certificate.write_bytes(ROOT.issue(BO).pem)
        self.trust.write_bytes(ROOT.pem + OTHER.pem)

    def settings(self, unknown: str = "use") -> Settings:
        certificates = {
            "sources": ["folder"],
            "folder": str(self.folder),
            "trust": [str(self.trust)],
            "revocation_unknown": unknown,
        }
        organisation = {"name": "Nordby", "domains": ["nordby.example"]}
        return parse_settings({"organisation": organisation, "certificates": certificates})

    def desk(self) -> CertificateService:
        return CertificateService(self.settings(), self.records, Events("test"), Path("segl.toml"))


async def found(desk: CertificateService, address: str = BO) -> Known:
    assert desk.knowledge is not None
    return (await desk.knowledge.find(address, 5)).known


@pytest.mark.parametrize("by", ["reload", "restart"])
@pytest.mark.parametrize("change", ["authority", "file"])
def test_an_authority_or_a_file_that_was_taken_out_is_believed_no_more(
    tmp_path: Path, by: str, change: str
) -> None:
    house = House(tmp_path)

    async def story() -> None:
        desk = house.desk()
        assert await found(desk) is Known.YES
        assert house.records.found(BO)
        if by == "restart":
            await desk.stop()
        if change == "authority":
            house.trust.write_bytes(OTHER.pem)
        else:
            house.certificate.unlink()
        if by == "reload":
            desk.change(desk.prepared(house.settings()))
        else:
            desk = house.desk()
        assert await found(desk) is Known.NO
        assert not house.records.found(BO), "segl-deliver asks the store alone"
        await desk.stop()

    asyncio.run(story())


@pytest.mark.parametrize("by", ["reload", "restart"])
def test_while_the_store_cannot_forget_what_was_judged_before_nothing_of_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The settings are in force at once; that the store is held meanwhile does not put them off."""
    house = House(tmp_path)

    def held(_: CertificateRecords) -> None:
        raise StoreError("locked", "database is locked")

    async def story() -> None:
        desk = house.desk()
        assert await found(desk) is Known.YES
        if by == "restart":
            await desk.stop()
        house.trust.write_bytes(OTHER.pem)
        with monkeypatch.context() as patched:
            patched.setattr(CertificateRecords, "forget_searches", held)
            if by == "reload":
                desk.change(desk.prepared(house.settings()))
            else:
                desk = house.desk()
            assert await found(desk) is Known.UNKNOWN
        assert await found(desk, "eva@kunde.example") is Known.NO
        assert not house.records.found(BO), "segl-deliver asks the store alone"
        await desk.stop()

    asyncio.run(story())


def test_what_was_revoked_stays_so_over_a_reload(tmp_path: Path, web: Publisher) -> None:
    """The authority is silent since, and what nobody says of is used here."""
    house = House(tmp_path)
    bo = ROOT.issue(BO, responders=[web.url("/said")])
    house.certificate.write_bytes(bo.pem)
    web.answer("/said", lambda question: ROOT.ocsp(question, revoked=[bo]))

    async def story() -> None:
        desk = house.desk()
        assert await found(desk) is Known.NO
        web.pages.clear()
        house.trust.write_bytes(ROOT.pem)
        desk.change(desk.prepared(house.settings()))
        assert await found(desk) is Known.NO
        await desk.stop()

    asyncio.run(story())


def test_where_nothing_changed_what_was_found_counts_on(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def story() -> None:
        desk = house.desk()
        assert await found(desk) is Known.YES
        desk.change(desk.prepared(house.settings()))
        await desk.stop()
        before = house.records.lookup(BO)
        desk = house.desk()
        assert house.records.lookup(BO) == before
        assert house.records.found(BO)
        await desk.stop()

    asyncio.run(story())


def test_the_mark_of_who_judged_is_no_mailbox_and_stays(tmp_path: Path) -> None:
    records = House(tmp_path).records
    assert records.judge_by("one")
    assert not records.judge_by("one")
    records.prune(1e11)
    records.forget_searches()
    assert not records.judge_by("one")
    assert records.judge_by("two")


def test_what_was_revoked_is_known_after_a_restart(web: Publisher, tmp_path: Path) -> None:
    """Whoever stands in between holds the list back, and hopes that segl-map is started anew."""
    house = House(tmp_path)
    bo = ROOT.issue(BO, lists=[web.url("/crl")])
    house.certificate.write_bytes(bo.pem)
    web.serve("/crl", ROOT.crl([bo]))

    async def story() -> None:
        for _ in range(2):
            desk = house.desk()
            assert await found(desk) is Known.NO
            await desk.stop()
            web.serve("/crl", b"")
            house.records.forget(BO)

    asyncio.run(story())
