"""Rules on lists: what the heading of a column, a caption or a line before an amount says of the rows below."""
