"""Other people's certificates (X.509, RFC 5280; RFC 8550 for mail): whether mail may be encrypted to one.

:mod:`.judgement` is the one answer, for all who ask; it rests on whom a certificate names, under whom it was issued,
and what its authorities were forbidden. :mod:`.records` is what the store remembers of recipients' certificates.
"""
