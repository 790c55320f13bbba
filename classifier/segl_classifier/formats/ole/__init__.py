"""Compound files (MS-CFB): streams in a file, and what programs of many kinds put into them."""
