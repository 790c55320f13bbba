"""How ten digits may be written: signs between them, digits of other scripts, letters for digits, a name of a month."""
