"""What postconf says of an instance, as values."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import running
from segl.postfix.check import milter_endpoint, milter_options, next_hop, seconds
from segl.postfix.running import (
    Instance,
    PostfixBusy,
    PostfixUnreadable,
    complaint,
    read_instance,
    run_postfix,
    split_list,
    written_values,
)
from world.needs import POSTFIX

needs_postfix = POSTFIX

MAIN = """\
compatibility_level = 3.6
myhostname = mail.nordby.example
mydestination = $myhostname,
# between
   localhost
smtpd_milters = inet:localhost:8891, { unix:segl/milter.sock, default_action = accept }
bif = no
mine = [relay.example]
relayhost = ${mine}
"""
MASTER = """\
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       -       -       -       smtpd -v
  -o { content_filter = smtp:[127.0.0.1]:10024 }
# mine
  -o smtpd_milters=$myhostname -o smtpd_milters=
  -o mine= -o fallback_relay=[$myhostname]
#smtps     inet  n       -       y       -       -       smtpd
maildrop  unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop -o content_filter=x
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    directory = tmp_path_factory.mktemp("etc")
    write(directory)
    return read_instance(directory)


def write(directory: Path, main: str = MAIN, master: str = MASTER) -> None:
    for name, text in (("main.cf", main), ("master.cf", master)):
        (directory / name).write_text(text, "utf-8")
        os.utime(directory / name, (0, 0))


@needs_postfix
def test_values_are_expanded_and_defaults_known(instance: Instance) -> None:
    assert instance.value("mydestination") == "mail.nordby.example, localhost"
    assert (
        instance.value("milter_default_action") == "tempfail"
        or "milter_default_action" not in instance.written
    )
    assert "mydestination" in instance.written
    assert instance.value("no_such_parameter") == ""
    assert instance.version >= (3, 7)


@needs_postfix
def test_overrides_belong_to_their_service_and_the_last_counts(instance: Instance) -> None:
    submission = instance.service("submission", "inet")
    assert submission is not None
    assert submission.program == "smtpd"
    assert instance.value("content_filter", submission) == "smtp:[127.0.0.1]:10024"
    assert submission.overrides["smtpd_milters"] == ""
    smtp = instance.service("smtp", "inet")
    assert smtp is not None
    assert instance.value("content_filter", smtp) == ""
    assert (smtp.chroot, submission.chroot) == (True, False)


@needs_postfix
def test_what_main_cf_says_by_a_name_holds_for_a_service_that_has_the_name_of_its_own(
    instance: Instance,
) -> None:
    smtp, submission = (instance.service(name, "inet") for name in ("smtp", "submission"))
    assert (instance.value("relayhost", smtp), instance.value("relayhost", submission)) == (
        "[relay.example]",
        "",
    )
    assert instance.value("smtp_fallback_relay", submission) == "[mail.nordby.example]"


@needs_postfix
def test_an_option_that_postconf_takes_for_another_is_told(tmp_path: Path) -> None:
    options = {
        "-o content_filter=x": False,
        "-o { smtpd_milters = { a:b, c=d } } -v": False,
        "-osmtpd_milters=": False,
        "-ocontent_filter=": True,
        "-vosyslog_name=o": True,
        "-s 5 -o content_filter=": True,
    }
    lines = [f"{port} inet n - n - - smtpd {option}\n" for port, option in enumerate(options, 2500)]
    write(tmp_path, master="".join(lines))
    assert [one.misread for one in read_instance(tmp_path).services] == [*options.values()]


@needs_postfix
def test_words_of_a_pipe_command_are_no_overrides(instance: Instance) -> None:
    maildrop = instance.service("maildrop", "unix")
    assert maildrop is not None
    assert dict(maildrop.overrides) == {}
    assert not maildrop.misread
    assert instance.service("smtps", "inet") is None


@needs_postfix
def test_a_misspelt_parameter_is_a_warning(instance: Instance) -> None:
    assert [warning for warning in instance.warnings if "bif" in warning]


@needs_postfix
def test_an_edit_starts_from_what_is_written(instance: Instance) -> None:
    assert written_values(instance.directory)["mydestination"] == "$myhostname, localhost"


@needs_postfix
def test_postconf_is_asked_again_when_a_file_was_changed_or_some_seconds_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    first = read_instance(tmp_path)
    assert read_instance(tmp_path) is first
    write(tmp_path, master=MASTER.replace("maildrop ", "mailbox "))
    second = read_instance(tmp_path)
    assert second.service("mailbox", "unix")
    monkeypatch.setattr(running, "_FRESH_SECONDS", 0.0)  # the host's name and addresses may have changed
    assert read_instance(tmp_path) is not second


@needs_postfix
def test_without_a_level_services_are_chrooted_by_default(tmp_path: Path) -> None:
    write(tmp_path, "compatibility_level = 0\n", "smtp inet n - - - - smtpd\n")
    (service,) = read_instance(tmp_path).services
    assert service.chroot


@needs_postfix
@pytest.mark.parametrize(
    ("main", "master", "said"),
    [
        ("what is this\n", MASTER, "missing '='"),
        ("", "smtp inet bad\n", "bad field count"),
    ],
)
def test_a_broken_file_is_a_clear_error(tmp_path: Path, main: str, master: str, said: str) -> None:
    write(tmp_path, main, master)
    with pytest.raises(PostfixError, match="cannot read its configuration") as caught:
        read_instance(tmp_path)
    assert said in caught.value.private


def test_no_configuration_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PostfixError, match="there is no Postfix configuration"):
        read_instance(tmp_path / "none")


def test_a_file_that_may_not_be_read_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(PostfixUnreadable):
        read_instance(tmp_path)


@needs_postfix
def test_another_instance_of_the_environment_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    monkeypatch.setenv("MAIL_CONFIG", "/nowhere")
    assert read_instance(tmp_path).value("myhostname") == "mail.nordby.example"


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", ()),
        ("a", ("a",)),
        (" a,b\tc ,, d ", ("a", "b", "c", "d")),
        ("{ a, b } c", ("{ a, b }", "c")),
        ("cidr:{{1.2.3.4/32 FILTER x}} , {y {z w}}", ("cidr:{{1.2.3.4/32 FILTER x}}", "{y {z w}}")),
        ("a } b", ("a", "}", "b")),
        ("{open a", ("{open a",)),
    ],
)
def test_lists(value: str, items: tuple[str, ...]) -> None:
    assert split_list(value) == items


def test_a_milter_with_options() -> None:
    item = "{ unix:/run/x, connect_timeout=10s, default_action = accept }"
    assert milter_endpoint(item) == "unix:/run/x"
    assert milter_options("{unix:/run/x, {default_action=accept}}") == {"default_action": "accept"}
    assert milter_options("unix:/run/x") == {}


@pytest.mark.parametrize(
    ("value", "unit", "length"),
    [("5s", "s", 5), ("2m", "s", 120), ("3", "h", 10800), ("1d", "s", 86400), ("x", "s", 0)],
)
def test_times(value: str, unit: str, length: float) -> None:
    assert seconds(value, unit) == length


def test_a_next_hop_is_never_looked_up_as_a_domain() -> None:
    assert next_hop("127.0.0.1:10026") == "[127.0.0.1]:10026"
    assert next_hop("[::1]:10026") == "[::1]:10026"


def test_its_programs_end_in_time() -> None:
    with pytest.raises(PostfixBusy, match="did not answer within"):
        run_postfix(["sleep", "5"], 0.1)


def test_half_of_what_a_program_of_its_would_say_is_no_answer() -> None:
    """One that is killed while it looks up a domain has not said that there is no such entry."""
    with pytest.raises(PostfixBusy, match="ended by signal 9"):
        run_postfix(["sh", "-c", "echo some; kill -9 $$"])


def test_a_queue_whose_listing_breaks_off_while_postfix_ends_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl.postfix.running._PAUSES", (0.01, 0.01))
    asked, program = tmp_path / "asked", tmp_path / "postqueue"
    program.write_text(
        f"#!/bin/sh\necho >> {asked}\n[ $(wc -l < {asked}) = 3 ] && exec echo '{{}}'\n"
        "echo 'postqueue: fatal: malformed showq server response' >&2\nexit 69\n"
    )
    program.chmod(0o755)
    assert run_postfix([str(program)]).stdout == "{}\n"
    assert run_postfix([str(program)]).returncode == 69, "for good"
    assert asked.read_text("ascii").count("\n") == 6


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EAGAIN, PostfixBusy), (errno.ENOMEM, PostfixBusy), (errno.EACCES, PostfixError)],
)
def test_a_program_that_cannot_be_started_for_a_moment_is_told_from_one_that_cannot_at_all(
    monkeypatch: pytest.MonkeyPatch, number: int, kind: type[PostfixError]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(PostfixError, match="postconf cannot be run") as raised:
        run_postfix(["postconf"])
    assert type(raised.value) is kind


def said(*lines: str) -> str:
    return complaint(subprocess.CompletedProcess([], 1, "", "\n".join(lines)))


def test_of_very_much_that_it_complains_of_the_cause_is_told() -> None:
    """It warns of each file first, and says at last why it gave up."""
    warnings = [f"postfix/postfix-script: warning: not owned by root: /var/spool/dir{n}" for n in range(5000)]
    told = said(*warnings, "postfix/postfix-script: fatal: mail system startup failed")
    assert told.startswith("… postfix/postfix-script: warning")
    assert told.endswith("dir4999; postfix/postfix-script: fatal: mail system startup failed")
    assert len(told) <= 502


def test_of_one_endless_line_the_beginning_is_told() -> None:
    for told in (said("fatal: " + "x" * 5000), said("warning: w", "fatal: " + "x" * 5000)):
        assert "fatal: xxx" in told
        assert told.endswith("x …")
        assert len(told) <= 502
    assert said("a", " ", "b") == "a; b"
    assert said() == ""
