"""A message in its parts: the MIME tree, what its header fields say, and one entity of it.

RFC 5322 says what a message is, RFC 2045 and 2046 how parts lie in it. Programs that read mail forgive what these
forbid, each in its own way: where two of them would read different things, both are read here.
"""
