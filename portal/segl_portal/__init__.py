"""The web page where a sealed message is opened, read and answered: the process ``segl-portal``.

A recipient opens the link of her notice, asks for a code, types it and reads. :mod:`.app` says which address is
answered by what, behind :mod:`.guard`, which every request passes; :mod:`.routes` is the way to the open message,
:mod:`.opened_routes` what can be had of it, :mod:`.answer_routes` the way back; :mod:`.pages`, the templates and
:mod:`.catalogue` make the pages; :mod:`.visits.service` knows who may open what; :mod:`.daemon`,
:mod:`.workers` and :mod:`.serving` are the process.
"""
