"""Evaluation: labelled messages made into real mail, judged, and the judgements scored."""
