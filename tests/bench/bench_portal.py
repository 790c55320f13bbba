"""segl-portal's pages, as a web server before it asks for them: over its unix socket, by connections that stay open.

Two workers. Measured are *openings* (the page behind a link, before anything is known) and *messages* of 20 KB shown:
the page of an open message and the text in its frame, each decrypted and made harmless anew. Beside the rate stands the
processor time of segl-portal for one, all its processes together: another load on the machine changes that less, and
the clients here take their share of the cores as well. Then a message of 50 MB is downloaded whole.

    python tests/bench/bench_portal.py [openings]

Bars, on two cores: 200 openings and 50 messages a second; 64 MB more memory while 50 MB go out.
"""

from __future__ import annotations

import http.client
import re
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import bar, family, family_cpu_seconds, peak_megabytes, share, tell_noise
from world.counter import Letter
from world.portal_site import HOST, PortalSite

BAR_OPENINGS, BAR_MESSAGES = 200.0, 50.0
CLIENTS = 8
LIMITS = "[portal.limits]\nnetwork_codes_an_hour = 1000000\nnetwork_tries_an_hour = 1000000\nall_an_hour = 1000000\n"
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


class Connection(http.client.HTTPConnection):
    """To the unix socket, with a browser's cookies."""

    def __init__(self, path: Path, host: str) -> None:
        super().__init__(host, timeout=60)
        self._path = path
        self._name = host
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self._path))

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Host": self._name, "Accept-Language": "da", **(SAME_SITE if body else {})}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.request(method, path, body or None, headers)
        answer = self.getresponse()
        if told := answer.getheader("set-cookie"):
            name, _, value = told.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.read().decode()


def main() -> int:
    openings = next((int(word) for word in sys.argv[1:] if word.isdigit()), 2_000)
    tell_noise()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "web.sock"
        site = PortalSite(Path(folder), tables=LIMITS)
        text = site.settings_file.read_text("utf-8").replace("workers = 1", "workers = 2")
        plain = re.sub(r'listen = "[^"]*"\ncertificate = .*\nkey = .*\n', f'listen = "{path}"\n', text)
        site.settings_file.write_text(plain, "utf-8")
        with site:
            host = f"{HOST}:{site.web_port}"
            connections = [Connection(path, host) for _ in range(CLIENTS)]
            letters = [site.seal(f"r{number}@vestby.example", mail()) for number in range(CLIENTS)]
            good = _measured(
                "openings", BAR_OPENINGS, site, openings, lambda at: _get(connections[at], letters[at], "")
            )
            for connection, letter in zip(connections, letters, strict=True):
                _open(site, connection, letter)
            good &= _measured(
                "messages of 20 KB shown",
                BAR_MESSAGES,
                site,
                openings // 5,
                lambda at: _show(connections[at], letters[at]),
            )
            good &= _download(site, path, host)
    return 0 if good else 1


def _measured(what: str, least: float, site: PortalSite, count: int, ask: Callable[[int], object]) -> bool:
    for at in range(CLIENTS):  # what is made at first is not counted
        ask(at)
    before, begun = family_cpu_seconds(site.daemon.pid), time.monotonic()

    def client(at: int) -> list[float]:
        spent = []
        for _ in range(count // CLIENTS):
            start = time.monotonic()
            ask(at)
            spent.append(time.monotonic() - start)
        return spent

    with ThreadPoolExecutor(CLIENTS) as pool:
        waits = [wait for spent in pool.map(client, range(CLIENTS)) for wait in spent]
    seconds = time.monotonic() - begun
    cpu = 1000 * (family_cpu_seconds(site.daemon.pid) - before) / len(waits)
    rate, slow = len(waits) / seconds, 1000 * share(waits, 0.99)
    value = f"{rate:.0f} a second, {cpu:.2f} ms of processor each, 99 % within {slow:.0f} ms"
    return bar(what, value, rate >= least, f"at least {least:.0f} a second")


def _download(site: PortalSite, path: Path, host: str) -> bool:
    """The whole of a large message, and what memory its worker took for it."""
    letter = site.seal("large@vestby.example", b"Subject: x\r\n\r\n" + b"0123456789" * 5_000_000)
    connection = Connection(path, host)
    _open(site, connection, letter)
    headers = {"Host": host, "Cookie": connection.cookie}
    before = _peak(site)
    begun = time.monotonic()
    connection.request("GET", f"/m/{letter.recipient_id}/message.eml", headers=headers)
    answer = connection.getresponse()
    size = 0
    while piece := answer.read(1 << 20):
        size += len(piece)
    rate, more = size / 1e6 / (time.monotonic() - begun), _peak(site) - before
    return bar("download of 50 MB", f"{rate:.0f} MB a second, {more:.0f} MB more memory", more < 64, "64 MB")


def _peak(site: PortalSite) -> float:
    """The largest that any of its processes ever was."""
    return max(map(peak_megabytes, family(site.daemon.pid)))


def _show(connection: Connection, letter: Letter) -> None:
    _get(connection, letter, "/message")
    _get(connection, letter, "/body")


def _get(connection: Connection, letter: Letter, page: str) -> None:
    status, _ = connection.ask("GET", f"/m/{letter.recipient_id}{page}")
    assert status == 200, page


def _open(site: PortalSite, connection: Connection, letter: Letter) -> None:
    path = f"/m/{letter.recipient_id}"
    connection.ask("POST", f"{path}/code", urlencode({"link": letter.link}))
    _, page = connection.ask("GET", f"{path}/code")
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    form = urlencode({"csrf": found[1], "code": site.next_code(letter.recipient)})
    status, _ = connection.ask("POST", f"{path}/open", form)
    assert status == 303


def mail() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Mette Krog <anna@nordby-vand.example>", "Bo <bo@vestby.example>"
    message["Subject"] = "Flytteopgørelse for Åvej 3"
    message.set_content("Se opgørelsen.")
    row = '<tr><td style="padding:4px">Acontobetaling</td><td align="right">2.400,00 kr.</td></tr>'
    message.add_alternative(f"<p>Kære Bo</p><table>{row * 225}</table>", subtype="html", cte="8bit")
    return message.as_bytes()


if __name__ == "__main__":
    sys.exit(main())
