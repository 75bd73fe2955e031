"""Faults planted in the verifier itself: each is caught by the other witness, by a statement of which it is known, or by a test.

``python -m tests.sabotage`` plants them one after the other, and prints who caught each.
"""
