"""A recipient at the portal: the code she asks for and how it comes to her, what she may open, and how often one may
try."""
