"""The process segl-portal: how it starts, refuses to start, reloads and stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from segl.audit import Act, entries
from segl.errors import SettingsError
from segl.settings.file import checked_settings
from segl_portal.checked import start_faults
from world.counter import Letter
from world.desk import DOMAIN
from world.peers import SmtpPeer
from world.portal_site import HOST, PortalSite
from world.ports import free_port
from world.postfix import wait_until
from world.process import is_alive

Open = Callable[..., PortalSite]


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    """One site for the tests that leave it as it was."""
    with PortalSite(tmp_path_factory.mktemp("portal")) as site:
        yield site


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A site for this test alone."""
    sites: list[PortalSite] = []

    def opened(**options: Any) -> PortalSite:
        sites.append(PortalSite(tmp_path, **options).__enter__())
        return sites[-1]

    yield opened
    for site in sites:
        site.__exit__(None, None, None)


def refusal(site: PortalSite) -> str:
    """Start once more with the settings as they are now; it must refuse."""
    done = site.daemon.again()
    assert done.returncode == 78, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def workers(site: PortalSite) -> list[int]:
    kinds = ("worker_started", "worker_died")
    events = [e for e in site.daemon.events if e["event"] in kinds and e["kind"] == "worker"]
    started = [e["pid"] for e in events if e["event"] == "worker_started"]
    died = {e["pid"] for e in events if e["event"] == "worker_died"}
    return [pid for pid in started if pid not in died]


def reload(site: PortalSite) -> None:
    """Returns when the process says that the settings are in force."""
    before = site.daemon.log.count('"reloaded"')
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: site.daemon.log.count('"reloaded"') > before, 30, lambda: site.daemon.log)


def test_it_speaks_tls_1_2_and_better_and_forward_secret_ciphers_only(steady: PortalSite) -> None:
    with steady.connected() as sock:
        assert sock.version() == "TLSv1.3"
    for version, ciphers in (
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA"),
    ):
        context = ssl.create_default_context(cafile=steady.ca.file)
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the old version is the point here
            context.minimum_version = context.maximum_version = version
        with (
            socket.create_connection(("127.0.0.1", steady.web_port), 30) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain, server_hostname=HOST)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("[portal.web]", "[portal.web]\nport = 8", "portal.web.port"),
        (f"https://{HOST}", "https://sikker.invalid", "portal.url: is not set"),
        (f"https://{HOST}", f"http://{HOST}", "is not https"),
        ("key = ", "# key = ", "only one of certificate and key"),
        (
            "certificate = ",
            'certificate = "/nowhere/a.pem" #',
            "portal.web.certificate: /nowhere/a.pem cannot be read",
        ),
        ("key = ", 'key = "/nowhere/a.key" #', "portal.web.key: /nowhere/a.key cannot be read"),
        ("certificate = ", 'certificate = "/etc/passwd" #', "portal.web.certificate: cannot be used"),
        ("[delivery]", '[[portal.look]]\ncolour = "#ffee00"\n[delivery]', "cannot be read on white"),
    ],
    ids=[
        "unknown key",
        "no address",
        "http",
        "half a key",
        "no certificate",
        "no key",
        "no PEM",
        "pale colour",
    ],
)
def test_what_cannot_be_used_is_named(steady: PortalSite, before: str, after: str, words: str) -> None:
    steady.write_settings()
    text = steady.settings_file.read_text("utf-8")
    assert before in text
    steady.settings_file.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(SettingsError) as refused:
        checked_settings(steady.settings_file, start_faults)
    assert words in refused.value.private


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (f"https://{HOST}", "https://sikker.invalid", "portal.url: is not set"),
        ("", "", "ss -ltnp tells who listens there"),
    ],
    ids=["no address", "port in use"],
)
def test_what_cannot_be_used_refuses_the_start(
    steady: PortalSite, before: str, after: str, words: str
) -> None:
    site = steady
    site.write_settings()
    text = site.settings_file.read_text("utf-8")
    site.settings_file.write_text(text.replace(before, after) if before else text, "utf-8")
    assert words in refusal(site)
    assert site.client().get("/healthz").status == 200  # the one that runs goes on


def test_a_reload_takes_a_new_look_and_a_new_certificate(steady: PortalSite) -> None:
    site = steady
    path = f"/m/{'0' * 32}"
    site.write_settings()
    assert "Nordby Vandværk" in site.client().get(path).text
    new = site.ca.issue([HOST])
    site.certificate.cert.write_bytes(new.cert.read_bytes())
    site.certificate.key.write_bytes(new.key.read_bytes())
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\ncolour = "#7a1f5c"\n')
    reload(site)
    assert "Syd Vand" in site.client().get(path).text

    def shown() -> str:
        with site.connected() as sock:
            certificate = sock.getpeercert(binary_form=True)
        assert certificate is not None
        return sha256(certificate).hexdigest()

    assert shown() == new.sha256
    site.write_settings()
    reload(site)
    assert "Nordby Vandværk" in site.client().get(path).text


def test_a_reload_takes_up_another_return_port(opened: Open) -> None:
    site, port = opened(), free_port()
    with SmtpPeer("127.0.0.1", port) as moved:
        site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')
        text = site.settings_file.read_text("utf-8").replace(f":{site.port}", f":{port}")
        site.settings_file.write_text(text, "utf-8")
        site.daemon.signal(signal.SIGHUP)
        letter = site.seal()
        path = f"/m/{letter.recipient_id}"
        wait_until(lambda: "Syd Vand" in site.client().get(path).text, 30, lambda: site.daemon.log)
        site.client().post(f"{path}/code", {"link": letter.link})
        wait_until(lambda: bool(moved.received), 30, lambda: site.daemon.log)
    assert site.return_port.received == []


def test_a_reload_that_cannot_be_used_changes_nothing(steady: PortalSite) -> None:
    site = steady
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\nlogo = "/nowhere"\n')
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "reload_refused" in site.daemon.log, 30, lambda: site.daemon.log)
    assert "/nowhere" in site.daemon.log
    assert "Nordby Vandværk" in site.client().get(f"/m/{'0' * 32}").text


def test_a_worker_that_dies_is_replaced(steady: PortalSite) -> None:
    site = steady
    [pid] = workers(site)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: bool(workers(site)) and workers(site) != [pid], 30, lambda: site.daemon.log)
    assert site.client().get("/healthz").status == 200
    died = [event for event in site.daemon.events if event["event"] == "worker_died"]
    assert [event["status"] for event in died] == [-signal.SIGKILL]


def test_a_worker_replaced_after_a_reload_has_the_settings_of_the_reload(opened: Open) -> None:
    site = opened()
    path = f"/m/{'0' * 32}"
    before = workers(site)
    old = [site.certificate.cert, site.certificate.key]
    new = [file.with_name(f"renewed-{file.name}") for file in old]
    for one, other in zip(old, new, strict=True):
        other.write_bytes(one.read_bytes())
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')
    text = site.settings_file.read_text("utf-8")
    for one, other in zip(old, new, strict=True):
        text = text.replace(str(one), str(other))
    text = text.replace(f'{site.web_port}"\ncert', f'{free_port()}"\ncert').replace("segl.db", "other.db")
    site.settings_file.write_text(text, "utf-8")
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "Syd Vand" in site.client().get(path).text, 30, lambda: site.daemon.log)
    for file in old:
        file.unlink()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: bool(workers(site)) and workers(site) != before, 30, lambda: site.daemon.log)
    assert "Syd Vand" in site.client().get(path).text
    trail = [entry for entry in entries(site.engine) if entry.act == Act.SETTINGS_CHANGED]
    assert len(trail) == 2, "as it started, and as it was reloaded"
    assert not (site.home / "other.db").exists(), "the store stays until a restart"


def test_an_exporter_that_dies_is_replaced_and_does_not_count_as_a_worker(opened: Open) -> None:
    """The alarm on workers that die again and again tells of what a browser may have noticed."""
    site = opened()

    [exporter] = [e["pid"] for e in site.daemon.events if e.get("kind") == "exporter"]

    def deaths() -> list[str]:
        with suppress(OSError):  # another is being started
            return re.findall(r"(?m)^segl_worker_deaths_total (.*)$", site.metrics())
        return []

    assert deaths() == ["0.0"]
    os.kill(exporter, signal.SIGKILL)
    wait_until(lambda: "worker_died" in site.daemon.log, 30, lambda: site.daemon.log)
    wait_until(lambda: bool(deaths()), 30, lambda: site.daemon.log)
    assert deaths() == ["0.0"]
    os.kill(workers(site)[0], signal.SIGKILL)
    wait_until(lambda: deaths() == ["1.0"], 30, lambda: site.daemon.log)


def test_when_the_parent_is_killed_the_workers_end_too(opened: Open) -> None:
    site = opened()
    [pid] = workers(site)
    site.daemon.kill()
    wait_until(lambda: not is_alive(pid), 30, lambda: site.daemon.log)
    site.daemon.start()
    assert site.client().get("/healthz").status == 200


def test_several_workers_share_one_port_and_each_knows_every_visit(tmp_path: Path) -> None:
    site = PortalSite(tmp_path)
    site.settings_file.write_text(site.settings_file.read_text().replace("workers = 1", "workers = 3"))
    with site:
        letter = site.seal()
        client = site.client()
        client.give(letter, client.ask(letter), site.next_code(letter.recipient))
        for _ in range(12):
            assert "Svar" in client.get(f"/m/{letter.recipient_id}/message").text
        assert len(workers(site)) == 3
        site.settings_file.write_text(
            site.settings_file.read_text() + '[[portal.look]]\nname = "Syd Vand"\n', "utf-8"
        )
        reload(site)
        for _ in range(12):
            assert "Syd Vand" in site.client().get(f"/m/{'0' * 32}").text
        assert site.daemon.log.count('"reloaded"') == 1
        wait_until(
            lambda: 'segl_reloads_total{result="ok"} 1.0' in site.metrics(), 30, lambda: site.daemon.log
        )


def _opened_in(site: PortalSite, letter: Letter) -> Any:
    client = site.client()
    client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    return client


def test_sigterm_lets_a_download_finish(opened: Open) -> None:
    site = opened()
    content = b"Subject: stor\r\n\r\n" + b"x" * 20_000_000
    letter = site.seal(content=content)
    client = _opened_in(site, letter)
    with site.connected() as sock:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        sock.sendall(
            f"GET /m/{letter.recipient_id}/message.eml HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\n"
            f"Cookie: {cookies}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = sock.recv(65536)
        site.daemon.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in site.daemon.log, 30, lambda: site.daemon.log)
        wait_until(lambda: not _connects(site), 30, lambda: site.daemon.log)
        while piece := sock.recv(1 << 20):
            answer += piece
    assert answer.partition(b"\r\n\r\n")[2] == content


def _connects(site: PortalSite) -> bool:
    try:
        socket.create_connection(("127.0.0.1", site.web_port), 5).close()
    except OSError:
        return False
    return True


def test_without_its_store_it_says_so_and_keeps_its_reasons_to_itself(steady: PortalSite) -> None:
    site = steady
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE portal_count RENAME TO gone")
    answer = site.client().post(f"/m/{'0' * 32}/code", {"link": "A" * 43})
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO portal_count")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "30"
    for word in ("portal_count", "sqlite", "Error", "Traceback"):
        assert word not in answer.text


def test_the_metrics_port_that_is_taken_refuses_the_start(steady: PortalSite) -> None:
    site = steady
    site.write_settings()
    text = site.settings_file.read_text("utf-8").replace(f':{site.web_port}"', f':{free_port()}"')
    site.settings_file.write_text(text, "utf-8")
    told = refusal(site)
    assert "metrics.portal_port: 127.0.0.1:" in told
    assert "ss -ltnp" in told, "the hint"


def test_no_log_line_holds_more_than_an_event(steady: PortalSite) -> None:
    site = steady
    for path in (
        "/",
        "/m/x",
        f"/m/{'0' * 32}?lang=%00",
        "/static/../x",
        "/%2e%2e/",
        "/\u00e6".encode().decode("latin-1"),
    ):
        site.client().get(path.replace("\u00c3\u00a6", "%C3%A6"))
    assert all(line.startswith("{") for line in site.daemon.log.splitlines())
    assert DOMAIN not in site.daemon.log
