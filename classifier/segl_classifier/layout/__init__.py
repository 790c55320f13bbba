"""Where words stand in a text: its lines and paragraphs, the rows and cells of its tables, and their headings.

Only characters are looked at here, not what they say. Whoever looks for numbers or words, and the model too, asks here
what belongs together: a number in a list is what the heading of its column says it is.
"""
