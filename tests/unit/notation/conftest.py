"""The mixture whose formulas are written in the tests."""

from __future__ import annotations

import pytest

from derive.expectation_maximisation.algorithm import Algorithm
from derive.models import family


@pytest.fixture(scope="package")
def em() -> Algorithm:
    return Algorithm(family("gaussian-mixture")(covariance="full", weights="free"))
