"""The article-30 record tells what the settings make Segl do, and leaves open what only the organisation knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.article30 import OPEN, record
from segl.cli.main import build
from segl.settings.document import Settings
from segl.settings.file import load_settings
from segl.tables import metadata

BASE = '[organisation]\nname = "Nordby | Vandværk"\ndomains = ["nordby.example"]\n'


def settings(tmp_path: Path, text: str = "") -> Settings:
    file = tmp_path / "segl.toml"
    file.write_text(BASE + text, "utf-8")
    return load_settings(file)


@pytest.mark.parametrize(
    ("text", "told", "not_told"),
    [
        ("", "30 dage efter afsendelsen", "Sms-udbyderen"),
        ("[portal]\nexpiry_days = 14\n", "14 dage efter afsendelsen", "30 dage efter"),
        (
            '[portal.sms]\nurl = "https://sms.example/send"\n',
            "Sms-udbyderen (sms.example)",
            "Krypteringstjenesten",
        ),
        (
            '[portal.relay]\nnext_hop = "[ome.example]:25"\n',
            "Krypteringstjenesten [ome.example]:25",
            "Forseglede beskeder: hele",
        ),
        ("[portal.answers]\non = false\n", "Forseglede beskeder: hele", "Svar skrevet"),
        ("[receipts]\nretention_days = 7\n", "| 7 dage |", "| 90 dage | x"),
        ('[receipts]\nsend = "none"\n', "| opslag og statistik |", "kvittering til afsenderen"),
        ('[receipts]\nsend = "daily"\n', "ikke tog imod en daglig samling", "x-ingen"),
        ("", "svaret på afgørelser", "daglig samling"),
        (
            '[[receipt]]\ndomain = "nordby.example"\njournal = "arkiv@firma.example"\njournal_outside = true\n',
            "Journalen arkiv@firma.example (kopier af kvitteringer til nordby.example)",
            "Sms-udbyderen",
        ),
        (
            '[[receipt]]\ndomain = "nordby.example"\njournal = "arkiv@nordby.example"\n',
            "Navneservere",
            "Journalen",
        ),
        ('[detection]\nmode = "shadow"\n', "prøvedrift", "sendes sikkert, uanset"),
        ('[detection]\nmode = "always"\n', "uanset indhold", "prøvedrift"),
        ("", "Tilbageholdte beskeder: hele indholdet, ukrypteret", "i hukommelsen, ikke på disk"),
        ("", "bliver mindet om det hver 24. time", "hver 0. time"),
        ("[hold]\nremind_hours = 0\n", "der er ingen frist |", "bliver mindet"),
        ("", "Mail på vej: hele indholdet, ukrypteret", "x-ingen"),
        ("", "Sikkerhedskopier af serveren", "x-ingen"),
        ('[hold]\nofficer = "dpo@nordby.example"\npersons = 2\n', "to personer", "af en person"),
    ],
)
def test_the_settings_decide_what_stands_in_it(tmp_path: Path, text: str, told: str, not_told: str) -> None:
    written = record(settings(tmp_path, text))
    assert told in written
    assert not_told not in written


def test_it_is_a_table_that_names_cannot_break(tmp_path: Path) -> None:
    written = record(settings(tmp_path))
    assert "Nordby \\| Vandværk" in written
    assert OPEN in written
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") in (3, 4) for line in rows)


def test_every_table_with_something_of_people_is_thought_of() -> None:
    """Whoever adds a table says in :mod:`segl.article30` what is in it, then here."""
    assert set(metadata.tables) == THOUGHT_OF


THOUGHT_OF = {
    *("audit_entry", "meta", "log_position", "log_read", "node"),
    *("decision", "decision_feedback"),
    # Hosts, messages and settings of ours.
    *("canary_leak", "canary_look", "canary_sent", "held_look", "settings_state"),
    *("domain_knowledge", "domain_mark", "given_noted", "given_proof", "mta_sts_policy"),
    *("portal_count", "portal_visit", "sealed_answer", "sealed_message", "sealed_recipient", "sealed_spare"),
    *(
        "recipient_certificate",
        "recipient_lookup",
        "revoked_certificate",
        "seen_capability",
        "signer_standing",
    ),
    *("sent_message", "sent_recipient", "tls_evidence", "waiting_copy", "digest_refusal", "logged_queue"),
}


def test_the_command_writes_it(tmp_path: Path) -> None:
    settings(tmp_path)
    done = CliRunner().invoke(build("audit"), ["audit", "record", "--settings", str(tmp_path / "segl.toml")])
    assert (done.exit_code, done.stdout.startswith("# Fortegnelse over behandlingsaktiviteter")) == (0, True)


def test_each_of_several_organisations_has_its_own(tmp_path: Path) -> None:
    loaded = settings(
        tmp_path,
        '[hold]\nofficer = "dpo@nordby.example"\n\n[[tenant]]\nname = "Skolen"\ndomains = ["skole.example"]\n',
    )
    school = record(loaded, loaded.owners.named("Skolen"))
    assert f"| Dataansvarlig | Skolen, {OPEN} |" in school
    assert "| Domæner | skole.example |" in school
    assert "nordby" not in school.lower()
    file = tmp_path / "segl.toml"
    told = CliRunner().invoke(
        build("audit"), ["audit", "record", "--organisation", "Skolen", "--settings", str(file)]
    )
    assert told.stdout.strip() == school.strip()
