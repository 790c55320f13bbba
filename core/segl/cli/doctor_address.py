"""What `segl doctor` says of the portal at the address in notices: name, certificate and web server, as a browser
meets them. segl-portal itself may be well while nobody gets to it.

What this host cannot reach (its own outside address, from behind another router's) is not judged: from outside it may
be in order.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from segl.postfix.check import Check, State
from segl.settings.document import Settings

_ID: Final = "portal.address"
_WHY: Final = "recipients of sealed messages cannot open them, or are warned of a forgery"
_SECONDS: Final = 5.0
_SOON: Final = 14 * 86400.0
_LATE: Final = 6  # a certificate is renewed with a third of its time left: with a sixth, nobody did
_NOBODYS: Final = (".example", ".invalid", ".test")  # RFC 2606: names of documentation and tests
_NO_NAME: Final = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
# X509_V_ERR_* of OpenSSL; the first: it does not lead to an authority
_UNKNOWN_ISSUER: Final = (2, 18, 19, 20, 21)
_EXPIRED: Final = 10
_OTHER_NAME: Final = 62
_RENEW: Final = "renew it (certbot renew), and reload the web server: it shows the old one until then"


def address_check(settings: Settings, context: ssl.SSLContext | None = None) -> Check | None:
    """The check `portal.address`; ``None`` where nothing can be said. *context* trusts others than the system does."""
    url = urlsplit(settings.portal.url)
    host = url.hostname or ""
    if url.scheme != "https" or host.endswith(_NOBODYS):
        return None  # said by settings.portal-url, or nobody's address
    context = context or ssl.create_default_context()
    # Set from Python 3.13 on; browsers are not so strict with a house's own authority.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection(host, url.port or 443, timeout=_SECONDS, context=context)
    try:
        return _asked(connection, url.path.rstrip("/"))
    except socket.gaierror as error:
        if error.errno not in _NO_NAME:
            return None  # host.resolver says why
        return _bad(f"DNS names no address for {host}", "publish A and AAAA records, or set portal.url right")
    except ssl.SSLCertVerificationError as error:
        return _certificate_fault(host, error)
    except ssl.SSLError as error:
        found = (
            f"{host} port {connection.port} speaks no TLS that browsers take: {error.reason or 'it hung up'}"
        )
        return _bad(found, "see the web server's configuration and log")
    except ConnectionRefusedError:
        if not _is_ours(host):
            return None
        return _bad(f"nobody listens on {host} port {connection.port}", "start the web server, see its log")
    except http.client.HTTPException:
        return _bad(
            f"{host} port {connection.port} does not speak HTTP", "see the web server's configuration"
        )
    except (OSError, UnicodeError):
        return None
    finally:
        connection.close()


def _asked(connection: http.client.HTTPSConnection, path: str) -> Check:
    connection.connect()
    tls = connection.sock
    shown = tls.getpeercert() if isinstance(tls, ssl.SSLSocket) else None
    connection.request("GET", f"{path}/healthz")
    answer = connection.getresponse()
    at = f"https://{connection.host}{path}/healthz"
    if answer.status in (502, 504):
        return _bad(
            f"the web server does not reach segl-portal: {at} answers {answer.status}",
            "see its log; may it open the socket? adduser www-data segl-portal, and restart it",
        )
    if answer.status != http.client.OK or answer.read(8) != b"ok\n":
        found = f"{at} answers {answer.status}, and not as segl-portal does"
        return _bad(found, "lead portal.url to segl-portal (docs/operations.md, The portal's pages)")
    if shown is None:
        return Check(_ID, State.OK, f"{connection.host} answers")
    return _end(connection.host, shown)


def _end(host: str, shown: Mapping[str, object]) -> Check:
    begins, ends = (ssl.cert_time_to_seconds(str(shown[field])) for field in ("notBefore", "notAfter"))
    left = ends - time.time()
    found = f"the certificate of {host} is valid for {int(left // 86400)} days"
    if left < min(_SOON, (ends - begins) / _LATE):
        return Check(_ID, State.WARN, found, _WHY, _RENEW)
    return Check(_ID, State.OK, f"{host} answers; {found}")


def _certificate_fault(host: str, error: ssl.SSLCertVerificationError) -> Check:
    found = f"the certificate of {host}: {error.verify_message}"
    if error.verify_code in _UNKNOWN_ISSUER:
        # browsers outside may know the authority all the same, or have been told of it
        fix = "give the web server the whole chain (fullchain.pem), of an authority that browsers know"
        return Check(_ID, State.WARN, found, _WHY, fix)
    fixes = {_EXPIRED: _RENEW, _OTHER_NAME: "get one for the name in portal.url"}
    return _bad(found, fixes.get(error.verify_code, "give the web server one that browsers take"))


def _is_ours(host: str) -> bool:
    """Whether *host* is an address of this machine: who does not answer there, answers nobody."""
    for family, kind, _, _, address in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind) as sock:
                sock.bind(address)
        except OSError:
            return False
    return True


def _bad(found: str, fix: str) -> Check:
    return Check(_ID, State.FAIL, found, _WHY, fix)
