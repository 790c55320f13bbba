"""Numbers whose date and last four digits stand apart: in a sentence, in two columns, one below the other."""
