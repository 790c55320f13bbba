"""The process ``segl-milter``: asked by Postfix about each message before Postfix says ``250``.

``daemon`` starts it, ``workers`` keeps its processes alive, ``listener`` holds the socket, ``serving`` takes what comes
to it, ``connection`` speaks the ``protocol`` with the MTA, ``session`` takes the messages of one connection. What a
message is worth is said by :mod:`segl_classifier`; ``ruling`` adds what the settings ask for and ``modifications`` what
Postfix must be told.
"""
