"""`segl doctor` tells of domains whose mail ends with this Postfix and that the settings do not name."""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from segl.postfix.check_taken import taken_checks
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX
LISTS = "lists.nordby.example"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        # as Debian and most houses have it
        (("mydestination=$myhostname, nordby.example, localhost.nordby.example, localhost",), ""),
        (("mydestination=mail, Mail.Nordby.Example, NORDBY.example, localhost.localdomain",), ""),
        (("mydestination=", "virtual_mailbox_domains=nordby.example"), ""),
        (("virtual_alias_maps=inline:{info@andet.example=anna}",), ""),
        (("mydestination=!lists.nordby.example, nordby.example",), ""),
        (("mydestination=regexp:{{/^lists/ x}}, ldap:/etc/postfix/d.cf",), ""),
        # a stranger's, whose second mail host this is
        (("relay_domains=ven.example",), ""),
        (("mydestination=nordby.example, lists.nordby.example",), LISTS),
        (("virtual_alias_domains=lists.nordby.example",), LISTS),
        (
            ("virtual_alias_maps=inline:{{lists.nordby.example=x, @lists.nordby.example=@nordby.example}}",),
            LISTS,
        ),
        (("virtual_mailbox_domains=inline:{lists.nordby.example=x}",), LISTS),
        # what transport_maps give to a program or a mailbox here
        (
            ("transport_maps=inline:{fax.example=fax:x, ud.example=smtp:[192.0.2.7]}",),
            "takes mail for fax.example,",
        ),
        (("transport_maps=inline:{.fax.example=local:}",), "fax.example"),
        (("transport_maps=inline:{lists.nordby.example=lmtp:unix:/run/mailman}",), LISTS),
        (("transport_maps=inline:{lists.nordby.example=lmtp:[192.0.2.7], x@fax.example=fax:}",), ""),
        # internal names of a mail server in the house
        (
            ("transport_maps=inline:{exchange.local=smtp:[10.0.0.5], ud.local=smtp:[192.0.2.7]}",),
            "mail for exchange.local,",
        ),
        (("relay_domains=mbx.nordby.example", "relay_transport=relay:[192.168.1.5]"), "mbx.nordby.example"),
        (("relay_domains=mbx.nordby.example", "relay_transport=relay:[192.0.2.7]"), ""),
        # a partner's behind a gateway in the house is a stranger's
        (("transport_maps=inline:{kommune.example=smtp:[10.0.0.9]}",), ""),
        (
            ("mydestination=a.example b.example c.example d.example e.example f.example",),
            "e.example and 1 more",
        ),
    ],
)
def test_what_ends_here_and_is_not_own(site: Installation, parameters: tuple[str, ...], named: str) -> None:
    site.front("-M", "fax/unix=fax unix - n n - - pipe user=nobody argv=/usr/bin/fax")
    for parameter in parameters:
        site.front("-e", parameter)
    [check] = taken_checks(site.setup)
    assert (check.id, check.state) == ("front.taken-domains", State.WARN if named else State.OK)
    assert named in check.found


def test_names_below_an_own_domain_may_be_own(site: Installation) -> None:
    site.front("-e", f"mydestination={LISTS}")
    site.tables["organisation"] = {"subdomains": True}
    try:
        [check] = taken_checks(site.setup)
    finally:
        del site.tables["organisation"]
    assert check.state is State.OK


def test_a_list_of_domains_may_be_a_file(site: Installation) -> None:
    site.append("domains", f"# ours\nnordby.example\n{LISTS}\n")
    site.front("-e", f"mydestination={site.front_directory}/domains")
    [check] = taken_checks(site.setup)
    assert LISTS in check.found
