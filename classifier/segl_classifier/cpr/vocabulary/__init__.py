"""The words that are asked of the surroundings of a number, in five languages, and how they are looked up."""
