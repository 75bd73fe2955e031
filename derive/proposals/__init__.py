"""What a person would write next: derivatives and maximisers as textbook formulas, found by rules of thumb.

Nothing rests on a proposal. Each is stated as a claim and goes the way of every claim, to the proof kernel and to the numbers:
one that is wrong is refuted like anybody's. These rules share no code with the kernel.
"""
