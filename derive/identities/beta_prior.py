"""EM with a prior: a beta density on a probability adds its counts of successes and failures to those of the data."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant
from derive.formula import ONE, Formula, Log, multiply
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``a log p + b log(1 - p)``: that of a beta density with the parameters a + 1 and b + 1, up to a constant."""
    successes, failures, value = constant("successes", parameter), constant("failures", parameter), parameter.reference
    return multiply(successes, Log(value)) + multiply(failures, Log(ONE - value))


IDENTITY = of_prior(
    "beta",
    "Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    log_density,
    fits=lambda parameter: parameter.symbol.domain == "unit",
)
