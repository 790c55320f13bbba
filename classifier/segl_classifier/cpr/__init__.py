"""Finds Danish personal numbers (CPR) in text, in every spelling, and says why each is taken for one.

Begin at :func:`.find.find_cpr`. A number passes five stations, a folder each:

* ``spelling``: ten digits with a day and a month in them, however they are written; :mod:`.calendar` asks whether
  somebody can have been born on that day
* ``apart``: the same where the date and the last four digits stand apart
* ``context``: what the words beside the number say of it, left and right; the words themselves, in five languages, are
  data in ``vocabulary``
* ``table``: what the headings over it say
* ``judging``: the sum of all that, for each number (:mod:`.judging.judge`) and then for all of a column

No finding holds a whole number: the excerpt is masked, and all other numbers in its neighbourhood with it (``shown``).
"""
