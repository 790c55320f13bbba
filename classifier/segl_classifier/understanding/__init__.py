"""Understanding: is there a person in this text, and is the matter hers?

Windows of a few sentences are cut from the texts; a cheap linear stage scores every one, a small network sifts the
doubtful ones, an encoder reads the uncertain ones; the scores of a message are the calibrated best of its windows, with
the arithmetic kept.
"""
