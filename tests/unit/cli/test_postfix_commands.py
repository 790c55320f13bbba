"""`segl install`, `segl doctor` and `segl status` as they are typed."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from segl.cli import installing, status_host
from segl.cli.main import build
from segl.cli.status_host import rules_line
from segl.postfix import install, sockets
from segl.settings.document import Settings
from segl.store.engine import open_store
from segl_classifier.rules import load_rules
from world.installation import Installation
from world.milterprocess import RunningMilter
from world.needs import POSTFIX
from world.ports import free_port

needs_postfix = POSTFIX


def segl(command: str, *arguments: object) -> Result:
    result = CliRunner().invoke(build(command), [command, *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def toml(settings: dict[str, dict[str, object]]) -> str:
    lines = []
    for table, values in settings.items():
        lines += [f"[{table}]", *(f"{key} = {written(value)}" for key, value in values.items()), ""]
    return "\n".join(lines)


def written(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {written(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value)


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def file(site: Installation, tmp_path: Path) -> Path:
    """The settings file of *site*, with every socket and the store in its folder."""
    run = tmp_path / "run"
    run.mkdir()
    site.tables |= {
        "routing": {"socket": f"{run}/map.sock"},
        "delivery": {
            f"{way}_socket": f"{run}/{way}.sock" for way in ("tunnel", "certificate", "portal", "receipt")
        },
        "portal": {"web": {"listen": f"{run}/web.sock"}},
        "store": {"url": f"sqlite:///{tmp_path}/segl.db"},
    }
    file = tmp_path / "segl.toml"
    file.write_text(toml(site.raw), "utf-8")
    site.settle()
    return file


# install


@needs_postfix
def test_a_dry_run_shows_the_diff_and_changes_nothing(site: Installation, file: Path) -> None:
    before = site.read("main.cf")
    site.settle()
    result = segl("install", "--settings", file, "--dry-run", "--backup", file.parent / "backup")
    assert result.exit_code == 0
    assert "+content_filter = segl-secure:[127.0.0.1]:10026" in result.stdout
    assert "\x1b" not in result.stdout
    assert site.read("main.cf") == before
    assert not (file.parent / "backup").exists()


@needs_postfix
@pytest.mark.parametrize(("there", "told"), [(False, True), (True, False)])
def test_that_mail_will_wait_is_told_where_segl_does_not_run_yet(
    site: Installation, file: Path, monkeypatch: pytest.MonkeyPatch, there: bool, told: bool
) -> None:
    """A running Postfix reads the new main.cf at once; where what it names answers already, nothing waits."""
    monkeypatch.setattr(installing, "is_running", lambda _: True)
    if there:
        monkeypatch.setattr(sockets, "unix", lambda *_: None)
        monkeypatch.setattr(sockets, "tcp", lambda *_: None)
    result = segl("install", "--settings", file, "--dry-run", "--backup", file.parent / "backup")
    assert ("mail is answered 451" in " ".join(result.stdout.split())) is told


@needs_postfix
def test_a_refusal_says_what_why_and_how(site: Installation, file: Path) -> None:
    site.front("-e", "content_filter=smtp-amavis:[127.0.0.1]:10024")
    site.settle()
    result = segl("install", "--settings", file, "--yes", "--dry-run")
    assert result.exit_code == 1
    assert "content_filter is already set: smtp-amavis:[127.0.0.1]:10024" in result.stderr
    assert "why: " in result.stderr
    assert "fix: run the other filter as a milter" in result.stderr


@needs_postfix
def test_servers_that_others_share_wait_for_the_milter(site: Installation, file: Path) -> None:
    """With them in mynetworks, a milter that knows nothing of the tenant would let anybody's mail through."""
    site.front("-e", "mydestination=localhost")
    tenant = "0f9e8d7c-6b5a-4938-a271-605f4e3d2c1b"
    gateway = {"deliver_to": "[x.example]:25", "microsoft": ["40.92.0.0/15"], "tenant": tenant}
    site.tables["postfix"] = {"gateway": gateway}
    file.write_text(toml(site.raw), "utf-8")
    before = site.read("main.cf")
    site.settle()
    (site.queue / "segl").mkdir()
    milter = RunningMilter(site.queue / "segl", model=False)
    milter.write()
    milter.daemon.start()
    result = segl("install", "--settings", file, "--yes", "--backup", file.parent / "backup")
    milter.daemon.stop()
    assert result.exit_code == 1
    assert "fix: systemctl reload segl-milter" in result.stderr
    assert site.read("main.cf") == before


@needs_postfix
@pytest.mark.parametrize(("runs", "step"), [(False, "start"), (True, "reload")])
def test_the_next_steps_are_those_of_a_secure_instance_that_runs_or_does_not(
    site: Installation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    runs: bool,
    step: str,
) -> None:
    site.install()
    monkeypatch.setattr(installing, "is_running", lambda _: runs)
    installing._show_next_steps(site.settings)
    said = capsys.readouterr().out
    assert f"  postfix -c {site.secure_directory} {step}\n" in said
    assert ("reload or restart segl-map" in said) is runs


def test_an_ordinary_user_may_only_look(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = segl("install", "--settings", file)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "segl: only root may change Postfix\nhint: sudo segl install; --dry-run shows the changes\n"
    )


@pytest.mark.parametrize("arguments", [(), ("--undo",)])
def test_without_postfix_or_settings(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = segl("install", "--dry-run", "--settings", tmp_path / "none.toml", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    file = tmp_path / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "N"\ndomains = ["a.example"]\n[postfix]\nfront = "{tmp_path}/none"\n',
        "utf-8",
    )
    result = segl("install", "--dry-run", "--settings", file, *arguments)
    assert result.exit_code == 1
    assert f"there is no directory {tmp_path}/none" in result.stderr


def test_nothing_to_undo(site: Installation, file: Path) -> None:
    result = segl("install", "--settings", file, "--undo", "--dry-run", "--backup", file.parent / "backup")
    assert result.exit_code == 1
    assert "there is nothing to undo" in result.stderr


def test_a_second_install_at_the_same_time_is_refused(site: Installation, file: Path) -> None:
    with install.locked(site.front_directory):
        result = segl("install", "--settings", file, "--dry-run")
    assert result.exit_code == 1
    assert "another segl install is at work" in result.stderr


def test_a_diff_cannot_steer_the_terminal(site: Installation, file: Path) -> None:
    site.append("main.cf", "# \x1b[2J\x07 \t tab\nsmtpd_milters = inet:localhost:8891\n")
    site.settle()
    result = segl("install", "--settings", file, "--dry-run")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout


# doctor


@needs_postfix
def test_doctor_speaks_json(site: Installation, file: Path) -> None:
    site.install()
    site.settle()
    result = segl("doctor", "--settings", file, "--json")
    record = json.loads(result.stdout)
    assert result.exit_code == record["exit"] == 2
    assert {"id", "state", "found", "why", "fix"} == set(record["checks"][0])
    assert [c["state"] for c in record["checks"] if c["id"] == "rules"] == ["ok"]


@needs_postfix
def test_doctor_tells_what_why_and_how(site: Installation, file: Path) -> None:
    site.install()
    site.front("-e", "content_filter=")
    site.settle()
    result = segl("doctor", "--settings", file)
    assert result.exit_code == 2
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    at = lines.index("FAIL front.content-filter content_filter = (empty)")
    assert lines[at + 1].startswith("why what has no verdict")
    assert lines[at + 2].startswith("fix run: segl install")
    assert "front.tls-required" not in result.stdout
    assert "front.tls-required" in segl("doctor", "--settings", file, "--all").stdout


def test_doctor_names_every_fault_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text('[organisation]\nnam = "N"\n', "utf-8")
    record = json.loads(segl("doctor", "--settings", file, "--json").stdout)
    assert [check["state"] for check in record["checks"]] == ["fail"] * len(record["checks"])
    assert len(record["checks"]) == 3


@needs_postfix
def test_doctor_names_bad_rules(site: Installation, file: Path, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[[rule]]\n", "utf-8")
    site.tables["detection"] = {"rules": [str(tmp_path / "own.toml")]}
    file.write_text(toml(site.raw), "utf-8")
    site.settle()
    record = json.loads(segl("doctor", "--settings", file, "--json").stdout)
    assert [check["state"] for check in record["checks"] if check["id"] == "rules"] == ["fail"]


# status


def test_status_of_a_host_without_segl(tmp_path: Path) -> None:
    result = segl("status", "--settings", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"segl: not set up on this host: there is no {tmp_path}/none.toml")
    record = json.loads(segl("status", "--settings", tmp_path / "none.toml", "--json").stdout)
    assert record["runs"] is False


def test_status_before_installation_says_so(file: Path) -> None:
    result = segl("status", "--settings", file)
    assert result.exit_code == 1
    assert "not installed in this Postfix" in result.stdout
    assert "run segl install" in result.stdout


@pytest.fixture
def answering(site: Installation, file: Path) -> Iterator[dict[str, Callable[[], None]]]:
    """Everything answers as its process would. By its name in `segl status`, what makes it stop."""
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("return_port", "secure_port")}
    site.tables["postfix"] = {**site.raw["postfix"], **ports}
    file.write_text(toml(site.raw), "utf-8")
    settings = site.settings
    lmtp = (b"220 a\r\n", b"250 b\r\n")
    delivery = settings.delivery
    answers: dict[str, tuple[Path | str, tuple[bytes, bytes]]] = {
        "front": (settings.postfix.return_port, lmtp),
        "secure": (settings.postfix.secure_port, lmtp),
        "milter": (settings.milter.socket, (b"", b"\0\0\0\x0dO" + bytes(12))),
        "map": (settings.routing.socket, (b"", b"9:NOTFOUND ,")),
        "tunnel": (delivery.tunnel_socket, lmtp),
        "certificate": (delivery.certificate_socket, lmtp),
        "portal": (delivery.portal_socket, lmtp),
        "receipts": (delivery.receipt_socket, lmtp),
        "canary": (settings.canary_socket, lmtp),
        "canary, clear": (settings.canary_clear_socket, lmtp),
        "page": (Path(settings.portal.web.listen), (b"", b"HTTP/1.1 200 OK\r\n\r\n")),
    }
    with ExitStack() as stack:
        stops: dict[str, Callable[[], None]] = {}
        for name, (place, (greeting, answer)) in answers.items():
            listener = _listener(place)
            stops[name] = partial(_stop, listener)
            stack.callback(stops[name])
            threading.Thread(target=_answer, args=(listener, greeting, answer), daemon=True).start()
        for name, path in (
            ("announced", settings.routing.announced_at),
            ("decisions", settings.decisions.socket_beside(delivery.receipt_socket)),
        ):
            bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            bound.bind(str(path))
            stops[name] = bound.close
            stack.callback(bound.close)
        yield stops


def _listener(place: Path | str) -> socket.socket:
    if isinstance(place, str):
        return socket.create_server(("127.0.0.1", int(place.rpartition(":")[2])))
    place.parent.mkdir(exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place))
    listener.listen()
    return listener


def _stop(listener: socket.socket) -> None:
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _answer(listener: socket.socket, greeting: bytes, answer: bytes) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with closing(peer):
            peer.sendall(greeting)
            peer.recv(4096)
            peer.sendall(answer)


@pytest.mark.usefixtures("answering")
def test_status_when_all_answers(site: Installation, file: Path, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/segl.db").dispose()
    result = segl("status", "--settings", file)
    assert result.exit_code == 0, result.stdout
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert f"runs milter answers on {site.settings.milter.socket}" in lines
    assert "sealed none" in lines
    assert "mode detect (as the settings file says now)" in lines


@pytest.mark.parametrize(
    "missing",
    [
        *("front", "secure", "milter", "map", "tunnel", "certificate", "portal", "receipts", "canary"),
        *("canary, clear", "page", "announced", "decisions"),
    ],
)
def test_one_that_does_not_answer_is_enough(
    file: Path, answering: dict[str, Callable[[], None]], missing: str
) -> None:
    answering[missing]()
    result = segl("status", "--settings", file, "--json")
    record = json.loads(result.stdout)
    assert (result.exit_code, record["runs"]) == (1, False)
    assert [name for name in answering if not record[name]["good"]] == [missing]


def test_a_line_separator_in_a_queue_is_no_line_end(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address may hold one, and what a server said."""
    message = {
        "queue_name": "deferred",
        "arrival_time": time.time(),
        "recipients": [{"delay_reason": "a\u2028b"}],
    }
    line = json.dumps(message, ensure_ascii=False) + "\n"
    monkeypatch.setattr(status_host, "run_postfix", lambda *_: CompletedProcess([], 0, line * 2, ""))
    assert (
        status_host.queue_line("queue front", site.front_directory).text == "2 messages, the oldest 0 s old"
    )


def test_status_names_a_full_disk(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of that nothing else tells that it shows: every process runs."""
    site.install()
    site.settle()
    assert status_host.disks_line(site.settings).good
    full = SimpleNamespace(f_flag=0, f_bavail=0, f_frsize=4096, f_files=10**6, f_favail=10**6)
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    line = status_host.disks_line(site.settings)
    assert (line.name, line.good) == ("disks", False)
    assert f"0 MB free for {site.queue}, at least" in line.text


def test_the_rules_of_status_are_those_the_milter_loads(site: Installation) -> None:
    rules = load_rules()
    line = rules_line(site.settings)
    assert line.text == f"{len(rules.rules)} rules, digest {rules.digest[:12]}"


def test_a_rule_file_that_is_gone_is_told(site: Installation) -> None:
    site.tables["detection"] = {"rules": ["/nowhere/own.toml"]}
    settings: Settings = site.settings
    assert not rules_line(settings).good


def test_status_names_a_resolver_that_does_not_answer(site: Installation, file: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    site.tables["routing"] = {**site.tables["routing"], "nameservers": [dead]}
    file.write_text(toml(site.raw), "utf-8")
    line = json.loads(segl("status", "--json", "--settings", file).stdout)["resolver"]
    waits = "mail to domains that are not known yet waits, and none goes a weaker way"
    assert line["good"] is False
    assert line["text"].startswith(f"no answer from the resolver {dead}: {waits}")
