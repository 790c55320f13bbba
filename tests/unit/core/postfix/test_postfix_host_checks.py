"""What the doctor says of the host beside Postfix, and of instances that may or may not run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from segl.errors import PostfixError
from segl.postfix import check_instances, check_running
from segl.postfix.check import Check, Setup, State
from segl.postfix.check_host import host_checks
from segl.postfix.check_instances import debian_unit, instance_checks
from segl.postfix.check_running import is_running, running_checks
from segl.postfix.doctor import examine, exit_code
from segl.postfix.running import read_instance
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from world.installation import Installation
from world.needs import POSTFIX, ROOT
from world.partners import certificate as named
from world.partners import ec_key, pem, rsa_key

OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN
needs_postfix = POSTFIX


def settings(tmp_path: Path, **tables: object) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "N", "domains": ["nordby.example"]},
            "portal": {"url": "https://sikker.nordby.example", "sealed": str(tmp_path / "sealed")},
            "delivery": {"certificates": str(tmp_path / "tunnel.d")},
            "store": {"url": f"sqlite:///{tmp_path}/segl.db"},
            **tables,
        }
    )


def states(checks: object, id_: str) -> set[State]:
    return {check.state for check in checks if check.id == id_}  # type: ignore[attr-defined]


def certificate(days: int, begun: int = 1) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kommune.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=begun)).not_valid_after(
        now + timedelta(days=days, hours=1)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (certificate(90), OK),
        (certificate(29), WARN),
        (certificate(-2, begun=9), WARN),
        (certificate(90, begun=-5), WARN),
        (certificate(5) + certificate(90), OK),
        (certificate(5) + pem(named("CA", ec_key(), ends=900, authority=True)), WARN),
        (pem(named("kommune.example", rsa_key(1024), ends=90)), WARN),
        (b"no certificate", WARN),
        (b"", WARN),
    ],
)
def test_certificates_of_partners(tmp_path: Path, content: bytes, state: State) -> None:
    (tmp_path / "tunnel.d").mkdir()
    (tmp_path / "tunnel.d" / "kommune.example.pem").write_bytes(content)
    assert states(host_checks(settings(tmp_path)), "certificates.expiry") == {state}


@pytest.mark.parametrize(
    ("name", "would_be"),
    [
        ("Kommune.example.pem", "kommune.example.pem"),
        ("bøger.example.pem", "xn--bger-gra.example.pem"),
        ("kommune.example.crt", "kommune.example.pem"),
        ("kommune.example.PEM", "kommune.example.pem"),
        ("kommune.example.pem.txt", "kommune.example.pem"),
        ("post@kommune.example.pem", "<domain>.pem"),
    ],
)
def test_a_partners_file_that_nobody_looks_for_is_named(tmp_path: Path, name: str, would_be: str) -> None:
    (tmp_path / "tunnel.d").mkdir()
    for file in (name, "README", "kommune.example.pem~"):
        (tmp_path / "tunnel.d" / file).write_bytes(certificate(90))
    [folder, found] = [
        check for check in host_checks(settings(tmp_path)) if check.id.startswith("certificates.")
    ]
    assert (folder.found.endswith(": 0 files"), found.id, found.state) == (True, "certificates.name", WARN)
    assert (found.found.startswith(f"{name} is"), would_be in found.fix) == (True, True)


def test_a_partners_file_with_a_private_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "tunnel.d").mkdir()
    file = tmp_path / "tunnel.d" / "kommune.example.pem"
    key = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content, told in ((certificate(90), set()), (certificate(90) + key, {WARN})):
        file.write_bytes(content)
        assert states(host_checks(settings(tmp_path)), "certificates.key") == told


def test_no_partners_is_in_order(tmp_path: Path) -> None:
    assert states(host_checks(settings(tmp_path)), "certificates.folder") == {OK}


def test_a_folder_that_may_not_be_read_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", denied)
    assert states(host_checks(settings(tmp_path)), "certificates.folder") == {UNKNOWN}


@pytest.mark.parametrize(
    ("portal", "state"),
    [
        ({}, FAIL),
        ({"url": "http://sikker.nordby.example"}, FAIL),
        ({"url": "https://sikker.nordby.example"}, OK),
    ],
)
def test_the_portals_address_must_be_set(tmp_path: Path, portal: dict[str, str], state: State) -> None:
    assert states(host_checks(settings(tmp_path, portal=portal)), "settings.portal-url") == {state}


def test_a_return_port_that_segl_deliver_does_not_know_is_named(tmp_path: Path) -> None:
    moved = {"return_port": "127.0.0.1:10127"}
    assert states(host_checks(settings(tmp_path, postfix=moved)), "settings.reinject") == {OK}
    apart = settings(tmp_path, postfix=moved, delivery={"reinject": "127.0.0.1:10027"})
    assert apart.reinject == "127.0.0.1:10027", "what is set holds, and is told of"
    assert states(host_checks(apart), "settings.reinject") == {FAIL}
    assert states(host_checks(settings(tmp_path)), "settings.reinject") == {OK}


def test_shadow_mode_is_named(tmp_path: Path) -> None:
    assert states(host_checks(settings(tmp_path, detection={"mode": "shadow"})), "settings.mode") == {WARN}


def test_the_store(tmp_path: Path) -> None:
    assert states(host_checks(settings(tmp_path)), "store") == {WARN}
    open_store(f"sqlite:///{tmp_path}/segl.db").dispose()
    assert states(host_checks(settings(tmp_path)), "store") == {OK}
    (tmp_path / "segl.db").write_bytes(b"broken" * 500)
    assert states(host_checks(settings(tmp_path)), "store") == {FAIL}


@pytest.mark.parametrize(("mode", "state"), [(0o700, OK), (0o750, OK), (0o755, WARN)])
def test_sealed_messages_are_nobody_elses(tmp_path: Path, mode: int, state: State) -> None:
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed").chmod(mode)
    assert states(host_checks(settings(tmp_path)), "store.sealed") == {state}


@pytest.mark.parametrize(
    ("found", "code"), [([], 0), ([OK], 0), ([OK, WARN], 1), ([UNKNOWN], 1), ([WARN, FAIL, UNKNOWN], 2)]
)
def test_exit_codes(found: list[State], code: int) -> None:
    assert exit_code([Check("x", state, "") for state in found]) == code


BESIDE = {
    "": WARN,  # as Debian ships it: by MX
    "relayhost=[smtp.udbyder.example]:587": WARN,
    "relayhost=[127.0.0.1]:25": OK,
    "relayhost=[localhost]": OK,
    "relayhost=[::1]:smtp": OK,
    "relayhost=[mail.nordby.example]": OK,
    "relayhost=localhost": WARN,  # whatever is the MX of that
    "default_transport=smtp:[127.0.0.1]:25 relayhost=[smtp.udbyder.example]": OK,
    "relayhost=[127.0.0.1]:10027": WARN,  # past Segl, by the return port
    "relayhost=[127.0.0.1]:2525": WARN,
    "relayhost=[127.0.0.1]:25 transport_maps=inline:{x.example=smtp:}": WARN,
    "relayhost=[127.0.0.1]:25 sender_dependent_relayhost_maps=static:[x.example]": WARN,
    "relayhost=[127.0.0.1]:25 smtp_fallback_relay=[x.example]": WARN,  # while the front is down
    "relayhost=[127.0.0.1]:25 smtp/unix/smtp_fallback_relay=[x.example]": WARN,  # in master.cf
    "relayhost=[127.0.0.1]:25 content_filter=scan:[127.0.0.1]:10024": WARN,  # which may send it anywhere
}


@needs_postfix
class TestInstances:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Installation:
        site = Installation(tmp_path)
        site.install()
        return site

    def registered(self, site: Installation, monkeypatch: pytest.MonkeyPatch) -> list[Check]:
        """As if the front were the directory compiled into Postfix."""
        monkeypatch.setattr(check_instances, "default_directory", lambda: site.front_directory)
        return list(instance_checks(site.setup))

    def test_both_must_start_together(self, site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        assert states(self.registered(site, monkeypatch), "instances.registered") == {WARN}
        site.front("-e", f"multi_instance_directories=/etc/postfix-out, {site.secure_directory}")
        checks = self.registered(site, monkeypatch)
        assert states(checks, "instances.registered") == {OK}
        assert [c.found for c in checks if c.id == "instances.other"] == [
            "another Postfix instance: /etc/postfix-out"
        ]
        site.secure("-e", "multi_instance_enable=no")
        assert states(self.registered(site, monkeypatch), "instances.registered") == {WARN}

    def test_one_that_debian_starts_without_a_list(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``systemctl enable postfix@out`` is enough."""
        out = site.front_directory.with_name("front-out")
        shutil.copytree(site.front_directory, out)
        site.settle()
        found = {}
        for running in (True, False):
            monkeypatch.setattr(check_instances, "is_running", lambda _, running=running: running)
            checks = self.registered(site, monkeypatch)
            found[running] = [c.found for c in checks if c.id == "instances.other"]
        assert found == {True: [f"another Postfix instance: {out}"], False: []}

    def test_a_front_of_its_own_cannot_be_registered(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Installation(site.directory / "other")
        monkeypatch.setattr(check_instances, "default_directory", lambda: other.front_directory)
        (check,) = (c for c in instance_checks(site.setup) if c.id == "instances.registered")
        assert "stands alone" in check.found

    def test_the_default_instance_beside_the_front(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """sendmail(1) hands mail to it, and what it sends by itself nobody reads."""
        other = Installation(site.directory / "other")
        other.settle()
        setup, base, found = site.setup, read_instance(other.front_directory), {}
        monkeypatch.setattr(check_instances, "default_directory", lambda: other.front_directory)
        monkeypatch.setattr(check_instances, "is_running", lambda _: True)
        for options in BESIDE:
            values = dict(option.split("=", 1) for option in options.split())
            own = {name.rpartition("/")[2]: values.pop(name) for name in (*values,) if "smtp/unix/" in name}
            services = tuple(
                replace(one, overrides=own) if one.id == "smtp/unix" else one for one in base.services
            )
            default = replace(base, parameters={**base.parameters, **values}, services=services)
            monkeypatch.setattr(check_instances, "read_instance", lambda _, default=default: default)
            found[options] = states(instance_checks(setup), "instances.other")
        assert found == {options: {state} - {OK} for options, state in BESIDE.items()}
        monkeypatch.setattr(check_instances, "read_instance", lambda _: base)
        for running, expected in ((None, {UNKNOWN}), (False, set())):
            monkeypatch.setattr(check_instances, "is_running", lambda _, running=running: running)
            assert states(instance_checks(setup), "instances.other") == expected

    def test_a_front_on_an_address_of_its_own_is_not_on_loopback(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Installation(site.directory / "other")
        monkeypatch.setattr(check_instances, "is_running", lambda _: True)
        monkeypatch.setattr(check_instances, "default_directory", lambda: other.front_directory)
        site.front("-e", "inet_interfaces=192.0.2.2")
        for hop, expected in (("[127.0.0.1]", {WARN}), ("[192.0.2.2]", set())):
            other.front("-e", f"relayhost={hop}")
            assert states(instance_checks(site.setup), "instances.other") == expected

    @pytest.mark.parametrize("name", ["front", "secure"])
    def test_a_running_instance_that_has_not_read_its_services_is_told(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """A start does nothing to one that runs."""
        setup = site.setup
        instance = setup.front if name == "front" else setup.secure
        for folder in ("private", "public"):
            (instance.queue / folder).mkdir(parents=True)
        for service in instance.services:
            (instance.queue / ("private" if service.private else "public") / service.name).touch()
        monkeypatch.setattr(check_running, "is_running", lambda one: one is instance)
        assert self.reloaded(setup)[instance.directory] is OK
        gone = "segl-receipt" if name == "front" else "segl-least-dane"
        next(instance.queue.glob(f"p*/{gone}")).unlink()
        assert self.reloaded(setup)[instance.directory] is FAIL

    def test_a_return_port_that_segl_deliver_does_not_know_is_told(self, site: Installation) -> None:
        site.tables["delivery"] = {"reinject": "127.0.0.1:20027"}
        [told] = [check for check in running_checks(site.setup) if "delivery.reinject" in check.found]
        assert (told.id, told.state) == ("port.return", FAIL)

    @pytest.mark.slow
    def test_what_hangs_is_to_be_restarted(self, site: Installation) -> None:
        """To start what runs does nothing. (pytest's own folders are shut to Postfix's user.)"""
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as hangs:
            path = Path(folder) / "map.sock"
            site.tables["routing"] = {"socket": str(path)}
            hangs.bind(str(path))
            hangs.listen()
            path.parent.chmod(0o755)
            path.chmod(0o666)
            found = {check.id: check for check in running_checks(site.setup)}
        assert found["socket.map"].found.endswith("it does not answer in time")
        assert found["socket.map"].fix.startswith("restart segl-map;")
        assert found["socket.tunnel"].fix == "start segl-deliver"

    def reloaded(self, setup: Setup) -> dict[Path, State]:
        found = [check for check in running_checks(setup) if check.id == "run.reloaded"]
        return dict(
            zip((setup.front.directory, setup.secure.directory), (c.state for c in found), strict=True)
        )

    def test_an_instance_runs_when_its_master_stands_in_its_queue(self, site: Installation) -> None:
        instance = read_instance(site.front_directory)
        assert is_running(instance) is False
        pid_file = site.queue / "pid" / "master.pid"
        pid_file.parent.mkdir()
        pid_file.write_text(f"{os.getpid():>10}\n", "ascii")  # the number of another process by now
        assert is_running(instance) is False
        with subprocess.Popen(["sleep", "30"], cwd=site.queue) as master:
            pid_file.write_text(f"{master.pid:>10}\n", "ascii")
            assert is_running(instance) is True
            master.kill()
        assert is_running(instance) is False
        pid_file.write_text("", "ascii")
        assert is_running(instance) is None

    def test_what_cannot_be_read_is_unknown_and_the_rest_still_examined(
        self, site: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.settle()

        def broken(_: object) -> list[Check]:
            raise PostfixError("it broke", hint="mend it")

        def bug(_: object) -> list[Check]:
            raise ValueError("surprise")

        groups = (("front", broken), ("secure", bug))
        monkeypatch.setattr("segl.postfix.doctor._GROUPS", groups)
        checks = list(examine(site.settings))
        assert states(checks, "front.unfinished") == states(checks, "secure.unfinished") == {UNKNOWN}
        assert states(checks, "settings.mode") == {OK}
        assert exit_code(checks) in {1, 2}

    def test_an_option_that_postconf_cannot_read_is_a_failure(self, site: Installation) -> None:
        site.append("master.cf", "smtps inet n - n - - smtpd -ocontent_filter=\n")
        site.settle()
        assert FAIL in states(examine(site.settings), "front.warnings")

    def test_a_secure_instance_that_is_not_there(self, site: Installation) -> None:
        shutil.rmtree(site.secure_directory)
        site.settle()
        checks = list(examine(site.settings))
        assert states(checks, "secure.config") == {FAIL}
        assert states(checks, "front.config") == {OK}

    def test_files_edited_by_hand_are_named(self, site: Installation) -> None:
        site.settle()
        assert states(examine(site.settings), "install.current") == {OK}
        site.front("-P", "127.0.0.1:10027/inet/syslog_name=postfix/other")
        site.settle()
        found = [check for check in examine(site.settings) if check.id == "install.current"]
        assert [check.state for check in found] == [WARN]
        assert "master.cf" in found[0].found


def test_debian_starts_an_instance_by_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "postfix@.service").touch()
    monkeypatch.setattr(check_instances, "_SYSTEMD", tmp_path)
    monkeypatch.setattr(check_instances, "_UNITS", (tmp_path / "units",))
    assert debian_unit(Path("/etc/postfix-segl")) == "postfix@segl.service"
    assert debian_unit(Path("/etc/segl/postfix")) == ""
    monkeypatch.setattr(check_instances, "_SYSTEMD", tmp_path / "none")
    assert debian_unit(Path("/etc/postfix-segl")) == ""


@ROOT
def test_an_ordinary_user_is_told_what_only_root_can_see(tmp_path: Path) -> None:
    site = Installation(tmp_path)
    site.install()
    site.settle()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (site.queue / "pid").mkdir()
    (site.queue / "pid" / "master.pid").touch(0o600)
    (site.front_directory / "main.cf").chmod(0o600)
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            checks = list(examine(site.settings))
            assert states(checks, "front.config") == {UNKNOWN}
            assert exit_code(checks) in {1, 2}
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
