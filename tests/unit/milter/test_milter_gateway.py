"""Before Microsoft 365: only what bears our tenant's name may be sent on through here from servers that others share;
to our own people all may write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world.milterprocess import RunningMilter

TENANT = "0f9e8d7c-6b5a-4938-a271-605f4e3d2c1b"
OTHER = "11111111-2222-3333-4444-555555555555"
FIELD = b"X-MS-Exchange-CrossTenant-Id: %s\r\n"
OURS, THEIRS = FIELD % TENANT.encode(), FIELD % OTHER.encode()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMilter]:
    milter = RunningMilter(tmp_path_factory.mktemp("gateway"), model=False)
    milter.write(limits="recipients = 4")
    with milter.settings.open("a", encoding="utf-8") as file:
        file.write(
            f'\n[postfix.gateway]\ndeliver_to = "[x.example]:25"\nmicrosoft = ["40.92.0.0/15"]\ntenant = "{TENANT}"\n'
        )
    milter.daemon.start()
    yield milter
    assert milter.daemon.stop() == 0


@pytest.mark.parametrize(
    ("client", "fields", "taken"),
    [
        ("40.92.7.7", OURS, True),
        ("40.92.7.7", OURS.upper().replace(b"X-MS", b"x-ms"), True),
        ("40.92.7.7", b"", False),
        ("40.92.7.7", THEIRS, False),
        ("40.92.7.7", OURS + THEIRS, False),
        ("40.92.7.7", b"Subject: x\r\n\r\n" + OURS, False),
        ("192.0.2.10", b"", True),
        ("127.0.0.1", THEIRS, True),
    ],
)
def test_only_our_tenant_sends(gateway: RunningMilter, client: str, fields: bytes, taken: bool) -> None:
    with gateway.client() as mta:
        mta.mail("anna@nordby.example")
        mta.recipient("bo@kunde.example")
        mta.content(fields + b"From: anna@nordby.example\r\n\r\nHej\r\n")
        answer = mta.end(client=client)
    assert (answer.verdict == "c") is taken, answer
    if not taken:
        assert answer.reply.startswith("550 5.7.1 ")
        assert "X-Segl-Route" not in answer.headers


@pytest.mark.parametrize(
    ("recipients", "taken"),
    [
        (["bo@nordby.example"], True),
        (["bo@nordby.example", "eva@NORDBY.example"], True),
        (["bo@nordby.example", "bo@kunde.example"], False),
        (["bo%kunde.example@nordby.example"], False),
        (["postmaster"], False),  # without a domain it cannot be told whose it is
        ([f"{number}@nordby.example" for number in range(5)], False),  # more than are looked at
    ],
)
def test_another_customer_writes_to_our_people_and_to_nobody_else(
    gateway: RunningMilter, recipients: list[str], taken: bool
) -> None:
    with gateway.client() as mta:
        mta.mail("anna@kunde.example")
        for recipient in recipients:
            mta.recipient(recipient)
        mta.content(THEIRS + b"From: anna@kunde.example\r\n\r\nHej\r\n")
        answer = mta.end(client="40.92.7.7")
    assert (answer.verdict == "c") is taken, answer
