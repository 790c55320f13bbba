"""The process in which a directory is talked to: one question a line on standard input, one answer a line out.

OpenLDAP's library reads a message to its end once it has begun, whatever time limit or asynchronous call it was
given: a server that sends one byte and then no more would stop ``segl-map`` for good. Here it stops this
process, which its parent ends when the time is up (and which ends itself, should the parent be gone).
"""

from __future__ import annotations

import json
import signal
import sys
import time
from base64 import b64encode
from contextlib import suppress
from typing import Any, Final

import bonsai

_BASE: Final = 0
_SUBTREE: Final = 2
_NO_ATTRIBUTES: Final = "1.1"  # RFC 4511 §4.5.1.8
_THERE: Final[set[str]] = set()  # bases that were seen; a process asks one directory alone


def main() -> None:
    for line in sys.stdin:
        question = json.loads(line)
        signal.alarm(int(question["seconds"]) + 2)  # ends the process
        print(json.dumps(_answer(question)), flush=True)  # noqa: T201 — to the parent
        signal.alarm(0)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    """``{"values": [[…] for each entry]}`` in base64, and whether there is anything at the base; or ``{"error": …}`` by
    the name of bonsai's error."""
    begun = time.monotonic()
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
            left = question["seconds"] / 2 - (time.monotonic() - begun)
            based = bool(entries) or _is_there(connection, question["base"], left)
        finally:
            with suppress(bonsai.LDAPError):
                connection.close()
    except bonsai.LDAPError as error:
        name = type(error).__name__
        if "certificate" in str(error).lower():
            name = "tls"
        elif question["starttls"] and isinstance(error, bonsai.errors.ProtocolError):
            name = "starttls"
        return {"error": name}
    except ValueError:
        return {"error": "ProtocolError"}
    wanted = {spelling.lower() for spelling in _spellings(question["attribute"])}
    return {"values": [_values(entry, wanted) for entry in entries], "based": based}


def _is_there(connection: Any, base: str, seconds: float) -> bool:
    """Whether an entry is seen at *base*; taken for granted where there is no time to ask. A base that is not there, or
    is another server's, bonsai gives out as nothing found, which would be so of everybody."""
    if base in _THERE or seconds <= 0:
        return True
    with suppress(bonsai.LDAPError):
        if connection.search(base, _BASE, "(objectClass=*)", [_NO_ATTRIBUTES], timeout=seconds, sizelimit=1):
            _THERE.add(base)
            return True
    return False


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
