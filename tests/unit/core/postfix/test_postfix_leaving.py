"""From where mail leaves that must go securely: not as the front's own, by the way `tls`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from segl.postfix.check import State
from segl.postfix.check_leaving import leaving_checks
from segl.postfix.running import Service
from segl.settings.file import parse_settings
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX

OK, WARN, UNKNOWN = State.OK, State.WARN, State.UNKNOWN
Tables = Mapping[str, object]
PORTAL: Tables = {"routing": {"order": ["portal"]}}


def policy(**keys: object) -> Tables:
    return {**PORTAL, "policy": [{"name": "p", "recipient": ["a.dk"], **keys}]}


@pytest.mark.parametrize(
    ("written", "tables", "state"),
    [
        ({}, {}, OK),
        ({"relayhost": "[smart.example]:587"}, {}, OK),
        # a host to try things on, by any of the words that keep its mail in
        ({"default_transport": "discard:"}, {}, WARN),
        ({"default_transport": "retry:4.3.0 on its way nowhere"}, {}, WARN),
        ({"transport_maps": "inline:{x.dk=smtp:[127.0.0.1], *=discard:}"}, {}, WARN),
        ({"transport_maps": "static:error:5.7.1 none from here"}, {}, WARN),
        ({"default_transport": "discard:"}, PORTAL, OK),
        ({"default_transport": "discard:"}, {**PORTAL, "domain": [{"name": "a.dk", "way": "tls"}]}, WARN),
        ({"default_transport": "discard:"}, policy(order=["tls", "portal"]), WARN),
        ({"default_transport": "discard:"}, policy(least="dane"), OK),
        ({"default_transport": "none-of-master-cf:"}, {}, OK),
        ({"transport_maps": "lmdb:/nowhere/transport"}, {}, UNKNOWN),
    ],
)
def test_where_it_leaves(site: Installation, written: dict[str, str], tables: Tables, state: State) -> None:
    setup, settings = site.setup, parse_settings({**site.raw, **tables})
    front = replace(setup.front, parameters={**setup.front.parameters, **written})
    [check] = leaving_checks(replace(setup, settings=settings, front=front))
    assert (check.id, check.state) == ("secure.leaves", state)
    assert bool(check.fix) is (state is not OK)


@pytest.mark.parametrize(
    ("entry", "options", "written", "told"),
    [
        ("gmail.example=smtp4:", {"inet_protocols": "ipv4"}, {}, True),
        (".gmail.example=smtp4:", {"smtp_bind_address": "192.0.2.9"}, {}, True),
        ("gmail.example=smtp4:", {"inet_protocols": "ipv4"}, {"smtp_address_preference": "ipv4"}, False),
        ("gmail.example=smtp4:", {"smtp_destination_concurrency_limit": "2"}, {}, False),
        ("nordby.example=smtp4:[192.0.2.1]", {"smtp_bind_address": "192.0.2.9"}, {}, False),  # it goes in
        ("gmail.example=none-of-master-cf:", {}, {}, False),
    ],
)
def test_domains_that_the_front_sends_by_an_address_of_their_own_are_named(
    site: Installation, entry: str, options: dict[str, str], written: dict[str, str], told: bool
) -> None:
    setup = site.setup
    service = Service(
        name="smtp4", type="unix", chroot=False, private=True, command="smtp", overrides=options
    )
    parameters = {**setup.front.parameters, "transport_maps": f"inline:{{{entry}}}", **written}
    front = replace(setup.front, parameters=parameters, services=(*setup.front.services, service))
    usual, *apart = leaving_checks(replace(setup, front=front))
    assert usual.state is OK
    assert [(check.id, check.state) for check in apart] == [("secure.leaves", WARN)] * told
    assert all(check.found.startswith(entry.partition("=")[0]) for check in apart)


def test_what_main_cf_says_by_sender_is_named(site: Installation) -> None:
    setup = site.setup
    [usual] = leaving_checks(setup)
    assert usual.found == "by forced TLS from here, else by the front"
    written = {"relayhost": "[smart.example]:587", "sender_dependent_default_transport_maps": "static:own:"}
    front = replace(setup.front, parameters={**setup.front.parameters, **written})
    [check] = leaving_checks(replace(setup, front=front))
    assert "[smart.example]:587" in check.found
    assert "sender_dependent_default_transport_maps" in check.found
