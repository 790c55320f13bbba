"""How much words may add to what the model says: the one table of numbers in the decision.

They are added to the log-odds of the model's score, times the joint score of the rules (0 to 1), so that
words move what the model doubts and hardly what it is sure of: with 1.0, rules that say 0.6 lift a score of
0.40 to 0.55, and one of 0.02 to 0.04. They were chosen on texts kept apart for choosing.
"""

from __future__ import annotations

from segl.vocabulary import Label

SHIPPED: dict[Label, float] = dict.fromkeys(Label, 1.0)
"""The shipped word rules of a category."""

OWN = 3.0
"""A postmaster's rules, of any category. From the threshold of the rules on they decide by themselves."""

WHOLE = 0.75
"""The strongest category's words, for the message as a whole."""

SURE_OF_NOTHING = 0.03
"""Below this the model, having read a message, is sure that nothing in it is a person's matter."""

DESPITE = 0.68
"""What rules that count by themselves in prose (``alone``) must then reach together: two that agree, since one of them
is as often the writing of a trade about nobody (docs/decisions/0065)."""

NOT_THAT = 0.003
"""Below this the model, where it has no more doubt of the message than :data:`SOME_DOUBT`, is sure that a category is
not what the message is about: one sign of it does not do (docs/decisions/0104)."""

SOME_DOUBT = 0.3
"""From here on the model may have taken one category for another."""

FEW = 25
"""Up to so many words a message has little in which the model could be sure of anything, so that it counts where the
model has :data:`SOME_DOUBT` of it (docs/decisions/0115)."""

RATHER_FEW = 35
"""So it is up to so many words with one that speaks of *han, hun*; one that does not counts where the model has
:data:`MORE_DOUBT`."""

MORE_DOUBT = 0.45
"""What a message of no more than :data:`RATHER_FEW` words counts from, that speaks of nobody by *han, hun*."""
