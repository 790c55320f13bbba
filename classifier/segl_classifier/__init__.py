"""The classifier: message bytes and rules in, a verdict with its evidence out.

No store, no log, no metrics, no files but rules and the trained model. It has sockets only to the processes of its own
that read attachments (:mod:`segl_classifier.pool`), and looks at the clock only for its time limits
(:mod:`segl_classifier.deadline`) and for the day on which somebody can have been born at the latest
(:mod:`segl_classifier.cpr.calendar`).

Start reading at :mod:`.classify`. The other modules by the stage that they serve:

* parse: ``parse``, then ``walk`` (the MIME tree), ``entity``, ``headers``; ``message`` is what the stages hand on
* extract: ``extract`` (which reader for which part), ``extracted``, ``readers``; ``html`` and what it takes for pages;
  ``cards``, ``records``, ``saved_sheet`` … for other text; ``attachments`` with ``pool`` and ``formats`` for files, and
  ``memory`` for those seen before
* detect: ``detect``, then ``cpr``, ``rules``, ``unread_script``; ``tables``, ``cells``, ``paragraphs`` say where words
  stand; ``few_words`` is for messages that the model has too little of
* understand: ``understand``, then ``understanding``; ``spoken_words`` is what it hears of the rules
* decide: ``decide``, then ``weigh`` with the numbers in ``weights``

No stage: ``stages`` and ``deadline`` keep the time, ``explain`` tells how a verdict came about; ``features``, ``again``
and ``replay`` make decisions anew from their records, for tuning; ``evaluation`` scores labelled texts.
"""
