"""The observed-data and the complete-data log-likelihood."""

from __future__ import annotations

from derive.formula import Definition, Log, Sum
from derive.models import LatentModel


def observed_data_log_likelihood(model: LatentModel) -> Definition:
    """``l(theta) = sum_i log sum_j p(x_i, z_i = j; theta)``, in nats, summed over the data."""
    i, l = model.datum, model.other
    return Definition("l", (), Sum(i, Log(Sum(l, model.joint(i, l)))))
