"""Which organisation sent a message that comes from shared servers (``[postfix.gateway] microsoft``).

Microsoft 365 sends for all its customers from the same addresses. It stamps what it hands to a connector with the id of
the customer it is from, X-MS-Exchange-CrossTenant-Id, and takes the field off what comes in with it; Microsoft's own
advice for closing a mail server to other customers rests on it ("Advanced Office 365 routing: locking down Exchange
on-premises"). Without that, whoever rents there could send through our Postfix to anybody.

What goes to own people alone is no such thing: where own domains' MX is this host, every other customer's mail to them
comes from these addresses, with that customer's id, as mail from the world does from others.
"""

from __future__ import annotations

from segl.mail.fields import read_header
from segl.settings.document import Settings
from segl_milter.transaction import Mail

TENANT = "x-ms-exchange-crosstenant-id"


def relays_for_stranger(mail: Mail, client: str, settings: Settings) -> bool:
    """Whether *mail*, handed in by *client*, is from another organisation on a shared server and would go on to
    somebody who is not ours; of recipients beyond those looked at that is taken for granted."""
    gateway = settings.postfix.gateway
    if not gateway.is_shared(client):
        return False
    if not mail.more_recipients and all(settings.takes(address.bare) for address in mail.recipients):
        return False
    fields, _ = read_header(mail.raw)
    named = [field.value.decode("latin-1").lower() for field in fields if field.name == TENANT]
    return set(named) != {gateway.tenant.lower()}
