"""Archives: the files in a zip, a tar, a 7z … each taken out within bounds, for the loop that reads files."""
