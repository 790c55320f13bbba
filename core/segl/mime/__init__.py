"""What a MIME message is written in: header fields and their parameters, encoded words, transfer encodings,
charsets, the first bytes of files.

Everything here takes bytes that a stranger wrote, never raises on any, and is linear in their length. The
classifier reads with it what must not slip through, the portal what a recipient wants to see; where the two
differ (a word that may be meant as it stands), there are two functions, and each says which it is.
"""
