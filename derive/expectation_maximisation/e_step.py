"""The E-step: the responsibilities, and what is built from them alone."""

from __future__ import annotations

from derive.formula import Definition, Divide, Log, Sum, multiply, negate
from derive.models import LatentModel


def responsibilities(model: LatentModel) -> Definition:
    """``w_ij = p(z_i = j | x_i) = p_ij / sum_l p_il``; sums to one over j."""
    i, j, l = model.datum, model.latent, model.other
    return Definition("w", (i, j), Divide(model.joint(i, j), Sum(l, model.joint(i, l))), normalised_over=j)


def entropy(model: LatentModel, w: Definition) -> Definition:
    """``Ent(w) = - sum_i sum_j w_ij log w_ij``, in nats."""
    i, j = model.datum, model.latent
    return Definition("Ent", (), negate(Sum(i, Sum(j, multiply(w(i, j), Log(w(i, j)))))))
