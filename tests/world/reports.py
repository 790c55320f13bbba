"""Delivery reports as Postfix 3.10 writes them (seen there, letter for letter but for the values)."""

from __future__ import annotations

from collections.abc import Mapping

SECURE = "segl-secure.mail.nordby.example"


def report(
    envelope_id: str,
    *groups: Mapping[str, str],
    reporter: str = SECURE,
    queue_id: str = "4jZ4BH5slJz1dqf0",
    to: str = "anna@nordby.example",
    message_id: str = "<1@nordby.example>",
    facts: str = "",
    at: str = "Wed, 25 Nov 2026 02:58:32 +0000 (UTC)",
) -> bytes:
    """A report to *to* with one group a recipient."""
    boundary = f"{queue_id}.1795575512/{reporter}"
    told = "\r\n\r\n".join(
        "\r\n".join(f"{name}: {value}" for name, value in group.items()) for group in groups
    )
    ours = f"X-Segl-Facts: {facts}\r\n" if facts else ""
    return f"""\
Received: by {reporter} (Postfix)\r
\tid 4jZ4BJ0MVyz1dqk4; {at}\r
Date: {at}\r
From: Mail Delivery System <MAILER-DAEMON@mail.nordby.example>\r
Subject: Successful Mail Delivery Report\r
To: {to}\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status;\r
\tboundary="{boundary}"\r
Content-Transfer-Encoding: 8bit\r
Message-Id: <4jZ4BJ0MVyz1dqk4@{reporter}>\r
\r
This is a MIME-encapsulated message.\r
\r
--{boundary}\r
Content-Description: Notification\r
Content-Type: text/plain; charset=utf-8\r
\r
This is the mail system at host {reporter}.\r
\r
--{boundary}\r
Content-Description: Delivery report\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; {reporter}\r
Original-Envelope-Id: {envelope_id}\r
X-Postfix-Queue-ID: {queue_id}\r
X-Postfix-Sender: rfc822; {to}\r
Arrival-Date: Wed, 25 Nov 2026 02:58:31 +0000 (UTC)\r
\r
{told}\r
\r
--{boundary}\r
Content-Description: Message Headers\r
Content-Type: text/rfc822-headers\r
Content-Transfer-Encoding: 8bit\r
\r
Return-Path: <{to}>\r
From: Anna Berg <{to}>\r
Subject: Flytning\r
{ours}Message-Id: {message_id}\r
\r
--{boundary}--\r
""".encode()


def group(
    recipient: str, action: str = "relayed", status: str = "2.0.0", said: str = "250 ok"
) -> dict[str, str]:
    """What is reported of one recipient, as of a delivery by SMTP."""
    return {
        "Final-Recipient": f"rfc822; {recipient}",
        "Original-Recipient": f"rfc822;{recipient}",
        "Action": action,
        "Status": status,
        "Remote-MTA": f"dns; mx.{recipient.partition('@')[2]}",
        "Diagnostic-Code": f"smtp; {said}",
    }
