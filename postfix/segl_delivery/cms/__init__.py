"""CMS, the Cryptographic Message Syntax (RFC 5652), which S/MIME is made of: signing, verifying, encrypting.

asn1crypto knows the structures and cryptography the mathematics; nothing outside this package knows of the
first. ``openssl cms`` is the second opinion in the tests.
"""
