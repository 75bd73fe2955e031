"""Expectation-maximisation for any mixture: likelihood, E-step, Q function, M-step."""
