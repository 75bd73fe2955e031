"""The Q function and its companions: functions of theta and theta_t."""

from __future__ import annotations

from derive.formula import Definition, Divide, Log, Sum, multiply
from derive.models import LatentModel


def q_function(model: LatentModel, w: Definition) -> Definition:
    """``Q(theta; theta_t) = sum_i sum_j w_ij(theta_t) log p_ij(theta)``; differentiated in its first slot only."""
    i, j = model.datum, model.latent
    return Definition("Q", (), Sum(i, Sum(j, multiply(w(i, j, time="current"), Log(model.joint(i, j))))))


def h_function(model: LatentModel, w: Definition) -> Definition:
    """``H(theta; theta_t) = sum_i sum_j w_ij(theta_t) log w_ij(theta)`` (the sign of Dempster, Laird and Rubin)."""
    i, j = model.datum, model.latent
    return Definition("H", (), Sum(i, Sum(j, multiply(w(i, j, time="current"), Log(w(i, j))))))


def gap(model: LatentModel, w: Definition) -> Definition:
    """``KL(w_t || w) = sum_i sum_j w_ij(theta_t) log(w_ij(theta_t) / w_ij(theta))``."""
    i, j = model.datum, model.latent
    held, moving = w(i, j, time="current"), w(i, j)
    return Definition("KL", (), Sum(i, Sum(j, multiply(held, Log(Divide(held, moving))))))
