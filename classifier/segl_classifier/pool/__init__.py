"""Reads attachments in processes that may hang, crash or be taken over without harm to the rest.

The libraries that read PDF, Word files and archives are large, and every stranger on the net may write
their input. So none of them is ever loaded where messages are judged:

* :mod:`segl.confined.template` is a process started once. It loads the libraries and then forks a worker whenever
  somebody asks for one; a fork costs a few milliseconds and shares the loaded pages.
* :mod:`.worker` is a forked process. It shuts itself in (:mod:`segl.confined.sandbox`: limits on memory,
  processor time and open files; no network, no writing to disk, no programs), then reads one attachment
  after another.
* :mod:`.client` is the side of those who ask: it hands over the bytes of an attachment, takes the texts as
  they come, kills a worker that takes too long, and gives what was read until then.
* :mod:`.wire` is what passes between them: plain frames, checked on arrival. Nothing is unpickled.

One job is one attachment with everything inside it. An archive in an archive is unfolded where it is read,
within one allowance of time, bytes and characters, so that unfolded bytes never come back to the process that
judges, and twenty thousand members cost no twenty thousand round trips. Texts are sent on after each file
inside, so that a member that crashes the reader costs the members behind it, not those before.
"""
