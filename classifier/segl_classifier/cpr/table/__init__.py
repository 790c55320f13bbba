"""What stands over a number: the heading of its column, the first cell of its row, the title of its table."""
