"""Other domains' postmasters: how each domain stands, what it would have to repair, and the mail that asks for it."""
