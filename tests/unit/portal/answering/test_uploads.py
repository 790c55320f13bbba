"""Uploads to a running segl-portal over its TLS port: large, hostile, broken off; what is on disk meanwhile, and what
the process takes."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from world.clamd import MARKER as MARKED
from world.clamd import ScannerDaemon
from world.counter import CONTENT, Letter
from world.forms import Form
from world.peers import ACCEPTED
from world.portal_site import HOST, Answer, Client, PortalSite
from world.postfix import wait_until
from world.writing import ORIGINAL

MARKER = b"HEMMELIGT-BILAG-"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("site")) as started:
        yield started


@dataclass
class Visit:
    """A recipient with her message open."""

    site: PortalSite
    client: Client
    letter: Letter

    def form(self, text: str = "Hej Anna") -> Form:
        """The form as her page has it now."""
        page = self.client.get(f"/m/{self.letter.recipient_id}/message")
        assert page.status == 200
        box = page.text[page.text.index('enctype="multipart/form-data"') :]
        found = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', box) for name in ("csrf", "once")}
        csrf, once = found["csrf"], found["once"]
        assert csrf is not None
        assert once is not None
        return Form(csrf=csrf[1], once=once[1], text=text)

    def send(self, form: Form, **headers: str) -> Answer:
        kind = {"Content-Type": form.content_type}
        return self.client.request("POST", self.path, form.whole(), {**kind, **headers})

    @property
    def path(self) -> str:
        return f"/m/{self.letter.recipient_id}/answer"

    def begun(self, length: int) -> ssl.SSLSocket:
        """A connection on which the header of an upload of *length* bytes was sent."""
        context = ssl.create_default_context(cafile=self.site.ca.file)
        plain = socket.create_connection(("127.0.0.1", self.site.web_port), 30)
        connection = context.wrap_socket(plain, server_hostname=HOST)
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        lines = (
            f"POST {self.path} HTTP/1.1",
            f"Host: {HOST}:{self.site.web_port}",
            f"Cookie: {cookies}",
            "Sec-Fetch-Site: same-origin",
            f"Content-Type: {Form().content_type}",
            f"Content-Length: {length}",
            "",
            "",
        )
        connection.sendall("\r\n".join(lines).encode())
        return connection


def opened(site: PortalSite, content: bytes = CONTENT) -> Visit:
    site.return_port.forget()
    letter, client = site.seal(content=content), site.client()
    client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    return Visit(site, client, letter)


@pytest.fixture
def visit(site: PortalSite) -> Visit:
    return opened(site)


def on_disk(site: PortalSite, *, but: Letter) -> list[Path]:
    """The files of answers, whole or begun."""
    return [path for path in site.directory.root.glob("*/*") if but.message_id not in path.name]


def worker_of(site: PortalSite) -> int:
    started = [event for event in site.daemon.events if event["event"] == "worker_started"]
    return int(started[-1]["pid"]) if started else site.daemon.pid


def memory(pid: int) -> int:
    """What the process has taken at most, in bytes (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def test_an_answer_over_the_wire(visit: Visit) -> None:
    sent = visit.send(visit.form("Hej Anna").with_file("brev.txt", b"Hej"))
    told = sent.headers["location"]
    assert sent.status == 303
    assert re.fullmatch(rf"/m/{visit.letter.recipient_id}/message\?answered=[0-9a-f]{{32}}", told)
    [mail] = visit.site.return_port.received
    assert b"Reply-To: <bo@vestby.example>" in mail.content
    shown = visit.client.get(told).text
    for words in ("Hej Anna", "brev.txt", "Dit svar er sendt."):
        assert words in shown


@pytest.mark.parametrize("with_script", [True, False])
def test_an_answer_that_waits_is_not_called_sent_whatever_the_address_says(
    visit: Visit, with_script: bool
) -> None:
    """The address stays when the page is loaded again; what it says is asked of the store."""
    page, port = f"/m/{visit.letter.recipient_id}/message", visit.site.return_port
    port.data_reply = "451 4.3.0 not now"
    try:
        kept = visit.send(visit.form("Vent"), **({"Accept": "application/json"} if with_script else {}))
    finally:
        port.data_reply = ACCEPTED
    [answer_id] = re.findall(r"/answer/([0-9a-f]{32})", visit.client.get(page).text)
    told = f"{page}?answered={answer_id}"
    if with_script:
        assert json.loads(kept.text)["kept"] == told
    shown = visit.client.get(told).text
    assert ("Dit svar er sendt." in shown, "ikke nået frem endnu" in shown) == (False, True)
    form = {"csrf": visit.form().csrf}
    assert visit.client.post(f"{visit.path}/{answer_id}", form).headers["location"] == told
    shown = visit.client.get(told).text
    assert ("Dit svar er sendt." in shown, "ikke nået frem endnu" in shown) == (True, False)
    for other in ("1", "0" * 32, "<b>"):
        assert "Dit svar er sendt" not in visit.client.get(f"{page}?answered={other}").text


def test_what_was_written_is_given_back_when_the_visit_is_over(visit: Visit) -> None:
    """An hour of writing makes no request; a browser without script has the text nowhere else."""
    form = visit.form("Lang tekst <b>fed</b>").with_file("a.bin", b"x" * 300_000)
    left = visit.client.post(f"/m/{visit.letter.recipient_id}/leave", {"csrf": form.csrf})
    assert left.status == 303
    told = visit.send(form)
    assert told.status == 200
    assert "Kopiér din tekst" in told.text
    assert "Lang tekst &lt;b&gt;fed&lt;/b&gt;</textarea>" in told.text
    assert visit.site.return_port.received == []
    assert visit.send(Form(csrf="x")).status == 200
    empty = visit.send(replace(form, text=""))
    assert (empty.status, empty.headers["location"]) == (303, f"/m/{visit.letter.recipient_id}?now=again")


def test_while_its_file_is_away_a_reader_keeps_her_place_and_her_text(visit: Visit) -> None:
    """She is not asked for a new code, nor told that it took too long or that the message was deleted."""
    page, form = f"/m/{visit.letter.recipient_id}", visit.form("Lang tekst")
    file = visit.site.directory.path(visit.letter.message_id)
    file.rename(file.with_suffix(".away"))
    try:
        away = visit.client.get(f"{page}/message")
        assert (away.status, away.headers["retry-after"]) == (503, "30")
        assert "Læs videre" in visit.client.get(page).text
        told = visit.send(form)
        assert "Lang tekst</textarea>" in told.text
        assert "Vi kan ikke tage imod lige nu" in told.text
        in_json = visit.send(form, Accept="application/json")
        assert json.loads(in_json.text)["told"].startswith("Vi kan ikke tage imod lige nu")
    finally:
        file.with_suffix(".away").rename(file)
    assert visit.client.get(f"{page}/message").status == 200
    assert visit.send(form).status == 303


def test_the_page_says_that_an_answer_did_not_go_to_all(site: PortalSite) -> None:
    visit = opened(site, ORIGINAL)
    visit.site.return_port.rcpt_replies = {"carl@nordby-vand.example": "550 5.1.1 no such user"}
    try:
        sent = visit.send(replace(visit.form(), everyone=True))
    finally:
        visit.site.return_port.rcpt_replies = {}
    told = sent.headers["location"]
    assert told.endswith("&partly")
    assert "Dit svar er sendt, men ikke til alle" in visit.client.get(told).text


def test_the_page_shows_the_text_again_when_a_file_is_refused(visit: Visit) -> None:
    refused = visit.send(visit.form("Lang tekst <b>fed</b>").with_file("spil.exe", b"MZ"))
    assert refused.status < 500
    assert "spil.exe" in refused.text
    assert "Lang tekst &lt;b&gt;fed&lt;/b&gt;" in refused.text
    assert visit.site.return_port.received == []


def test_a_name_cannot_break_the_page(visit: Visit) -> None:
    refused = visit.send(visit.form().with_file('"><script>alert(1)</script>.exe', b"x"))
    assert "<script>alert" not in refused.text
    taken = visit.send(visit.form().with_file("<img src=x onerror=alert(1)>.txt", b"x"))
    assert taken.status == 303
    assert "<img src=x" not in visit.client.get(f"/m/{visit.letter.recipient_id}/message").text


def test_a_large_film_takes_little_memory_and_is_nowhere_in_clear(visit: Visit) -> None:
    site, form = visit.site, visit.form()
    block = (MARKER * (MEGABYTE // len(MARKER)))[:MEGABYTE]
    whole = form.with_file("film.mp4", *([block] * 24)).whole()
    pid = worker_of(site)
    visit.send(visit.form("lille").with_file("a.txt", b"x"))  # what a first answer loads does not count
    before = memory(pid)
    connection = visit.begun(len(whole))
    half = len(whole) // 2
    connection.sendall(whole[:half])
    wait_until(lambda: _largest(site, visit.letter) > half, 60, lambda: site.daemon.log[-3000:])
    places = [
        site.home,
        Path("/proc", str(pid), "root", "tmp"),
        *(path for path in _open_files(pid) if path.is_file()),
    ]
    assert not any(_holds(place, MARKER) for place in places)
    connection.sendall(whole[half:])
    answer = connection.recv(4096)
    connection.close()
    assert answer.startswith(b"HTTP/1.1 303"), answer
    assert memory(pid) - before < 24 * MEGABYTE
    assert len(site.return_port.received) == 2


def _largest(site: PortalSite, letter: Letter) -> int:
    return max((path.stat().st_size for path in on_disk(site, but=letter)), default=0)


def _open_files(pid: int) -> Iterator[Path]:
    """All files the process has open, those without a name too."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if stat.S_ISREG(entry.stat().st_mode):
                yield entry
        except OSError:
            continue


def _holds(file: Path, word: bytes) -> bool:
    try:
        return word in file.read_bytes()
    except OSError:
        return False


def test_a_browser_that_goes_away_in_the_middle_leaves_nothing(visit: Visit) -> None:
    site, whole = visit.site, visit.form().with_file("a.bin", b"x" * 3 * MEGABYTE).whole()
    before = set(on_disk(site, but=visit.letter))
    connection = visit.begun(len(whole))
    connection.sendall(whole[: 2 * MEGABYTE])
    wait_until(lambda: set(on_disk(site, but=visit.letter)) != before, 30, lambda: site.daemon.log[-3000:])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
    wait_until(lambda: set(on_disk(site, but=visit.letter)) == before, 30, lambda: site.daemon.log[-3000:])
    assert site.return_port.received == []
    assert visit.send(visit.form()).status == 303, "and she can begin anew"


def test_more_than_is_allowed_is_refused_before_it_comes(visit: Visit) -> None:
    began = time.monotonic()
    connection = visit.begun(10**12)
    answer = b""
    while b"</html>" not in answer:
        answer += connection.recv(65536)
    connection.close()
    assert b"Svaret fylder for meget" in answer
    assert time.monotonic() - began < 30


def test_a_second_browser_cannot_answer(visit: Visit) -> None:
    form = visit.form()
    stranger = visit.site.client()
    stranger.get(f"/m/{visit.letter.recipient_id}")
    answer = stranger.request("POST", visit.path, form.whole(), {"Content-Type": form.content_type})
    assert answer.status < 500
    other_site = visit.client.request(
        "POST", visit.path, form.whole(), {"Content-Type": form.content_type, "Sec-Fetch-Site": "cross-site"}
    )
    assert other_site.status in (400, 403)
    wrong = visit.send(Form(csrf="x" * 43))
    assert wrong.status < 500
    assert visit.site.return_port.received == []


def test_inside_its_unit_the_portal_reaches_the_virus_scanner(tmp_path: Path) -> None:
    """Over the unix socket, as Debian's clamd offers it."""
    with (
        # the unit's /tmp is its own
        tempfile.TemporaryDirectory(
            prefix="segl-clamd-", dir="/run" if os.geteuid() == 0 else None
        ) as folder,
        ScannerDaemon(Path(folder)) as clamd,
        PortalSite(tmp_path, tables=f'[portal.answers]\nclamd = "{clamd.address}"') as site,
    ):
        visit = opened(site)
        refused = visit.send(visit.form("Bliver stående").with_file("virus.txt", MARKED))
        assert "virus.txt" in refused.text
        assert "Bliver stående" in refused.text
        assert site.return_port.received == []
        assert visit.send(visit.form().with_file("brev.txt", b"Hej")).status == 303
        [found] = [event for event in site.daemon.events if event["event"] == "scanned"]
        assert (found["said"], found["detail"]) == ("found", "Segl.Test.Marker.UNOFFICIAL")
