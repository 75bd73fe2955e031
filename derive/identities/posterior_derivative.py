"""How the responsibilities move with a parameter: d w_j = w_j (d log p_j - sum_l w_l d log p_l), and not at all zero."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Delta, Derivative, Log, Sum, multiply
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model = em.model
    i, j, l, s = model.datum, model.latent, model.other, model.fresh
    by, name = parameter.reference, parameter.symbol.name

    def log_joint_slope(component: object) -> Derivative:
        return Derivative(Log(model.joint(i, component)), by)  # type: ignore[arg-type]

    slope = Derivative(em.moving(i, j), by)
    mean = Sum(l, multiply(em.moving(i, l), log_joint_slope(l)))
    general = Claim(label=f"dw-{name}", lhs=slope, rhs=multiply(em.moving(i, j), log_joint_slope(j) - mean), reading="moving")
    found = [Step(reason="the quotient rule; the derivative of {p} is {p} times that of its logarithm", claim=general)]
    through = model.by_exponent.exponent if model.by_exponent is not None and model.is_in_exponent_only(parameter) else None
    if parameter.own:
        toward = Derivative(through(i, s), by) if through is not None else log_joint_slope(s)
        special = Claim(
            label=f"dw-{name}-psi",
            lhs=slope,
            rhs=multiply(em.moving(i, j), Delta(j, s) - em.moving(i, s), toward),
            reading="moving",
        )
        own = Claim(
            label=f"dw-{name}-own",
            lhs=Derivative(em.moving(i, s), by),
            rhs=multiply(em.moving(i, s), ONE - em.moving(i, s), toward),
            reading="moving",
        )
        found += [
            Step(
                reason=f"only component {{s}} contains {{{name}}}" + (", and only through {psi}" if through is not None else ""),
                claim=special,
            ),
            Step(
                reason="the case {j} = {s}" + (": the formula of the question, which is right" if through is not None else ""),
                claim=own,
            ),
        ]
    nonzero = Claim(label=f"dw-{name}-nonzero", lhs=slope, relation="not identically 0", reading="moving")
    found.append(Step(reason="one point at which it is certainly not zero is enough", claim=nonzero))
    return tuple(found)


IDENTITY = Identity(
    name="posterior-derivative",
    title="The derivative of the responsibilities",
    source="the softmax Jacobian; Bridle (1990)",
    steps=steps,
)
