"""Where a real Postfix sends mail for own domains is where the doctor thinks it does."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segl.postfix.own_ways import PROBE, By, ways
from segl.postfix.running import Instance, read_instance
from world.postfix import BASE_SERVICES, PostfixInstance, base_main_cf

pytestmark = pytest.mark.world

OWN, BELOW, DEEP = "nordby.example", "skole.nordby.example", "a.skole.nordby.example"
SERVICES = """\
segl-upstream unix - - n - - smtp
local unix - n n - - local
virtual unix - n n - - virtual
"""
UP = "segl-upstream:[up.example]:25"
RELAYED = {"relay_domains": OWN}
# What main.cf has, and who says where mail for the domain, for one below it, and for one below that goes.
CASES: list[tuple[dict[str, str], list[By]]] = [
    ({}, [By.DNS] * 3),
    ({"relayhost": "[smart.example]:587"}, [By.EVERYBODYS] * 3),
    ({"default_transport": "smtp:[smart.example]"}, [By.EVERYBODYS] * 3),
    ({"mydestination": OWN}, [By.TRANSPORT, By.DNS, By.DNS]),
    ({"mydestination": OWN, "local_transport": "smtp:[box.example]"}, [By.TRANSPORT, By.DNS, By.DNS]),
    ({"virtual_mailbox_domains": OWN, "virtual_transport": "lmtp:[::1]:24"}, [By.TRANSPORT, By.DNS, By.DNS]),
    ({"virtual_mailbox_domains": OWN, "virtual_transport": "smtp"}, [By.DNS] * 3),
    (RELAYED, [By.DNS] * 3),
    ({**RELAYED, "parent_domain_matches_subdomains": ""}, [By.DNS] * 3),
    ({**RELAYED, "relayhost": "[smart.example]"}, [By.EVERYBODYS] * 3),
    (
        {**RELAYED, "relay_transport": "relay:[in.example]", "relayhost": "[smart.example]"},
        [By.TRANSPORT] * 3,
    ),
    (
        {"relay_domains": f"!{BELOW}, {OWN}", "relay_transport": "relay:[in.example]"},
        [By.TRANSPORT, By.DNS, By.DNS],
    ),
    ({"relay_domains": f"inline:{{{OWN}=x}}", "relay_transport": "relay:[in.example]"}, [By.TRANSPORT] * 3),
    (
        {
            "relay_domains": f"inline:{{.{OWN}=x}}",
            "relay_transport": "relay:[in.example]",
            "parent_domain_matches_subdomains": "",
        },
        [By.DNS, By.TRANSPORT, By.TRANSPORT],
    ),
    # of transport_maps a bare name is no name below it
    ({**RELAYED, "transport_maps": f"inline:{{{OWN}={UP}}}"}, [By.TABLE, By.DNS, By.DNS]),
    ({**RELAYED, "transport_maps": f"inline:{{{OWN}={UP}, .{OWN}={UP}}}"}, [By.TABLE] * 3),
    (
        {"transport_maps": f"inline:{{{OWN}={UP}}}", "parent_domain_matches_subdomains": "transport_maps"},
        [By.TABLE] * 3,
    ),
    (
        {**RELAYED, "transport_maps": f"inline:{{{OWN}=:}}", "relayhost": "[smart.example]"},
        [By.EVERYBODYS] * 3,
    ),
    (
        {**RELAYED, "transport_maps": f"inline:{{{OWN}=smtp:}}", "relayhost": "[s.example]"},
        [By.DNS, By.EVERYBODYS, By.EVERYBODYS],
    ),
    ({**RELAYED, "transport_maps": f"inline:{{{OWN}=:[x.example]}}"}, [By.TABLE, By.DNS, By.DNS]),
    ({"transport_maps": "inline:{*=smtp:[star.example]}"}, [By.EVERYBODYS] * 3),
    ({"transport_maps": "static:smtp:[static.example]"}, [By.EVERYBODYS] * 3),
    ({"transport_maps": "regexp:{{/@nordby\\.example/ smtp:[re.example]}}"}, [By.TABLE, By.DNS, By.DNS]),
    ({"transport_maps": "regexp:{{/^nordby\\.example/ smtp:[re.example]}}"}, [By.DNS] * 3),
    ({"transport_maps": f"inline:{{{OWN}=smtp:[a.example]}}, static:smtp:[b.example]"}, [By.EVERYBODYS] * 3),
    (
        {"transport_maps": f"inline:{{{OWN}=smtp:[a.example]}}, inline:{{*=smtp:[b.example]}}"},
        [By.TABLE, By.EVERYBODYS, By.EVERYBODYS],
    ),
]
# The relay of the sender, and whether it is asked for at all.
BY_SENDER = {"sender_dependent_relayhost_maps": "static:[sender.example]"}
SENDERS: list[tuple[dict[str, str], bool]] = [
    (RELAYED, True),
    ({**RELAYED, "relayhost": "[smart.example]"}, True),
    ({**RELAYED, "transport_maps": f"inline:{{{OWN}=:}}"}, True),
    ({**RELAYED, "transport_maps": f"inline:{{{OWN}=smtp:}}"}, False),
    ({**RELAYED, "relay_transport": "relay:[in.example]"}, False),
    ({"mydestination": OWN}, False),
    ({"virtual_mailbox_domains": OWN, "virtual_transport": "smtp"}, False),
]
EVERY = [*(case for case, _ in CASES), *({**case, **BY_SENDER} for case, _ in SENDERS)]


@pytest.fixture(scope="module")
def postfix(own_network: None) -> Iterator[PostfixInstance]:
    """One instance; each case is a trivial-rewrite(8) of its own."""
    options = ("".join(f"  -o {{ {name} = {value} }}\n" for name, value in case.items()) for case in EVERY)
    own = "".join(f"case-{n} unix - - n - - trivial-rewrite\n{each}" for n, each in enumerate(options))
    with tempfile.TemporaryDirectory(prefix="ways-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        main = base_main_cf(directory, "mail.other.example")
        instance = PostfixInstance(directory, main, BASE_SERVICES + SERVICES + own)
        instance.start()
        yield instance
        instance.stop()


def resolved(instance: PostfixInstance, service: str, address: str) -> tuple[str, str]:
    """What trivial-rewrite(8) answers: transport and next hop."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(20)
        asked.connect(str(instance.directory / "spool/private" / service))
        asked.sendall(b"request\0resolve\0sender\0\0address\0" + address.encode() + b"\0\0")
        told = b""
        while b"flags\0" not in told or not told.endswith(b"\0\0"):
            more = asked.recv(4096)
            assert more, instance.log
            told += more
    words = told.decode().split("\0")
    return words[words.index("transport") + 1], words[words.index("nexthop") + 1]


@pytest.fixture(scope="module")
def front(postfix: PostfixInstance) -> Instance:
    return read_instance(postfix.config)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case) for case, _ in CASES])
def test_mail_goes_where_the_doctor_thinks_it_does(
    postfix: PostfixInstance, front: Instance, number: int
) -> None:
    case, by = CASES[number]
    found = ways(replace(front, parameters={**front.parameters, **case}), {OWN, BELOW, DEEP})
    for domain in (OWN, BELOW, DEEP):
        way = found[domain]
        there = resolved(postfix, f"case-{number}", f"{PROBE}@{domain}")
        assert (way.transport, way.next_hop) == there, domain
    assert [found[domain].by for domain in (OWN, BELOW, DEEP)] == by


@pytest.mark.parametrize("number", range(len(SENDERS)), ids=[str(case) for case, _ in SENDERS])
def test_which_relay_the_sender_decides_where_nobody_else_does(
    postfix: PostfixInstance, front: Instance, number: int
) -> None:
    case, by_sender = SENDERS[number]
    way = ways(replace(front, parameters={**front.parameters, **case}), {OWN})[OWN]
    transport, next_hop = resolved(postfix, f"case-{len(CASES) + number}", f"{PROBE}@{OWN}")
    assert way.by_sender is by_sender
    assert (transport, next_hop) == (way.transport, "[sender.example]" if by_sender else way.next_hop)
