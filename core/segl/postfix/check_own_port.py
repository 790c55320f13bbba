"""The port where what Segl itself writes to own people comes in (:mod:`segl.mail.own_mail`).

No milter is asked there, so everything must go the secure way; recipients must be looked up, or aliases get nothing;
and nothing may add a recipient, or send the mail elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.mail.own_mail import GREETING
from segl.postfix.check import (
    INSTALL,
    OWN_CLEANUP,
    Check,
    Setup,
    State,
    is_loopback,
    judge,
    listens_beyond_loopback,
)
from segl.postfix.running import Instance, Service, split_list

_ID: Final = "front.own-port"
# What must be empty at its cleanup(8): a FILTER in one of the first would beat the secure way.
_CHECKS: Final = (
    "header_checks",
    "mime_header_checks",
    "nested_header_checks",
    "body_checks",
    "milter_header_checks",
)
_COPIES: Final = ("always_bcc", "sender_bcc_maps", "recipient_bcc_maps")


def own_port(setup: Setup) -> Check:
    """Whether it is there, safe, and leads to an entrance of the secure instance's that is there."""
    service = setup.own_service
    if service is None or service.program != "smtpd":
        why = (
            "receipts, notices and portal answers go by the return port, which follows no alias: whoever has a virtual"
            " alias as address gets none"
        )
        found = f"no smtpd on {setup.settings.postfix.own_port}"
        return Check(_ID, State.WARN, found, why, INSTALL)
    lists = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
    faults = [
        *service_faults(setup.front, service, *lists),
        *_unsafe(setup, service),
        *_entrance_faults(setup),
    ]
    found = f"{service.id}: {'; '.join(faults) or 'loopback only, aliases followed, all of it goes the secure way'}"
    why = "answers from the portal and reports come in here unread: they could leave in clear, or not arrive"
    return judge(_ID, not faults, found, why=why, fix=INSTALL)


def service_faults(front: Instance, service: Service, *lists: str) -> list[str]:
    """What must hold at any port of the front's that skips the milter; *lists* are those of its restrictions that let
    this host in and nobody else."""
    faults = []
    if listens_beyond_loopback(front, service):
        faults.append("is open to other hosts, which can send through it unseen")
    networks = split_list(front.value("mynetworks", service))
    if not networks or not all(is_loopback(n) or n.startswith("[::1]") for n in networks):
        faults.append(f"trusts {' '.join(networks) or 'nobody'}, not loopback alone")
    for name in lists:
        value = front.value(name, service)
        faults += [f"{name} = {value or '(empty)'}"] * (split_list(value) != ("permit_mynetworks", "reject"))
    return faults


def _unsafe(setup: Setup, service: Service) -> Iterator[str]:
    front = setup.front
    value = front.value("content_filter", service)
    if value != setup.own_filter:
        yield f"content_filter = {value or '(empty)'}, not {setup.own_filter}"
    if milters := front.value("smtpd_milters", service) or front.value("smtpd_milter_maps", service):
        yield f"has milters ({milters})"
    if proxy := front.value("smtpd_proxy_filter", service):
        yield f"smtpd_proxy_filter = {proxy}"
    for name in ("smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions"):
        if value := front.value(name, service):
            yield f"{name} = {value}"
    for name in ("smtpd_data_restrictions", "smtpd_end_of_data_restrictions"):
        if value := front.value(name, service):
            yield f"{name} = {value}"
    options = set(split_list(front.value("receive_override_options", service)))
    if odd := options - {"no_milters"}:
        yield f"receive_override_options = {' '.join(sorted(odd))}"
    if GREETING not in front.value("smtpd_banner", service):
        yield f"its greeting does not say {GREETING}: Segl hands it nothing"
    name = front.value("cleanup_service_name", service)
    cleanup = front.service(name, "unix")
    if cleanup is None or cleanup.name != OWN_CLEANUP:
        yield f"its cleanup is {name}, not {OWN_CLEANUP}"
        return
    for parameter in (*_CHECKS, *_COPIES, "non_smtpd_milters"):
        if value := front.value(parameter, cleanup):
            yield f"{cleanup.name}: {parameter} = {value}"


def _entrance_faults(setup: Setup) -> Iterator[str]:
    """That it is on loopback is looked at with the secure instance's other ports."""
    port = setup.settings.postfix.own_entrance
    entrance = setup.secure.service(port, "inet")
    if entrance is None or entrance.program != "smtpd":
        yield f"the secure instance has no smtpd on {port}"
