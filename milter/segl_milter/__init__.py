"""The process ``segl-milter``, which Postfix consults about each message before it answers ``250``.

``daemon`` starts it, ``workers`` keeps its processes alive, ``listener`` holds the socket, ``serving`` accepts
connections, ``connection`` speaks the ``protocol`` with the MTA, ``session`` handles the messages of one connection.
:mod:`segl_classifier` classifies a message, ``ruling`` adds what the settings demand, and ``modifications`` makes the
edits that Postfix is asked for.
"""
