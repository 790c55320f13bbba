"""The process in which a directory is talked to: one question a line on standard input, one answer a line out.

OpenLDAP's library reads a message to its end once it has begun, whatever time limit or asynchronous call it was
given: a server that sends one byte and then no more would stop ``segl-map`` for good. Here it stops this
process, which its parent ends when the time is up (and which ends itself, should the parent be gone).
"""

from __future__ import annotations

import json
import signal
import sys
from base64 import b64encode
from contextlib import suppress
from typing import Any, Final

import bonsai

_SUBTREE: Final = 2


def main() -> None:
    for line in sys.stdin:
        question = json.loads(line)
        signal.alarm(int(question["seconds"]) + 2)  # ends the process
        print(json.dumps(_answer(question)), flush=True)  # noqa: T201 — to the parent
        signal.alarm(0)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    """``{"values": [[…] for each entry]}`` in base64, or ``{"error": …}`` by the name of bonsai's error."""
    try:
        connection = _client(question).connect(timeout=question["seconds"])
        try:
            entries = connection.search(
                question["base"],
                _SUBTREE,
                question["filter"],
                [question["attribute"]],
                timeout=question["seconds"],
                sizelimit=question["entries"],
            )
        finally:
            with suppress(bonsai.LDAPError):
                connection.close()
    except bonsai.LDAPError as error:
        tls = "certificate" in str(error).lower()
        return {"error": "tls" if tls else type(error).__name__}
    except (ValueError, UnicodeError):
        return {"error": "ProtocolError"}
    wanted = {spelling.lower() for spelling in _spellings(question["attribute"])}
    return {"values": [_values(entry, wanted) for entry in entries]}


def _client(question: dict[str, Any]) -> bonsai.LDAPClient:
    client = bonsai.LDAPClient(question["url"], question["starttls"])
    client.set_raw_attributes(_spellings(question["attribute"]))
    client.set_server_chase_referrals(False)
    client.set_ignore_referrals(True)
    client.set_cert_policy("demand")
    if question["ca_file"]:
        client.set_ca_cert(question["ca_file"])
    if question["bind_dn"]:
        client.set_credentials("SIMPLE", user=question["bind_dn"], password=question["password"])
    return client


def _values(entry: Any, wanted: set[str]) -> list[str]:
    columns = [column for name, column in entry.items() if name.lower() in wanted]
    return [
        b64encode(value).decode("ascii") for column in columns for value in column if isinstance(value, bytes)
    ]


def _spellings(attribute: str) -> list[str]:
    """Servers answer with or without ``;binary`` (RFC 4522 §4)."""
    bare = attribute.partition(";")[0]
    return [bare, f"{bare};binary"]


if __name__ == "__main__":
    main()
