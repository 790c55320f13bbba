"""Several organisations in one installation: whose is what, and what each has of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from segl.errors import SettingsError
from segl.settings.cautions import forwarded_cautions
from segl.settings.document import Settings
from segl.settings.file import load_settings, parse_settings
from segl.settings.receipts import Receipts

TENANTS: dict[str, Any] = {
    "organisation": {"name": "Hosting", "domains": ["hosting.example"], "subdomains": True},
    "tenant": [
        {
            "name": "Skolen",
            "domains": ["skole.example", "skole.hosting.example"],
            "language": "en",
            "officer": "dpo@skole.example",
            "persons": 2,
            "deciders": ["lise"],
            "receipts_from": "kvit@skole.example",
            "report_to": "kontor@skole.example",
        },
        {"name": "Vandet", "domains": ["vand.example"], "subdomains": True},
    ],
    "hold": {"officer": "dpo@hosting.example", "deciders": ["root"]},
    "receipts": {"feedback": "hjaelp@hosting.example", "report_to": "drift@hosting.example"},
    "portal": {"notice_from": "post@hosting.example"},
}


def settings(**tables: Any) -> Settings:
    return parse_settings(TENANTS | tables)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("hosting.example", "Hosting"),
        ("drift.hosting.example", "Hosting"),
        ("skole.hosting.example", "Skolen"),  # named goes before a parent with subdomains
        ("skole.example", "Skolen"),
        ("post.skole.example", ""),
        ("post.vand.example", "Vandet"),
        ("xvand.example", ""),
        ("", ""),
    ],
)
def test_whose_a_domain_is(domain: str, name: str) -> None:
    loaded = settings()
    assert loaded.owners.name_at(domain) == name
    assert loaded.is_own(domain) is bool(name)
    assert loaded.owner(domain).name == (name or "Hosting"), "a stranger's is that of who runs it"


FORWARDED = ("Formand@Nordby.Example", "chef@Ærø.example", "kasserer@nordby.example.", '"a b"@nordby.example')


@pytest.mark.parametrize(
    "recipient",
    [
        "formand@nordby.example",
        "FORMAND@NORDBY.EXAMPLE",
        "formand@nordby.example.",
        "formand+sag+2@nordby.example",
        '"formand"@nordby.example',
        r'"for\mand"@nordby.example',
        '"formand+sag"@nordby.example.',
        "<formand@nordby.example>",
        "chef@ærø.example",
        "chef@xn--r-3fa9c.example",
        "kasserer@nordby.example",
        '"a b"@nordby.example',
    ],
)
def test_an_own_address_that_leads_outside_is_known_however_it_is_written(recipient: str) -> None:
    organisation = {"name": "N", "domains": ["nordby.example", "ærø.example"], "forwarded": list(FORWARDED)}
    loaded = parse_settings({"organisation": organisation})
    assert loaded.takes(recipient)
    assert loaded.leads_outside(recipient)
    assert not loaded.stays(recipient)


@pytest.mark.parametrize(
    "recipient",
    [
        "formanden@nordby.example",
        "sag+formand@nordby.example",
        "formand@ærø.example",
        "+@nordby.example",
        "@",
        "",
        "\N{KELVIN SIGN}asserer@nordby.example",  # another person's
    ],
)
def test_whose_address_does_not_lead_outside(recipient: str) -> None:
    organisation = {"name": "N", "domains": ["nordby.example", "ærø.example"], "forwarded": list(FORWARDED)}
    assert not parse_settings({"organisation": organisation}).leads_outside(recipient)


def test_an_address_that_leads_outside_and_is_nobodys_here_is_probably_misspelt() -> None:
    organisation = TENANTS["organisation"] | {"forwarded": ["bo@skole.example", "bo@hostnig.example", ""]}
    [caution] = forwarded_cautions(settings(organisation=organisation))
    assert (caution.where, caution.fails) == ("organisation.forwarded", False)
    assert caution.problem.startswith("bo@hostnig.example is at none of the own domains")


def test_a_copy_that_stays_in_the_house_is_told_of() -> None:
    """One that goes on from there is not, nor one outside."""
    organisation = TENANTS["organisation"] | {
        "forwarded": ["bo@skole.example"],
        "copies_to": ["bo@skole.example", "eva@skole.example", "arkiv@andre.example"],
    }
    [caution] = forwarded_cautions(settings(organisation=organisation))
    assert (caution.where, caution.fails) == ("organisation.copies_to", False)
    assert caution.problem.startswith("eva@skole.example is an own address")


@pytest.mark.parametrize(
    ("address", "domain", "same"),
    [
        ("a@skole.example", "skole.hosting.example", True),
        ("a@skole.example", "skole.example", True),
        ("a@hosting.example", "skole.example", False),  # of another organisation of the same house
        ("a@elsewhere.example", "skole.example", False),
        ("a@elsewhere.example", "elsewhere.example", False),
        ("a%elsewhere.example@skole.example", "skole.example", False),
    ],
)
def test_whether_an_address_is_of_the_same_organisation(address: str, domain: str, same: bool) -> None:
    assert settings().is_of_house(address, domain) is same


def test_a_tenant_takes_nothing_of_another_but_language_and_number_of_persons() -> None:
    school, water = settings().owner("skole.example"), settings().owner("vand.example")
    assert (school.language, school.officer, school.persons) == ("en", "dpo@skole.example", 2)
    assert (school.receipt_sender, school.report_to) == ("kvit@skole.example", "kontor@skole.example")
    assert (water.language, water.persons) == ("da", 1)
    own = (water.officer, water.notice_from, water.receipt_sender, water.failures_to)
    assert own == tuple(
        f"{one}@vand.example" for one in ("postmaster", "sikker-besked", "kvittering", "postmaster")
    )
    assert (water.feedback, water.report_to, water.deciders) == ("", "", ())


def test_one_organisation_is_as_before() -> None:
    loaded = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    assert not loaded.owners.several
    assert loaded.owner("elsewhere.example").officer == "postmaster@nordby.example"


@pytest.mark.parametrize(
    ("person", "school", "hosting", "water"),
    [
        ("lise", True, False, True),
        ("lise (sudo)", True, False, True),
        ("root", False, True, True),
        ("lisette", False, False, True),
    ],
)
def test_who_decides_about_mail_on_hold(person: str, school: bool, hosting: bool, water: bool) -> None:
    loaded = settings()
    found = [loaded.owner(f"{one}.example").may_decide(person) for one in ("skole", "hosting", "vand")]
    assert found == [school, hosting, water]


def test_a_look_never_shows_another_organisation() -> None:
    common = {"name": "Hosting ApS", "contact": "Ring 12 34 56 78", "colour": "#114400", "expiry_days": 9}
    school = {"domains": ["skole.example"], "name": "Nordby Skole", "notice_from": "sikker@skole.example"}
    loaded = settings(portal={"look": [common, school], "notice_from": "post@hosting.example"})
    looks = {who: loaded.look_of(f"x@{who}.example") for who in ("hosting", "skole", "vand")}
    shown = {who: (look.name, look.contact, look.colour) for who, look in looks.items() if look}
    assert shown == {
        "hosting": ("Hosting ApS", "Ring 12 34 56 78", "#114400"),
        "skole": ("Nordby Skole", "", "#0b4f6c"),
        "vand": ("Vandet", "", "#114400"),
    }
    assert loaded.expiry_days_of("x@vand.example") == 9
    senders = [loaded.notice_from_of(f"x@{who}.example") for who in ("hosting", "skole", "vand")]
    assert senders == ["post@hosting.example", "sikker@skole.example", "sikker-besked@vand.example"]


def test_a_policy_gives_senders_a_look_and_receipts_of_their_own() -> None:
    policies = [
        {"name": "ledelse", "sender": ["rektor@skole.example"], "look": "Ledelsen", "receipts": "all"},
        {"name": "skolen", "organisation": "Skolen", "receipts": "daily"},
    ]
    looks = [{"name": "Skolen", "domains": ["skole.example"]}, {"name": "Ledelsen", "expiry_days": 9}]
    loaded = settings(policy=policies, portal={"look": looks})
    assert loaded.name_of("Rektor@skole.example") == "Ledelsen"
    assert loaded.expiry_days_of("rektor@skole.example") == 9
    assert loaded.name_of("anna@skole.example") == "Skolen"
    sends = {
        who: loaded.receipt_terms(who.partition("@")[2], who).send
        for who in ("rektor@skole.example", "anna@skole.example", "x@vand.example", "x@elsewhere.example")
    }
    assert list(sends.values()) == [Receipts.ALL, Receipts.DAILY, Receipts.SECURE, Receipts.FAILURES]
    assert loaded.receipt_terms("skole.example").send is Receipts.DAILY


def group_file(folder: Path, content: bytes) -> dict[str, Any]:
    file = folder / "members"
    file.write_bytes(content)
    return {"name": "alle", "members": ["a@x.example"], "file": str(file)}


def test_a_group_is_read_from_a_file(tmp_path: Path) -> None:
    content = b"# ledelsen\nbo@Y.example  # Bo\r\n\n.z.example\n"
    policy = {"name": "p", "sender": ["group:alle"], "verdict": "hold"}
    loaded = settings(group=[group_file(tmp_path, content)], policy=[policy])
    assert loaded.group[0].members == ("a@x.example", "bo@y.example", ".z.example")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"bo@x.example\nikke en adresse@\n", "line 2"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"#" * (8 * 1024 * 1024 + 1), "has more than 8 MB"),
        (b"".join(b"a%d@x.example\n" % n for n in range(100_001)), "holds more than 100000 addresses"),
        (b"group:andre\n", "is a group"),
    ],
    ids=["bad line", "charset", "large", "many", "nested"],
)
def test_a_bad_group_file_is_told(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        settings(group=[group_file(tmp_path, content)])


def test_a_missing_group_file_is_told_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    told = {"pipe": "is no ordinary file", "folder": "is no ordinary file", "none": "there is no such file"}
    for name, problem in told.items():
        with pytest.raises(SettingsError, match=problem):
            settings(group=[{"name": "alle", "file": str(tmp_path / name)}])


def test_files_are_looked_for_beside_the_settings_wherever_segl_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process's directory is /, a postmaster's is anything: both must read the same members."""
    for folder, member in (("etc", "bo@right.example"), ("elsewhere", "ib@wrong.example")):
        (tmp_path / folder).mkdir()
        # As Windows editors save it.
        (tmp_path / folder / "ledelse.txt").write_text(f"{member}\n", "utf-8-sig")
    file = tmp_path / "etc" / "segl.toml"
    file.write_text(
        '[organisation]\nname = "V"\ndomains = ["x.example"]\n[portal]\nurl = "https://s.x.example"\n'
        '[[group]]\nname = "ledelse"\nfile = "ledelse.txt"\n'
        '[detection]\nrules = ["own.toml", "/etc/segl/rules.d"]\n[portal.sms]\nnumbers = "numbers"\n'
        '[[portal.look]]\nlogo = "logo.svg"\n[[tunnel_list]]\nname = "a"\nsource = "/x"\nformat = "pem"\n',
        "utf-8",
    )
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = load_settings(file)
    assert loaded.group[0].members == ("bo@right.example",)
    assert loaded.detection.rules == (tmp_path / "etc" / "own.toml", Path("/etc/segl/rules.d"))
    assert loaded.portal.sms.numbers == tmp_path / "etc" / "numbers"
    assert loaded.portal.look[0].logo == tmp_path / "etc" / "logo.svg"
    (tmp_path / "etc" / "ledelse.txt").unlink()
    with pytest.raises(SettingsError, match=r"etc/ledelse\.txt: there is no such file"):
        load_settings(file)
