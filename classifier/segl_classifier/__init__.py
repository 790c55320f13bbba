"""The classifier: message bytes and rules in, a verdict with its evidence out.

No store, no log, no metrics, no files but rules and the trained model. It has sockets only to the processes of its own
that read attachments (:mod:`segl_classifier.pool`), and looks at the clock only for its time limits
(:mod:`segl_classifier.deadline`) and for the day on which somebody can have been born at the latest
(:mod:`segl_classifier.cpr.calendar`).

Start reading at :mod:`.classify`; its five stages are a file each. What they use, by stage:

* parse: ``parsing``; ``message`` is what the stages hand on
* extract: ``extracted`` (what a reader gives), ``readers`` for text, with ``markup`` for pages and ``records`` for what
  programs write; ``attachments`` for files, which ``pool`` has read by ``formats`` in processes of their own, and
  ``memory`` for those seen before
* detect: ``cpr``, ``rules``, ``unread_script``; ``layout`` says where words stand; ``few_words`` is for messages that
  the model has too little of
* understand: ``understanding``; ``spoken_words`` is what it hears of the rules
* decide: ``weigh``, with the numbers in ``weights``

No stage: ``stages`` and ``deadline`` keep the time, ``explain`` tells how a verdict came about, ``tuning`` makes
decisions anew from their records, ``evaluation`` scores labelled texts.
"""
