"""Real neighbours for tests and demo: Postfix, a DNS server, a certificate authority, SMTP peers.

Everything runs on loopback addresses in a network namespace of its own (:mod:`world.namespace`), so that
port 25 is free, nothing reaches the outside, and two runs do not meet. Start reading at
:mod:`world.house`, which puts one organisation with Segl together, and the street it lives in.
"""
