"""RTF (Microsoft, 1.9.1): text between control words; also what Outlook packs its bodies in."""
