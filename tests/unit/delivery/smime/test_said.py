"""A store that does not answer what a partner reads holds up no mail to him."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from segl.errors import StoreError
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.settings.file import parse_settings
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.smime.certificates import TunnelCertificate
from segl_delivery.smime.encrypting import encrypting_threads
from segl_delivery.smime.outbound import Outbound
from segl_delivery.smime.said import MOST, SaidInMail
from segl_delivery.smime.tunnel import TunnelAgent
from world.partners import Partner
from world.postfix import wait_until

MODERN = frozenset({"2.16.840.1.101.3.4.1.46"})


class Store:
    """Answers, hangs until it is released, or is away."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.released.set()
        self.away = False
        self.asked = 0

    def __call__(self, _holder: str) -> frozenset[str]:
        self.asked += 1
        if self.away:
            raise StoreError("the store cannot be reached", "store: away")
        self.released.wait(30)
        return MODERN


def test_what_hangs_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store()
    said = SaidInMail(store, Events("test"), seconds=0.05)
    assert said("@kommune.example") == MODERN
    store.released.clear()
    assert said("@kommune.example") == frozenset()
    assert {thread.daemon for thread in threading.enumerate() if thread.name == "said"} == {True}
    assert "no answer within 0.05 seconds" in "".join(capsys.readouterr())
    store.released.set()
    assert said("@kommune.example") == frozenset(), "nobody asks again so soon"
    assert store.asked == 2
    later = time.monotonic() + 61
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert said("@kommune.example") == MODERN


def test_one_that_is_away_is_not_asked_for_each_message() -> None:
    store = Store()
    store.away = True
    said = SaidInMail(store, Events("test"))
    assert {said("@kommune.example") for _ in range(5)} == {frozenset()}
    assert store.asked == 1


def test_no_more_hang_than_there_is_room_for() -> None:
    store = Store()
    store.released.clear()
    said = SaidInMail(store, Events("test"), seconds=60)
    with ThreadPoolExecutor(MOST) as pool:
        hang = [pool.submit(said, "@kommune.example") for _ in range(MOST)]
        wait_until(lambda: store.asked == MOST, 30, lambda: f"{store.asked} hang")
        assert {said("@kommune.example") for _ in range(8)} == {frozenset()}
        assert store.asked == MOST
        store.released.set()
    assert {one.result() for one in hang} == {MODERN}


def test_mail_to_partners_waits_for_no_thread_that_hangs(tmp_path: Path) -> None:
    """All threads that other work shares wait for a store that hangs; who encrypts has threads of his own."""
    partner, released = Partner.new(tmp_path, "kommune.example", tmp_path), threading.Event()
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})

    class Certificates:
        def find(self, _domain: str) -> list[TunnelCertificate]:
            return [TunnelCertificate.of(partner.certificate)]

    agent = TunnelAgent(
        Certificates(),
        ReturnPort("127.0.0.1", 1),
        Events("test"),
        Outbound(settings, lambda _: None),
        encrypting_threads(),
    )
    envelope = Envelope("anna@nordby.example", ("bo@kommune.example",))

    async def deliver() -> str:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        hanging = loop.run_in_executor(None, released.wait, 30)
        try:
            async with asyncio.timeout(10):
                [reply] = (await agent.deliver(Delivery(envelope, b"Subject: x\r\n\r\nHej\r\n"))).values()
            return str(reply)
        finally:
            released.set()
            await hanging

    assert "451" in asyncio.run(deliver()), "it has come as far as the return port, where nobody is"
