"""Formulas as people write them: LaTeX, plain Unicode text, naming conventions."""
