"""What must hold for messages that demand more than usual: the way of a demand from the milter to the map.

The milter adds ``X-Segl-Least``; the front's verdict table sends such a message to the entrance of that demand;
the entrance writes the demand onto each recipient (:mod:`segl.demand_tag`); every transport takes it off again.
A link that is missing would mean a weaker way than was demanded, or an address that nobody knows outside. So
the tables themselves are asked, with an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segl.demand_tag import DEMANDS, entrances, tagged
from segl.headers import LEAST
from segl.postfix.check import INSTALL, Check, Setup, State, judge, next_hop
from segl.postfix.conf import AGAIN
from segl.postfix.running import Instance, Service, split_list
from segl.postfix.tables import TableUnread, look_up
from segl.vocabulary import Proof

_SOMEBODY = "Bo+x@firma.example"
REPORTS = (
    r"regexp:{{/^(.*)\.least-[a-z-]+\.segl\.invalid(.*)$/ REPLACE $1$2}"
    r" {/^X-Segl-Facts:/ DUNNO} {/^X-Segl-/ IGNORE}}"
)


def demand_checks(setup: Setup) -> Iterator[Check]:
    """One check for each link; each is told once, with the first fault found."""
    yield _told("front.demands", _front_fault(setup), "each demand has its entrance")
    yield _told("secure.demands", _entrance_fault(setup), "each entrance writes its demand down")
    yield _told(
        "secure.demands-again", _again_fault(setup), "a demand at the ordinary entrance is sent to its own"
    )
    yield from _taken_off(setup)


def demand_filters(setup: Setup) -> frozenset[str]:
    """The targets of FILTER that the verdict table may name besides the return port."""
    return frozenset(_target(setup, least) for least in DEMANDS)


def is_entrance(setup: Setup, service: Service) -> bool:
    """Whether *service* of the secure instance is an entrance for a demand."""
    ports = {f"{host}:{port}" for _, host, port in entrances(setup.settings.postfix.demand_ports)}
    return service.type == "inet" and service.name in ports


def writes_demand(service: Service) -> bool:
    """Whether *service* is the cleanup(8) of such an entrance, which alone may rewrite recipients."""
    return service.program == "cleanup" and service.name in {f"segl-least-{least}" for least in DEMANDS}


def _told(id_: str, fault: str, good: str) -> Check:
    why = "a message that demands a stronger proof would go by a weaker one, or wait"
    return judge(id_, not fault, fault or good, why=why, fix=INSTALL)


def _target(setup: Setup, least: Proof) -> str:
    for proof, host, port in entrances(setup.settings.postfix.demand_ports):
        if proof is least:
            return f"segl-secure:{next_hop(f'{host}:{port}')}"
    raise AssertionError(least)


def _front_fault(setup: Setup) -> str:
    wanted = {f"{LEAST}: {least}": f"FILTER {_target(setup, least)}" for least in DEMANDS}
    return _answers_fault(setup.front, "milter_header_checks", wanted)


def _answers_fault(instance: Instance, parameter: str, wanted: Mapping[str, str]) -> str:
    """The first header field that the table in *parameter* answers with another action than *wanted*."""
    try:
        answers = look_up(instance.value(parameter), [*wanted], instance.directory)
    except TableUnread as error:
        return error.private
    for header, action in wanted.items():
        if answers.get(header, "") != action:
            return f"{header} → {answers.get(header) or 'nothing'}, not {action}"
    return ""


def _entrance_fault(setup: Setup) -> str:
    secure = setup.secure
    for least, host, port in entrances(setup.settings.postfix.demand_ports):
        service = secure.service(f"{host}:{port}", "inet")
        if service is None or service.program != "smtpd":
            return f"no smtpd on {host}:{port} ({least})"
        cleanup = secure.service(secure.value("cleanup_service_name", service), "unix")
        if cleanup is None or cleanup.name != f"segl-least-{least}":
            return f"{service.id}: its cleanup is not segl-least-{least}"
        if secure.value("recipient_canonical_classes", cleanup) != "envelope_recipient":
            return f"{cleanup.name}: rewrites more than envelope recipients"
        table = secure.value("recipient_canonical_maps", cleanup)
        fault = _answer_fault(setup, table, _SOMEBODY, tagged(_SOMEBODY, least))
        if fault:
            return f"{cleanup.name}: {fault}"
    return ""


def _again_fault(setup: Setup) -> str:
    """Sent to its own entrance, and what nobody knows to the strictest."""
    service = setup.secure.service(AGAIN, "unix")
    if service is None or service.program != "smtp":
        return f"{AGAIN} is missing"
    ports = {
        least: next_hop(f"{host}:{port}")
        for least, host, port in entrances(setup.settings.postfix.demand_ports)
    }
    wanted = {f"{LEAST}: {least}": f"FILTER {AGAIN}:{port}" for least, port in ports.items()}
    wanted[f"{LEAST}: unheard-of"] = f"FILTER {AGAIN}:{ports[Proof.SEALED]}"
    return _answers_fault(setup.secure, "header_checks", wanted)


def _taken_off(setup: Setup) -> Iterator[Check]:
    faults = []
    for service in setup.secure.running("smtp", "lmtp"):
        if service.name == AGAIN:  # it ends at an entrance, and the strictest of several demands counts
            continue
        if not service.name.startswith("segl-"):  # no way of anybody's: secure.transports says so
            continue
        table = setup.secure.value(f"{service.program}_generic_maps", service)
        fault = _answer_fault(setup, table, tagged(_SOMEBODY, Proof.DANE), _SOMEBODY)
        if fault:
            faults.append(f"{service.id}: {fault}")
    found = faults[0] if faults else "each transport takes the demand off"
    why = "the other side is given an address that does not exist, and refuses it"
    yield (
        Check("secure.demands-off", State.FAIL, found, why, INSTALL)
        if faults
        else Check("secure.demands-off", State.OK, found)
    )


def _answer_fault(setup: Setup, table: str, address: str, wanted: str) -> str:
    """Whether *table* gives *wanted* for *address*, and nothing for an address that is none of its business."""
    try:
        answer = look_up(table, [address], setup.secure.directory).get(address, "")
    except TableUnread as error:
        return error.private
    if answer != wanted:
        return f"{' '.join(split_list(table)) or 'no table'} gives {answer or 'nothing'} for {address}"
    return ""
