"""``[[policy]]``: what holds for mail from whom, to whom, with what in it.

:mod:`.table` says which entries hold for a message and what they say, :mod:`.verdict` what that makes of a verdict; the
others tell a postmaster what is wrong with his entries, or more than he meant.
"""
