"""``make portal-demo``: a portal with one sealed message in it, to look at with a browser of your own.

It prints the link, and each code as it would be mailed. The certificate is the demo's own, so the browser warns.
"""

from __future__ import annotations

import sys
import tempfile
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from world.counter import code_in
from world.portal_site import PortalSite

_HTML = """<p>Kære Bo</p><p>Her er flytteopgørelsen for <b>Åvej 3</b>. Beløbet er på din konto i næste uge.</p>
<table border="1" cellpadding="6"><tr><th>Post</th><th>Beløb</th></tr>
<tr><td>Acontobetaling</td><td align="right">2.400,00 kr.</td></tr>
<tr><td>Forbrug</td><td align="right">1.912,50 kr.</td></tr></table>
<p><img src="https://tracker.example/p.gif" alt="logo"></p><p>Venlig hilsen<br>Mette Krog, Nordby Vandværk</p>"""


def message() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Mette Krog <anna@nordby-vand.example>"
    mail["To"] = "Bo Hansen <bo@vestby.example>, carl@nordby-vand.example"
    mail["Subject"] = "Flytteopgørelse for Åvej 3"
    mail["Date"] = "Tue, 24 Nov 2026 09:00:00 +0100"
    mail.set_content("Kære Bo. Her er flytteopgørelsen.")
    mail.add_alternative(_HTML, subtype="html")
    mail.add_attachment("Måler;Dato;Stand\n4711;2026-11-01;812\n", subtype="csv", filename="aflæsning.csv")
    return mail.as_bytes()


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="segl-portal-") as folder,
        PortalSite(Path(folder), host="localhost") as site,
    ):
        letter = site.seal(content=message())
        print(f"The link in the notice, for {letter.recipient}:\n\n    {site.link(letter)}\n")
        print("Codes are shown here as they are mailed; answers too. Ctrl-C ends it.")
        told = 0
        while True:
            time.sleep(0.5)
            for mail in site.return_port.received[told:]:
                told += 1
                if letter.recipient in mail.recipients:
                    print(f"mail to {letter.recipient}: the code is {code_in(mail.content)}", flush=True)
                else:
                    print(
                        f"mail to {', '.join(mail.recipients)}: an answer of {len(mail.content)} bytes",
                        flush=True,
                    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
