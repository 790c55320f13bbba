"""What is known of domains outlives a restart, and is shared with other nodes by the store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from segl.events import Events
from segl.store.engine import open_store
from segl.tables.domains import domain_knowledge
from segl.vocabulary import Known, Proof
from segl_routing.proofs.archive import StoreArchive
from segl_routing.proofs.facts import Checked, DomainFacts
from world.lookups import DOMAIN, DOUBT, GONE, NO, YES, LookUps, hold, run, says, tls
from world.stores import break_store, store_in

pytestmark = pytest.mark.usefixtures("both_stores", "patience")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any store is slow."""
    monkeypatch.setattr("segl_routing.store_thread.READ_SECONDS", 30.0)


def store_of(directory: Path, **how: bool) -> StoreArchive:
    return StoreArchive(open_store(store_in(directory)), Events("test"), **how)


def kept(domain: str, known: Known, reason: str, checked_at: float) -> DomainFacts:
    held = hold(says(Proof.PKIX, known, reason), checked_at)
    return DomainFacts(domain, (held,), checked_at, checked_at + 3000)


EVERYTHING = Checked(
    (
        says(Proof.DANE, Known.NO, "fails", bars=True),
        says(Proof.MTA_STS, Known.YES),
        says(Proof.PKIX, Known.UNKNOWN, "mx.ærø.example is “busy”"),
        says(Proof.ENCRYPT, Known.YES),
    )
)


@pytest.mark.parametrize("world", [YES, NO, DOUBT, EVERYTHING])
def test_it_survives_a_restart(tmp_path: Path, world: Checked) -> None:
    async def first(desk: LookUps) -> DomainFacts:
        desk.world = world
        return await desk.find()

    archive = store_of(tmp_path)
    before = run(first, LookUps(archive=archive))
    archive.close()

    async def second(desk: LookUps) -> DomainFacts:
        desk.world = RuntimeError("must not be asked")
        return await desk.find()

    archive = store_of(tmp_path)
    assert run(second, LookUps(archive=archive)) == before
    archive.close()


def test_a_run_of_doubts_survives_a_restart(tmp_path: Path) -> None:
    async def doubt(desk: LookUps) -> DomainFacts:
        desk.world = DOUBT
        return await desk.find()

    since = []
    for minutes in (0, 5, 10):
        archive = store_of(tmp_path)
        since.append(run(doubt, LookUps(archive=archive, now=1_000_000.0 + minutes * 60)).doubt_since)
        archive.close()
    assert since == [1_000_000.0] * 3


def test_what_bounces_mail_is_not_kept(tmp_path: Path) -> None:
    async def story(desk: LookUps) -> None:
        desk.world = GONE
        await desk.find()

    archive = store_of(tmp_path)
    run(story, LookUps(archive=archive))
    archive.close()
    archive = store_of(tmp_path)
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_what_is_read_without_leave_to_write_is_not_changed(tmp_path: Path) -> None:
    async def story(desk: LookUps) -> None:
        await desk.find()
        desk.knowledge.change(desk.check, desk.routing, "others")

    archive = store_of(tmp_path, writable=False)
    run(story, LookUps(archive=archive))
    archive.close()
    archive = store_of(tmp_path)
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_a_store_that_fails_costs_a_check_and_no_answer(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive._thread._engine.dispose()
    break_store(tmp_path)

    async def story(desk: LookUps) -> None:
        assert tls(await desk.find()) is Known.YES
        desk.now += 4000
        assert tls(await desk.find()) is Known.YES

    run(story, LookUps(archive=archive))
    archive.close()


@pytest.mark.parametrize(
    "evidence",
    [
        "",
        "perhaps",
        "{}",
        "7",
        "null",
        '["pkix"]',
        '[{"proof":"pkix"}]',
        '[{"proof":"luck","known":"yes","reason":"","checked_at":1,"ends":9e18}]',
        # a proof that tells Postfix nothing, or something that no policy may be
        '[{"proof":"pkix","known":"yes","reason":"","checked_at":1,"ends":9e18}]',
        '[{"proof":"pkix","known":"yes","reason":"","checked_at":1,"ends":9e18,"level":"may","match":[],"named":true}]',
        '[{"proof":"pkix","known":"no","reason":"","checked_at":1,"ends":2},'
        '{"proof":"pkix","known":"no","reason":"","checked_at":1,"ends":2}]',
        # another proof's policy: a row must not turn what DANE proves into any certificate
        '[{"proof":"dane","known":"yes","reason":"","checked_at":1,"ends":9e18,"level":"encrypt","match":[],"named":true}]',
        '[{"proof":"pkix","known":"yes","reason":"","checked_at":1,"ends":9e18,"level":"encrypt","match":[],"named":true}]',
        '[{"proof":"mta-sts","known":"yes","reason":"","checked_at":1,"ends":9e18,"level":"secure","match":["x.example"],"named":true}]',
        # moments that never come
        '[{"proof":"pkix","known":"no","reason":"","checked_at":1,"ends":Infinity}]',
        '[{"proof":"pkix","known":"unknown","reason":"","checked_at":1,"ends":2,"unknown_since":NaN}]',
        "[" * 100_000,
    ],
)
def test_a_row_that_makes_no_sense_counts_as_none(tmp_path: Path, evidence: str) -> None:
    archive = store_of(tmp_path)
    with archive._thread._engine.begin() as connection:
        connection.execute(
            domain_knowledge.insert().values(
                domain=DOMAIN, evidence=evidence, checked_at=1.0, expires_at=9e18
            )
        )
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_another_nodes_newer_finding_is_used(tmp_path: Path) -> None:
    mine, other = store_of(tmp_path), store_of(tmp_path)

    async def story(desk: LookUps) -> None:
        await desk.find()
        assert await mine.read(DOMAIN) is not None
        desk.now += 4000
        other.write(kept(DOMAIN, Known.NO, "seen elsewhere", desk.now - 10))
        other.close()
        assert (await desk.find()).evidence[0].reason == "seen elsewhere"
        assert len(desk.asked) == 1

    run(story, LookUps(archive=mine))
    mine.close()


def test_what_is_very_old_is_thrown_out(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive.write(kept("old.example", Known.NO, "", 1000.0))
    archive.write(kept("new.example", Known.NO, "", 3000.0))
    archive.prune(2500.0)
    assert asyncio.run(archive.read("old.example")) is None
    assert asyncio.run(archive.read("new.example")) is not None
    archive.close()


def test_an_older_finding_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive.write(kept(DOMAIN, Known.NO, "newer", 1_000_030.0))
    archive.write(kept(DOMAIN, Known.YES, "older", 1_000_000.0))
    facts = asyncio.run(archive.read(DOMAIN))
    assert facts is not None
    assert facts.evidence[0].reason == "newer"
    archive.close()


def test_what_was_checked_under_other_certificates_counts_no_more(tmp_path: Path) -> None:
    archive = store_of(tmp_path)

    async def story(desk: LookUps) -> None:
        desk.takes = 0.05
        await desk.find("known.example")
        running = asyncio.create_task(desk.find())
        await asyncio.sleep(0.02)
        desk.world = NO
        desk.knowledge.change(desk.check, desk.routing, "others")
        assert desk.knowledge.recall("known.example") is None
        assert tls(await running) is Known.NO, "a check that began before is made again"
        assert tls(await desk.find("known.example")) is Known.NO

    run(story, LookUps(archive=archive))
    archive.close()


def test_a_change_of_settings_forgets_what_was_just_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store answers with the old findings, and then the settings change: a doubt must not bring them back."""
    archive = store_of(tmp_path)
    read = archive.read

    async def story(desk: LookUps) -> None:
        async def then_change(domain: str) -> DomainFacts | None:
            found = await read(domain)
            desk.knowledge.change(desk.check, desk.routing, "others")
            return found

        await desk.find()
        desk.world = DOUBT
        desk.now += 3500  # soon old, and not run out yet
        monkeypatch.setattr(archive, "read", then_change)
        assert tls(await desk.knowledge.check_anew(DOMAIN)) is Known.UNKNOWN

    run(story, LookUps(archive=archive))
    archive.close()


def test_a_change_of_settings_forgets_what_a_running_check_began_with(tmp_path: Path) -> None:
    archive = store_of(tmp_path)

    async def story(desk: LookUps) -> None:
        await desk.find()
        desk.takes = 0.05
        running = asyncio.create_task(desk.knowledge.check_anew(DOMAIN))
        while len(desk.asked) < 2:  # noqa: ASYNC110  # nobody is told
            await asyncio.sleep(0.01)
        desk.world = DOUBT
        desk.knowledge.change(desk.check, desk.routing, "others")
        assert tls(await running) is Known.UNKNOWN
        kept_now = await archive.read(DOMAIN)
        assert kept_now is not None
        assert tls(kept_now) is Known.UNKNOWN, "nor is the old yes written again"

    run(story, LookUps(archive=archive))
    archive.close()


def test_what_was_found_with_other_settings_before_a_restart_counts_no_more(tmp_path: Path) -> None:
    """Nor what a node found that has not read the new ones yet."""
    archive = store_of(tmp_path)

    async def story(desk: LookUps) -> Known | None:
        return tls(await desk.find())

    assert run(story, LookUps(archive=archive)) is Known.YES
    assert run(story, LookUps(archive=archive, world=DOUBT, checked_with="others")) is Known.UNKNOWN
    archive.close()
