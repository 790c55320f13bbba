"""From what is known of a number to its score, and what the numbers around it change in that."""
