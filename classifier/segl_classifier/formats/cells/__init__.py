"""What sheets of all programs have in common: a grid of cells, numbers as they are shown, formulas."""
