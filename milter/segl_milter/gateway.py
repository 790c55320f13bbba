"""Whose mail it is that comes from servers which many organisations share (``[postfix.gateway] microsoft``).

Microsoft 365 sends for all its customers from the same addresses. It stamps what it hands to a connector with the id of
the customer it is from, X-MS-Exchange-CrossTenant-Id, and takes the field off what comes in with it; Microsoft's own
advice for closing a mail server to other customers rests on it ("Advanced Office 365 routing: locking down Exchange
on-premises"). Without that, whoever rents there could send through our Postfix to anybody.
"""

from __future__ import annotations

from segl.mail.fields import read_header
from segl.settings import Settings
from segl_milter.transaction import Mail

TENANT = "x-ms-exchange-crosstenant-id"


def is_of_stranger(mail: Mail, client: str, settings: Settings) -> bool:
    """Whether *mail*, handed in by *client*, is from another organisation on a shared server."""
    gateway = settings.postfix.gateway
    if not gateway.is_shared(client):
        return False
    fields, _ = read_header(mail.raw)
    named = [field.value.decode("latin-1").lower() for field in fields if field.name == TENANT]
    return set(named) != {gateway.tenant.lower()}
