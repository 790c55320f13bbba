"""What `segl install` would do to this and that Postfix, and where it keeps its hands off."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix.check import State
from segl.postfix.conf import REPORT_OPTIONS
from segl.postfix.edit import ASIDE, MARK
from segl.postfix.plan import KEEP, make_plan
from segl.postfix.running import read_instance
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def value(site: Installation, name: str) -> str:
    site.settle()
    return read_instance(site.front_directory).value(name)


def test_a_second_run_has_nothing_to_do(site: Installation) -> None:
    site.install()
    assert site.plan.empty


def test_nothing_of_the_postmaster_is_lost(site: Installation) -> None:
    site.append("main.cf", "\n# signed by us\nsmtpd_milters =\n  inet:localhost:8891\n")
    before = {name: site.read(name) for name in ("main.cf", "master.cf")}
    site.install()
    for name, text in before.items():
        after = [line.removeprefix("#") for line in site.read(name).splitlines()]
        assert [line for line in text.splitlines() if line.removeprefix("#") not in after] == []
    assert ASIDE in site.read("main.cf")
    ours = {MARK, *(f"  -o {name}={value}" for name, value in REPORT_OPTIONS.items())}
    after = [line for line in site.read("master.cf").splitlines() if line not in ours]
    assert after[: len(before["master.cf"].splitlines())] == before["master.cf"].splitlines()


def test_reports_of_our_messages_are_asked_for_once(site: Installation) -> None:
    site.install()
    written = site.read("master.cf")
    for service in ("bounce", "defer", "trace"):
        assert re.search(
            rf"^{service} .*\n{MARK}\n  -o cleanup_service_name=segl-report\n", written, re.MULTILINE
        )
    assert site.plan.empty or not any(change.path.name == "master.cf" for change in site.plan.changes)


@pytest.mark.parametrize(
    ("milters", "others", "becomes"),
    [
        ("", "", ("unix:segl/milter.sock", "unix:segl/milter.sock")),
        ("inet:localhost:8891", "", ("inet:localhost:8891, unix:segl/milter.sock", "unix:segl/milter.sock")),
        ("inet:localhost:8891", "$smtpd_milters", ("inet:localhost:8891, unix:segl/milter.sock",) * 2),
        (
            "{ inet:[::1]:1, default_action=accept } unix:opendkim/o.sock",
            "unix:opendkim/o.sock",
            (
                "{ inet:[::1]:1, default_action=accept }, unix:opendkim/o.sock, unix:segl/milter.sock",
                "unix:opendkim/o.sock, unix:segl/milter.sock",
            ),
        ),
        (
            "unix:segl/milter.sock inet:localhost:8891",
            "",
            ("inet:localhost:8891, unix:segl/milter.sock", "unix:segl/milter.sock"),
        ),
    ],
)
def test_other_milters_stay_and_ours_is_last(
    site: Installation, milters: str, others: str, becomes: tuple[str, str]
) -> None:
    site.front("-e", f"smtpd_milters={milters}", f"non_smtpd_milters={others}")
    site.install()
    assert (value(site, "smtpd_milters"), value(site, "non_smtpd_milters")) == becomes
    assert site.plan.empty


def test_the_sites_checks_of_outgoing_mail_are_taken_off_the_ways_inside(site: Installation) -> None:
    """Also those that an earlier version of Segl wrote."""
    site.front("-e", "smtp_header_checks=regexp:{{/^X-/ IGNORE}}")
    site.install()
    ours = "  -o smtp_header_checks=\n"
    assert site.read("master.cf").count(ours) == 3
    (site.front_directory / "master.cf").write_text(site.read("master.cf").replace(ours, ""), "utf-8")
    [change] = site.plan.changes
    assert ours.encode() in change.after
    site.install()
    assert site.read("master.cf").count(ours) == 3
    assert value(site, "smtp_header_checks") == "regexp:{{/^X-/ IGNORE}}", "what leaves goes by them as ever"


def test_a_socket_that_moved_leaves_no_old_one_behind(site: Installation) -> None:
    site.install()
    site.tables["milter"] = {"socket": f"{site.queue}/segl/new.sock"}
    site.settle()
    plan = make_plan(site.settings, previous_milter="unix:segl/milter.sock")
    (main,) = (change for change in plan.changes if change.path.name == "main.cf")
    assert b"smtpd_milters = unix:segl/new.sock\n" in main.after
    assert b"milter.sock" not in main.after


def test_other_checks_of_milter_headers_come_after_ours(site: Installation) -> None:
    site.front("-e", "milter_header_checks=regexp:{{/^X-Spam-Flag: YES/ REJECT}}")
    site.install()
    ours = f"regexp:{site.front_directory}/segl-verdict"
    assert value(site, "milter_header_checks") == f"{ours}, regexp:{{{{/^X-Spam-Flag: YES/ REJECT}}}}"
    assert site.plan.empty


@pytest.mark.parametrize("tables", ["", "hash:/etc/postfix/transport, regexp:{{/./ smtp:[relay.example]}}"])
def test_the_canaries_sinks_are_found_before_the_sites_own_tables(site: Installation, tables: str) -> None:
    site.front("-e", f"transport_maps={tables}")
    site.install()
    sinks = (
        f"{name}@canary.segl.invalid=segl-canary:unix:/run/segl/canary-clear.sock"
        for name in ("canary", "tunnel", "certificate", "tls", "portal")
    )
    ours = f"inline:{{ {', '.join(sinks)} }}"
    assert value(site, "transport_maps") == ", ".join(filter(None, (ours, tables)))
    assert site.plan.empty
    site.tables["canary"] = {"socket": "/run/other/canary.sock"}
    site.install()
    moved = value(site, "transport_maps")
    assert moved == ", ".join(filter(None, (ours.replace("/run/segl", "/run/other"), tables)))


def test_ports_that_moved_take_their_old_services_along(site: Installation) -> None:
    site.install()
    site.tables["postfix"] = {"return_port": "127.0.0.1:10030"}
    site.install()
    for port in ("127.0.0.1:10027", "127.0.0.1:10028"):
        assert port not in site.read("master.cf") + site.read("segl-verdict")
    assert {check.state.value for check in site.checks()} == {"ok"}


def test_own_lines_of_the_secure_instance_are_kept_and_judged(site: Installation) -> None:
    site.install()
    main = site.secure_directory / "main.cf"
    main.write_text(
        main.read_text("utf-8") + "smtp_bind_address = 192.0.2.1\nmaximal_queue_lifetime = 2d\n", "utf-8"
    )
    assert site.plan.changes  # the line that ours repeats goes
    site.install()
    text = main.read_text("utf-8")
    assert text.count("maximal_queue_lifetime") == 1
    assert text.endswith(f"{KEEP}\nsmtp_bind_address = 192.0.2.1\nmaximal_queue_lifetime = 2d\n")
    assert site.plan.empty
    main.write_text(text + "smtp_tls_security_level = may\n", "utf-8")
    assert [refusal.what for refusal in site.plan.refusals] == ["main.cf: smtp_tls_security_level = may"]


def test_an_upgrade_of_postfix_finds_its_services_in_the_secure_instance(site: Installation) -> None:
    """`postfix upgrade-configuration` adds those that it misses to every instance; Red Hat's package runs it at each
    update. A client among them was called a failure, and install refused because of it."""
    site.install()
    master = site.secure_directory / "master.cf"
    programs = Path(read_instance(site.front_directory).value("daemon_directory"))
    script = (programs / "post-install").read_text("utf-8")
    looked_for = re.findall(r"grep '(\^[a-z].*)' \$config_directory/master\.cf >/dev/null \|\| \{", script)
    assert "^relay" in looked_for
    shipped = master.read_text("utf-8")
    assert [line for line in looked_for if not re.search(line, shipped, re.MULTILINE)] == []
    added = "relay\t  unix\t-\t-\tn\t-\t-\tsmtp\ndiscard\t  unix\t-\t-\tn\t-\t-\tdiscard\n"
    master.write_text(shipped + added, "utf-8")  # by an earlier one, when they did not stand there
    site.install()
    assert master.read_text("utf-8") == shipped
    master.write_text(shipped + added.replace("relay", "smart"), "utf-8")
    assert {c.id for c in site.checks() if c.state.value != "ok"} == {"secure.transports"}


def test_bytes_that_are_no_text_survive(site: Installation) -> None:
    main = site.front_directory / "main.cf"
    main.write_bytes(main.read_bytes() + b"# caf\xe9 \x85\xe2\x80\xa8 end\r\n")
    before = main.read_bytes()
    site.install()
    assert main.read_bytes().startswith(before)


def test_files_are_written_so_that_main_cf_sets_all_going_last(site: Installation) -> None:
    names = [change.path.name for change in site.plan.changes]
    assert names == ["main.cf", "master.cf", "segl-verdict", "segl-strip", "segl-own", "master.cf", "main.cf"]
    assert site.plan.changes[-1].path == site.front_directory / "main.cf"


@pytest.mark.parametrize(
    ("organisation", "main", "lines"),
    [
        ({}, "", "nordby.example OK, localhost OK, mail.nordby.example OK"),
        (
            {"subdomains": True, "forwarded": ["Bo@nordby.example"]},
            "virtual_mailbox_domains = inline:{skole.example=x}\n"
            "transport_maps = inline:{ferie.nordby.example=local:, ud.example=smtp:[x], a@fax.example=local:}\n",
            "bo@nordby.example FILTER segl-secure:[127.0.0.1]:10029, nordby.example OK, .nordby.example OK,"
            " localhost OK, a@fax.example OK,"
            " ferie.nordby.example OK, mail.nordby.example OK, skole.example OK",
        ),
    ],
    ids=["as usual", "with all there may be"],
)
def test_whom_unread_mail_may_go_on_to(
    site: Installation, organisation: dict[str, object], main: str, lines: str
) -> None:
    site.tables["organisation"] = organisation
    site.append("main.cf", main)
    site.install()
    assert site.read("segl-own").splitlines()[1:] == lines.split(", ")


def test_whom_a_database_has_it_is_asked_for(site: Installation) -> None:
    """Wherever its file lies, and whatever prefix it has; not where somebody is said to be none."""
    (site.front_directory / "sql").mkdir()
    site.append(
        "main.cf",
        "virtual_mailbox_domains = proxy:mysql:$config_directory/sql/domains.cf, inline:{a.example=1}\n"
        "mydestination = !ldap:/etc/postfix/not.cf, ldap:/etc/postfix/here.cf\n"
        "transport_maps = pgsql:/etc/postfix/ways.cf, socketmap:unix:x:y\n"
        "virtual_transport = lmtp:unix:private/store\n",
    )
    site.append("master.cf", "vacation unix - n n - - pipe argv=/bin/cat\nlmtp unix - - n - - lmtp\n")
    site.install()
    [asked] = [line for line in site.read("master.cf").splitlines() if "{ segl_unread" in line]
    domains, ways = (part.split("}, check_")[0] for part in asked.split("pipemap:{")[1:])
    assert domains.endswith(f"/ $$1}}}}, proxy:mysql:{site.front_directory}/sql/domains.cf, static:OK")
    assert ways.startswith("pgsql:/etc/postfix/ways.cf, inline:{")
    ways = ways.removesuffix("}")
    assert {"local:=OK", "vacation=OK", "vacation:=OK", "lmtp:unix:private/store=OK"} < set(ways.split(", "))
    assert {check.state for check in site.checks("front") if check.id == "front.unread"} == {State.OK}


REFUSED = [
    (
        "a filter of another kind",
        {"content_filter": "smtp-amavis:[127.0.0.1]:10024"},
        "content_filter is already set",
    ),
    ("a filter rule", {"header_checks": "regexp:{{/^X-A/ FILTER smtp:}}"}, "FILTER smtp:"),
    ("only IPv6", {"inet_protocols": "ipv6"}, "postfix.secure_port is on 127.0.0.1"),
]


@pytest.mark.parametrize(("_what", "parameters", "said"), REFUSED)
def test_main_cf_is_refused(site: Installation, _what: str, parameters: dict[str, str], said: str) -> None:
    site.front("-e", *(f"{name}={value}" for name, value in parameters.items()))
    refusals = site.plan.refusals
    assert [r for r in refusals if said in r.what], refusals
    assert all(r.why and r.fix for r in refusals)


SERVICES = [
    ("submission inet n - y - - smtpd\n  -o smtpd_milters=\n", "submission/inet: -o smtpd_milters="),
    ("submission inet n - y - - smtpd\n  -o { content_filter = }\n", "submission/inet: -o content_filter="),
    ("submission inet n - y - - smtpd -ocontent_filter=\n", "an option that postconf cannot read"),
    ("submission inet n - y - - smtpd -o milter_default_action=accept\n", "default action"),
    ("submission inet n - y - - smtpd -o receive_override_options=no_milters\n", "no_milters"),
    (
        "127.0.0.1:10025 inet n - n - - smtpd\n  -o content_filter=\n",
        "127.0.0.1:10025/inet: -o content_filter=",
    ),
    ("127.0.0.1:10027 inet n - n - - smtpd\n", "has a service 127.0.0.1:10027/inet already"),
]


@pytest.mark.parametrize(("text", "said"), SERVICES)
def test_a_service_that_would_go_round_segl_is_refused(site: Installation, text: str, said: str) -> None:
    site.append("master.cf", text)
    before = site.read("master.cf")
    assert [r for r in site.plan.refusals if said in r.what], site.plan.refusals
    assert site.read("master.cf") == before


def test_a_service_with_harmless_overrides_is_not(site: Installation) -> None:
    site.append(
        "master.cf",
        "submission inet n - y - - smtpd\n"
        "  -o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt\n"
        "  -o milter_macro_daemon_name=ORIGINATING -o smtpd_milters=inet:[::1]:1,unix:segl/milter.sock\n",
    )
    assert site.plan.refusals == ()


def test_a_socket_outside_the_chroot_is_refused_with_what_to_write(site: Installation) -> None:
    site.tables["milter"] = {"socket": "/run/segl/milter.sock"}
    (refusal,) = site.plan.refusals
    assert "smtp/inet" in refusal.what
    assert f'socket = "{site.queue}/segl/milter.sock"' in refusal.fix
    for service in ("smtp/inet", "cleanup/unix"):
        site.front("-F", f"{service}/chroot=n")
    site.install()
    assert value(site, "smtpd_milters") == "unix:/run/segl/milter.sock"


def test_ports_open_to_others_are_refused(site: Installation) -> None:
    site.tables["postfix"] = {"return_port": "0.0.0.0:10027"}
    assert [refusal.what for refusal in site.plan.refusals] == ["postfix.return_port is on 0.0.0.0"]


def test_a_port_somebody_listens_on_is_refused(site: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = f"127.0.0.1:{listener.getsockname()[1]}"
        site.tables["postfix"] = {"secure_port": port}
        assert [refusal.what for refusal in site.plan.refusals] == [f"something listens on {port} already"]


def test_a_directory_of_another_instance_is_refused(site: Installation) -> None:
    site.secure_directory.mkdir()
    (site.secure_directory / "main.cf").write_text("myhostname = other.example\n", "utf-8")
    assert [refusal.what for refusal in site.plan.refusals] == [
        f"{site.secure_directory}/main.cf is not ours"
    ]
    site.tables["postfix"] = {"secure": str(site.front_directory)}
    assert [r for r in site.plan.refusals if "directory in common" in r.what]


def test_what_is_only_worth_a_look_is_told_and_not_refused(site: Installation) -> None:
    site.front("-e", "always_bcc=arkiv@andre.example")
    plan = site.plan
    assert plan.refusals == ()
    assert [check.id for check in plan.warnings] == ["front.forwards"]


def test_no_postfix_is_a_clear_error(site: Installation) -> None:
    (site.front_directory / "main.cf").unlink()
    with pytest.raises(PostfixError, match="there is no Postfix configuration"):
        _ = site.plan


def test_the_log_file_of_the_front_is_the_secure_instances_too(site: Installation) -> None:
    site.front("-e", "maillog_file=/var/log/mail.log")
    site.install()
    assert "maillog_file = /var/log/mail.log\n" in (site.secure_directory / "main.cf").read_text("utf-8")


def test_each_added_line_is_marked(site: Installation) -> None:
    site.install()
    lines = site.read("main.cf").splitlines()
    ours = [n for n, line in enumerate(lines) if line.startswith(("content_filter =", "smtpd_milters ="))]
    assert len(ours) == 2
    assert all(lines[n - 1] == MARK for n in ours)


def test_a_domain_that_postfix_does_not_take_yet_is_told_and_not_refused(site: Installation) -> None:
    site.tables["organisation"] = {"domains": ["nordby.example", "ny.example"]}
    plan = site.plan
    assert not plan.refusals
    assert plan.changes
    [told] = plan.warnings
    assert "own domains not known to Postfix: ny.example" in told.found
