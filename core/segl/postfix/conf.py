"""Fills the configuration fragments of ``postfix/conf`` for one site.

The fragments are plain Postfix files with ``@{name}`` where a site differs; everything else in them is
fixed on purpose and explained there. ``front.*`` is merged into an existing instance, ``secure.*`` is a
whole instance of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from string import Template

from segl.demand_tag import TLS_DEMANDS, entrances
from segl.headers import LEAST
from segl.postfix.check import SECURE, next_hop
from segl.settings.canary import OWN_SINK, WAY_SINKS
from segl.settings.document import Settings
from segl.settings.portal import PortalRelay

# What the front's own report writers gain, so that reports about our messages come to segl-deliver.
REPORTERS = ("bounce/unix", "defer/unix", "trace/unix")
REPORT_OPTIONS = {"cleanup_service_name": "segl-report", "internal_mail_filter_classes": "bounce"}

# The front's table of whom unread mail may go on to.
OWN = "segl-own"
CANARY = "segl-canary"
AGAIN = "segl-again"
_LEAST_WARNING, _MOST_WARNING = 60.0, 3600.0  # seconds

SYSTEM_CA_FILE = "/etc/ssl/certs/ca-certificates.crt"


class _Fragment(Template):
    delimiter = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The values a site fills in. Paths are absolute; ports are written without their host."""

    front: Path
    secure: Path
    hostname: str
    # As Postfix is to write it after "unix:"; relative to the queue directory when smtpd is chrooted.
    milter_socket: str
    map_socket: str
    inbound_socket: str
    receipt_socket: str
    canary_clear_socket: str
    secure_host: str
    secure_port: str
    return_host: str
    return_port: str
    own_host: str
    own_port: str
    own_entrance_port: str
    # Separated by commas: an option in master.cf holds no blanks.
    return_milters: str
    # ``host:port`` of the first entrance for messages with a demand, and the table that sends those to theirs who came
    # in by another.
    demand_ports: str
    demand_checks: str
    # The domain of Postfix's own messages (myorigin).
    origin: str
    # What is said in EHLO to servers outside.
    helo_name: str
    inet_protocols: str = "all"
    ca_file: str = SYSTEM_CA_FILE
    secure_queue: Path = Path("/var/spool/postfix-segl")
    secure_data: Path = Path("/var/lib/postfix-segl")
    command_directory: str = "/usr/sbin"
    daemon_directory: str = "/usr/lib/postfix/sbin"
    mail_owner: str = "postfix"
    setgid_group: str = "postdrop"
    message_size_limit: int = 157_286_400
    # Seconds after which the secure instance reports that a copy waits.
    delay_warning: int = 1800
    # Whether mail that comes in encrypted is handed to segl-deliver (``[inbound]``).
    opens: bool = False
    # What another encryption service's certificate must match, and the field its rule looks for (``[portal.relay]``);
    # empty: there is none.
    relay_match: str = ""
    relay_header: str = ""
    # What the return port asks, besides its own table, of a recipient of mail that nobody has read
    # (:mod:`segl.postfix.house_tables`): restrictions, each with a comma behind it.
    house_tables: str = ""
    # How TLS protects mail for own domains on its way to the server behind a gateway; empty: this is none.
    upstream_tls: str = ""

    @classmethod
    def of(cls, settings: Settings, hostname: str) -> Site:
        """The site as the settings say; callers replace what they know better."""
        secure_host, _, secure_port = settings.postfix.secure_port.rpartition(":")
        return_host, _, return_port = settings.postfix.return_port.rpartition(":")
        own_host, _, own_port = settings.postfix.own_port.rpartition(":")
        ca_file = settings.routing.tls_ca_file
        return cls(
            front=settings.postfix.front,
            secure=settings.postfix.secure,
            hostname=hostname,
            origin=hostname,
            helo_name=hostname,
            milter_socket=str(settings.milter.socket),
            map_socket=str(settings.routing.socket),
            inbound_socket=str(settings.delivery.inbound_socket),
            receipt_socket=str(settings.delivery.receipt_socket),
            canary_clear_socket=str(settings.canary_clear_socket),
            opens=settings.inbound.on,
            relay_match=relay_match(settings.portal.relay) if settings.portal.relay.next_hop else "",
            relay_header=settings.portal.relay.header if settings.portal.relay.next_hop else "",
            upstream_tls=settings.postfix.gateway.deliver_tls if settings.postfix.gateway.on else "",
            secure_host=secure_host,
            secure_port=secure_port,
            return_host=return_host,
            return_port=return_port,
            own_host=own_host,
            own_port=own_port,
            own_entrance_port=settings.postfix.own_entrance.rpartition(":")[2],
            return_milters=",".join(settings.postfix.return_milters),
            demand_ports=settings.postfix.demand_ports,
            demand_checks=demand_checks(settings.postfix.demand_ports).replace("$", "$$"),
            ca_file=str(ca_file) if ca_file else SYSTEM_CA_FILE,
            secure_queue=settings.postfix.secure_queue,
            secure_data=settings.postfix.secure_data,
            message_size_limit=settings.delivery.message_bytes,
            delay_warning=_delay_warning(settings),
        )


def _delay_warning(settings: Settings) -> int:
    """Of a message all of whose copies wait nothing is heard before: by then its sender's patience should be over."""
    own = (rule.wait_seconds for rule in settings.receipt if rule.wait_seconds is not None)
    return round(max(_LEAST_WARNING, min(settings.receipts.wait_seconds, *own, _MOST_WARNING)))


def canary_map(site: Site, more: Mapping[str, str] | None = None) -> str:
    """The front's table that knows the canaries' sinks, before all other ``transport_maps``: what this instance
    delivers itself comes to segl-deliver by a socket of its own, whatever the site's tables say. *more* entries stand
    in it as well."""
    sinks = dict.fromkeys((OWN_SINK, *WAY_SINKS.values()), f"{CANARY}:unix:{site.canary_clear_socket}")
    entries = {**sinks, **(more or {})}
    return f"inline:{{ {', '.join(f'{key}={value}' for key, value in entries.items())} }}"


def is_canary_map(item: str) -> bool:
    """Whether one of ``transport_maps`` is ours, also by other settings."""
    return item.startswith("inline:{") and f"{OWN_SINK}={CANARY}:unix:" in item


@cache
def fragments_directory() -> Path:
    """Where the fragments are: beside the package when installed, ``postfix/conf`` in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent.parent / "postfix" / "conf"


def render(fragment: str, site: Site, **more: object) -> str:
    """The text of *fragment* (a file of ``postfix/conf``) for *site*; *more* are values of this one place."""
    text = (fragments_directory() / fragment).read_text("utf-8")
    return _Fragment(text).substitute({name: str(value) for name, value in {**asdict(site), **more}.items()})


def relay_match(relay: PortalRelay) -> str:
    """``smtp_tls_secure_cert_match`` for the service; the next hop's own name when none is said."""
    return ":".join(relay.match) or "nexthop"


def render_verdict(site: Site) -> str:
    """The front's table of verdicts: plain, each demand with its entrance, and that nobody else has a say."""
    demands = "".join(_for_each_demand("segl-demand", site))
    return render("segl-verdict", site) + demands + render("segl-ours", site)


def demand_checks(demand_ports: str) -> str:
    """The secure instance's table for messages with a demand that came in by the ordinary entrance."""
    known = [
        (f"[[:space:]]*{least}[[:space:]]*$", f"{host}:{port}")
        for least, host, port in entrances(demand_ports)
    ]
    rules = [*known, ("", known[-1][1])]  # the last entrance is the strictest
    filters = (f"{{/^{LEAST}:{word}/ FILTER {AGAIN}:{next_hop(place)}}}" for word, place in rules)
    return f"regexp:{{{' '.join(filters)}}}"


def render_strip(site: Site) -> str:
    """The return port's table: what is to be opened goes to segl-deliver, and our own fields come off."""
    opening = render("segl-open", site) if site.opens else ""
    return opening + render("segl-strip", site)


def render_own(settings: Settings, names: Collection[str] = ()) -> str:
    """The return port's table of whom mail may go on to that nobody has read (access(5)): own addresses that do not
    lead outside, and those at *names*, which end on this host, too."""
    away = f"FILTER {SECURE}:{next_hop(settings.postfix.own_entrance)}"  # whatever the tables say that are asked next
    leads = [f"{address.lower()} {away}" for address in settings.organisation.forwarded if address]
    own = [domain for owner in settings.owners.every for domain in owner.domains]
    below = [f".{domain}" for owner in settings.owners.every if owner.subdomains for domain in owner.domains]
    ends = [f"{name} OK" for name in dict.fromkeys((*own, *below, "localhost", *sorted(names)))]
    return "".join(f"{line}\n" for line in (*leads, *ends))


def render_front_master(site: Site) -> str:
    """The services that the front gains."""
    gateway = render("front.gateway.cf", site) if site.upstream_tls else ""
    return render("front.master.cf", site) + gateway


def render_secure_master(site: Site) -> str:
    """The secure instance's services: those it always has, an entrance for each demand, and a transport for each
    that TLS can meet."""
    parts = [render("secure.master.cf", site), *_for_each_demand("secure.demand.cf", site)]
    parts += [render("secure.demand-tls.cf", site, least=least.value) for least in TLS_DEMANDS]
    if site.relay_match:
        received = re.escape(f"segl-secure.{site.hostname}")
        parts.append(render("secure.relay.cf", site, relay_received=received))
    return "\n".join(parts)


def _for_each_demand(fragment: str, site: Site) -> Iterator[str]:
    for least, host, port in entrances(site.demand_ports):
        yield render(fragment, site, least=least.value, demand_host=host, demand_port=port)
