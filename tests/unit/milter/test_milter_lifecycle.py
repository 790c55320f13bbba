"""How a running segl-milter starts and reloads, with messages in hand."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from segl_classifier.rules import shipped_rules
from world import template
from world.milterlife import CPR, FROM, TEA, TO, route, wait_for
from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until
from world.process import children_of

pytestmark = pytest.mark.slow

# A rule that makes the tea message secure: shows which rules are in force.
TEA_RULE = """\
[[rule]]
id = "health.te"
label = "health"
why = "Viser hvilke regler der gælder."
weight = 1.0
words = ["ses til te"]
matches = ["Vi ses til te"]
not_matches = ["Vi ses til kaffe"]
"""


def start_anyway(milter: RunningMilter, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Another segl-milter with the same settings, run to its end."""
    return template.run("segl-milter", "--settings", str(milter.settings), *arguments, seconds=30)


# start


def test_the_socket_has_its_permissions_and_the_folder_holds_nothing_else(steady: RunningMilter) -> None:
    milter = steady
    assert stat.S_IMODE(milter.socket.stat().st_mode) == 0o660
    left = {file.name for file in milter.directory.iterdir() if file.name.startswith((".", "milter."))}
    assert left == {"milter.sock", ".milter.sock.lock"}


def test_workers_who_read_messages_reach_no_port_of_this_host(steady: RunningMilter) -> None:
    """One filter more than their parent (proc_pid_status(5)); what it refuses: confined/test_sandbox.py."""
    milter = steady

    def filters(pid: int) -> int:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        return next(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("Seccomp_filters")
        )

    assert {filters(pid) for pid in milter.workers()} == {filters(milter.daemon.pid) + 1}


def test_a_stale_socket_is_replaced(new_milter: NewMilter, tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "0/milter.sock"))
    (tmp_path / "0").rename(tmp_path / "stale")
    milter = new_milter()
    milter.daemon.kill()
    wait_until(lambda: milter.workers() == [], 30, lambda: "the workers outlive their parent")
    assert milter.socket.exists()
    milter.daemon.start()
    assert route(milter) == "plain"


def test_a_second_one_on_the_same_socket_is_refused(steady: RunningMilter) -> None:
    milter = steady
    second = start_anyway(milter)
    assert second.returncode == 78
    assert "another segl-milter serves this socket" in second.stderr
    assert "Traceback" not in second.stderr
    assert route(milter) == "plain"


def test_a_file_in_the_sockets_place_is_left_alone(new_milter: NewMilter) -> None:
    milter = new_milter()
    milter.daemon.stop()
    milter.socket.write_text("mine")
    refused = start_anyway(milter)
    assert refused.returncode == 78
    assert "exists and is no socket" in refused.stderr
    assert milter.socket.read_text() == "mine"
    milter.socket.unlink()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ('socket = "/nowhere/to/be/found/m.sock"', "there is no folder /nowhere"),
        (f'socket = "/tmp/{"x" * 100}"', "too long"),
        ("workers = -1\ndrain_secnods = 1", "did you mean drain_seconds?"),
        ("[", "not TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_words(
    tmp_path: Path, new_milter: NewMilter, change: str, complaint: str
) -> None:
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "N"\ndomains = ["n.example"]\n[detection]\nmodel = false\n[milter]\n{change}\n'
    )
    refused = template.run("segl-milter", "--settings", str(settings), seconds=30)
    assert refused.returncode == 78
    assert complaint in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_metrics_port_in_use_is_refused_in_words(steady: RunningMilter) -> None:
    milter = steady
    other = milter.directory / "other.sock"
    text = milter.settings.read_text("utf-8")
    milter.settings.write_text(text.replace(str(milter.socket), str(other)), "utf-8")
    refused = start_anyway(milter)
    assert refused.returncode == 78
    assert f"metrics.milter_port: 127.0.0.1:{milter.port}: Address already in use" in refused.stderr
    assert "ss -ltnp" in refused.stderr, "the hint"
    assert not other.exists()


def test_check_only_checks_and_ends(steady: RunningMilter) -> None:
    milter = steady
    good = start_anyway(milter, "--check-only")
    assert (good.returncode, good.stdout[:5]) == (0, "good:")
    milter.rules.write_text('[[rule]]\nid = "x"\n')
    milter.write(f'rules = ["{milter.rules}"]')
    bad = start_anyway(milter, "--check-only")
    assert bad.returncode == 78
    assert str(milter.rules) in bad.stderr


# reload


def test_a_reload_takes_up_new_rules_and_settings(new_milter: NewMilter) -> None:
    milter = new_milter(workers=2, drain_seconds=60)
    before = milter.workers()
    with milter.client() as old:
        assert route(milter) == "plain"
        milter.rules.write_text(TEA_RULE)
        milter.write(f'rules = ["{milter.rules}"]', workers=1, drain_seconds=60)
        milter.daemon.signal(signal.SIGHUP)
        reloaded = wait_for(milter, "reloaded")
        assert reloaded["needs_restart"] == []
        assert (reloaded["came"], reloaded["went"]) == (1, 0)
        assert reloaded["rule_count"] == len(shipped_rules().rules) + 1
        assert route(milter) == "secure"
        # a connection from before goes on, by the rules it began with, until it is closed
        assert old.message(FROM, TO, TEA).headers["X-Segl-Route"] == "plain"
    wait_until(lambda: not set(before) & set(milter.workers()), 30, lambda: "old workers do not end")
    assert len(milter.workers()) == 1
    assert milter.metric("segl_workers") == 1
    assert milter.metric("segl_worker_deaths_total") == 0
    assert milter.events("worker_died") == []


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("settings", "detection.mode"),
        ("rules", "not TOML"),
        ("example", "Farvel"),
        ("no file", "no such file"),
        ("emptied", "is empty"),
    ],
)
def test_a_reload_with_a_fault_keeps_what_was(steady: RunningMilter, fault: str, complaint: str) -> None:
    milter = steady
    before, refusals = milter.workers(), len(milter.events("reload_refused"))
    if fault == "settings":
        milter.write('mode = "sometimes"')
    else:
        if fault != "no file":
            example = TEA_RULE.replace("Vi ses", "Farvel")
            milter.rules.write_text({"example": example, "emptied": ""}.get(fault, "[[["))
        milter.write(f'rules = ["{milter.rules}"]')
    milter.daemon.signal(signal.SIGHUP)
    refused = wait_for(milter, "reload_refused", refusals + 1)
    assert complaint in refused["error"]
    assert str(milter.settings if fault == "settings" else milter.rules) in refused["error"]
    assert route(milter) == "plain"
    assert milter.workers() == before
    # It is counted a moment after the log has it.
    wait_until(lambda: milter.metric("segl_reloads_total") == refusals + 1, 30, lambda: milter.daemon.log)


def test_no_message_is_lost_while_it_is_reloaded_again_and_again(new_milter: NewMilter) -> None:
    milter = new_milter(workers=2)
    answers: list[str] = []
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            answers.append(route(milter, CPR))

    def another_is_answered() -> None:
        heard = len(answers)
        wait_until(lambda: len(answers) > heard, 30, lambda: f"answers: {answers}")

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for count in range(1, 4):
        milter.daemon.signal(signal.SIGHUP)
        wait_for(milter, "reloaded", count)
        another_is_answered()
    stop.set()
    for sender in senders:
        sender.join(30)
    assert set(answers) == {"secure"}
    assert milter.socket.exists()
    wait_until(lambda: len(milter.workers()) == 2, 30, lambda: f"workers left: {milter.workers()}")


def test_more_connections_than_idle_threads_are_kept(steady: RunningMilter) -> None:
    milter = steady
    for _ in range(2):
        clients = [milter.client() for _ in range(60)]
        for client in clients:
            client.mail(FROM)
            client.recipient(*TO)
            client.content(CPR)
        assert {client.end().headers["X-Segl-Route"] for client in clients} == {"secure"}
        for client in clients:
            client.close()
    assert route(milter) == "plain"


def test_a_log_that_cannot_be_written_does_not_stop_the_mail(tmp_path: Path) -> None:
    milter = RunningMilter(tmp_path, model=False)
    milter.write()
    script = Path(sys.executable).parent / "segl-milter"
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([script, "--settings", milter.settings], stderr=full)
        try:
            wait_until(milter.socket.exists, 30, lambda: "it does not start")
            assert route(milter, CPR) == "secure"
            process.send_signal(signal.SIGHUP)
            assert route(milter, TEA) == "plain"
            os.kill(children_of(process.pid)[-1], signal.SIGKILL)
            assert route(milter, CPR) == "secure"
        finally:
            process.terminate()
            assert process.wait(60) == 0
