"""Edits of main.cf and master.cf leave everything else as the postmaster wrote it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segl.postfix.edit import (
    ASIDE,
    MARK,
    foreign_services,
    parameters_of,
    set_options,
    set_parameters,
    set_services,
    without_former,
    without_parameters,
)

MAIN = """\
# my main.cf
myhostname = mail.nordby.example

# two milters
smtpd_milters =
   # signs
   inet:localhost:8891
   inet:localhost:11332
biff = no
"""

SERVICES = """\
# one
segl-a unix - - n - - smtp
  -o one=1
# two
127.0.0.1:10027 inet n - n - - smtpd
  -o cleanup_service_name=segl-cleanup
"""


def test_a_new_parameter_goes_to_the_end_with_a_mark() -> None:
    assert set_parameters(MAIN, {"content_filter": "x:y"}) == f"{MAIN}\n{MARK}\ncontent_filter = x:y\n"


def test_an_old_value_stays_beside_the_new_one() -> None:
    text = set_parameters(MAIN, {"smtpd_milters": "inet:localhost:8891, unix:segl/milter.sock"})
    assert (
        text
        == f"""\
# my main.cf
myhostname = mail.nordby.example

# two milters
{ASIDE}
#smtpd_milters =
   # signs
#   inet:localhost:8891
#   inet:localhost:11332
{MARK}
smtpd_milters = inet:localhost:8891, unix:segl/milter.sock
biff = no
"""
    )


def test_our_own_old_value_is_simply_replaced() -> None:
    once = set_parameters(MAIN, {"biff": "yes", "new": "1"})
    assert set_parameters(once, {"biff": "maybe", "new": "2"}) == once.replace(
        "biff = yes", "biff = maybe"
    ).replace("new = 1", "new = 2")


def test_of_several_lines_for_one_parameter_one_remains() -> None:
    text = set_parameters("a = 1\nb = 2\na = 3\n", {"a": "4"})
    assert text == f"{ASIDE}\n#a = 1\nb = 2\n{ASIDE}\n#a = 3\n{MARK}\na = 4\n"


def test_a_file_without_a_last_newline_and_an_empty_one() -> None:
    assert set_parameters("a = 1", {"b": "2"}) == f"a = 1\n\n{MARK}\nb = 2\n"
    assert set_parameters("", {"b": "2"}) == f"{MARK}\nb = 2\n"


def test_what_was_for_a_transport_of_another_version_is_taken_out() -> None:
    """Where an older Segl is put back. A line of the postmaster's own for a transport of ours stays."""
    main = set_parameters(
        "a = 1\nsegl-gone_x = 1\n", {"segl-old_x": "0s", "segl-here_x": "0s", "myorigin": "b"}
    )
    kept = main.replace(f"{MARK}\nsegl-old_x = 0s\n", "")
    assert kept != main
    assert without_former(main, {"segl-here_x"}) == kept
    assert without_former(kept, {"segl-here_x"}) == kept


def test_an_empty_value_has_no_blank_at_the_end() -> None:
    assert set_parameters("", {"b": ""}) == f"{MARK}\nb =\n"


def test_services_are_added_replaced_and_taken_out() -> None:
    text = set_services("smtp inet n - y - - smtpd\n", SERVICES)
    assert text == (
        "smtp inet n - y - - smtpd\n\n"
        f"{MARK}\n# one\nsegl-a unix - - n - - smtp\n  -o one=1\n"
        f"{MARK}\n# two\n127.0.0.1:10027 inet n - n - - smtpd\n  -o cleanup_service_name=segl-cleanup\n"
    )
    assert set_services(text, SERVICES) == text
    moved = SERVICES.replace("10027", "10028").replace("one=1", "one=2")
    assert set_services(text, moved) == text.replace("10027", "10028").replace("one=1", "one=2")


def test_layout_of_a_service_that_is_right_is_left_alone() -> None:
    spaced = (
        "segl-a   unix   -  -  n - - smtp\n  # mine\n   -o one=1\n"
        "127.0.0.1:10027 inet n - n - - smtpd -o cleanup_service_name=segl-cleanup\n"
    )
    assert set_services(spaced, SERVICES) == spaced


def test_a_mark_left_behind_takes_no_service_of_others_with_it() -> None:
    text = f"{MARK}\n# one\n#segl-a unix - - n - - smtp\nsubmission inet n - y - - smtpd\n"
    assert "\nsubmission inet n - y - - smtpd\n" in set_services(text, SERVICES)


def test_a_port_that_somebody_else_has_is_seen() -> None:
    theirs = "127.0.0.1:10027 inet n - n - - smtpd\n  -o content_filter=\n"
    assert foreign_services(theirs, SERVICES) == ("127.0.0.1:10027/inet",)
    assert foreign_services(set_services("", SERVICES), SERVICES) == ()
    assert foreign_services("127.0.0.1:10025 inet n - n - - smtpd\n", SERVICES) == ()


def test_parameters_of_a_fragment() -> None:
    assert parameters_of("# c\na = 1\nb =\n  2,\n  3\n") == {"a": "1", "b": "2, 3"}
    assert without_parameters("# c\na = 1\nb = 2\n", {"a"}) == "# c\nb = 2\n"


_name = st.sampled_from(["a", "b", "content_filter", "smtpd_milters"])
_value = st.text("xyz:,[] $", max_size=12).map(str.strip)
_line = st.one_of(
    st.builds("{} = {}".format, _name, _value),
    st.builds("{}={}".format, _name, _value),
    st.text("abc= ", max_size=8).map("# {}".format),
    st.sampled_from(["", "   ", "\t# c"]),
)
_entry = st.one_of(_line, st.builds("{} =\n  {}\n# c\n\n  {}".format, _name, _value, _value))
_text = st.lists(_entry, max_size=12).map("\n".join)


@given(_text, st.dictionaries(_name, _value))
def test_editing_sets_what_is_asked_keeps_the_rest_and_is_done_once(
    text: str, values: dict[str, str]
) -> None:
    edited = set_parameters(text, values)
    assert set_parameters(edited, values).rstrip("\n") == edited.rstrip("\n")
    after = parameters_of(edited)
    assert {name: after[name].split() for name in values} == {n: v.split() for n, v in values.items()}
    before = parameters_of(text)
    assert {n: v for n, v in after.items() if n not in values} == {
        n: v for n, v in before.items() if n not in values
    }
    # nothing the postmaster wrote is gone, at most it is a comment now
    kept = [line.lstrip("#") for line in edited.split("\n")]
    for line in text.split("\n"):
        assert line.lstrip("#") in kept


def test_an_option_is_added_below_the_service_that_lacks_it_and_once() -> None:
    text = "bounce    unix  -  -  y  -  0  bounce\n# x\ndefer unix - - y - 0 bounce\n  -o cleanup_service_name=mine\n"
    once = set_options(text, ("bounce/unix", "defer/unix"), {"cleanup_service_name": "ours", "a": "b"})
    assert once == (
        "bounce    unix  -  -  y  -  0  bounce\n# added by segl install\n  -o cleanup_service_name=ours\n  -o a=b\n"
        "# x\ndefer unix - - y - 0 bounce\n  -o cleanup_service_name=mine\n# added by segl install\n  -o a=b\n"
    )
    assert (
        set_options(once, ("bounce/unix", "defer/unix"), {"cleanup_service_name": "ours", "a": "b"}) == once
    )
