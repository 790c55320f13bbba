"""Packages: documents that are zip archives of parts (APPNOTE.TXT 6.3), read part by part and between the parts."""
