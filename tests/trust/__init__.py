"""How much a verdict is worth, measured: what is tried, what came of it, and what is demanded.

``python -m tests.trust`` tries all of it and prints the table that stands in the README.
"""
