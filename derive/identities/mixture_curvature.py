"""The Hessian of the log-likelihood of a mixture, component by component: what is neglected where the weights are held."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Delta, Derivative, Formula, Log, Reference, Sum, multiply
from derive.identities import Identity, chain
from derive.identities.louis import outer_product
from derive.identities.oakes import twice
from derive.models import Parameter
from derive.proposals.slopes import written_slope
from derive.symbols import Index


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, name, by = em.model, parameter.symbol.name, parameter.reference
    i, s = model.datum, model.fresh
    other = s if s in parameter.along.indices else model.other

    def score(component: Index, letter: Reference) -> Formula:
        return Derivative(Log(model.joint(i, component)), letter)

    def moved(component: Index, first: Formula, second: Formula) -> Formula:
        """What the movement of the weights adds, for the slopes of component s and another one."""
        same = ONE if component == s else Delta(s, component)
        return Sum(i, multiply(em.moving(i, s), same - em.moving(i, component), outer_product(first, second)))

    def held(letter: Reference) -> Formula:
        return Sum(i, multiply(em.moving(i, s), Derivative(score(s, by), letter)))

    whole = [
        (twice(em.l(), parameter), ""),
        (
            held(parameter.along) + moved(other, score(s, by), score(other, parameter.along)),
            "the second derivative with the weights held, and what their movement adds",
        ),
    ]
    slopes = [written_slope(Log(model.joint(i, at)), letter) for at, letter in ((s, by), (other, parameter.along))]
    if parameter.curvature is not None and slopes[0] is not None and slopes[1] is not None:
        closed = parameter.curvature(em.moving) + moved(other, slopes[0], slopes[1])
        whole.append((closed, "the derivatives of the joint log-density"))
    own = Derivative(Derivative(em.l(), by), by)
    added = moved(s, score(s, by), score(s, by))
    return (
        *chain(f"curvature-{name}", whole, reading="moving"),
        Step(
            reason=f"twice by the same {{{name}}}: the movement of {{w_moving}} makes it less concave",
            claim=Claim(label=f"curvature-{name}-own", lhs=own, rhs=held(by) + added, reading="moving"),
        ),
        Step(
            reason="tempting, and false: the movement of {w_moving} neglected",
            claim=Claim(
                label=f"curvature-{name}-neglected",
                lhs=own,
                rhs=held(by),
                reading="moving",
                expected="refuted",
                residual=added,
            ),
        ),
    )


def has_own_component(em: Algorithm, parameter: Parameter) -> bool:
    """Whether the parameter is a number or a vector of one component of finitely many."""
    finite = not em.model.latent.range.abstract
    return finite and parameter.own and len(parameter.symbol.shape) < 2 and em.model.fresh in parameter.indices


IDENTITY = Identity(
    name="mixture-curvature",
    title="The curvature of a mixture's log-likelihood",
    source="MacKay (2003), Information Theory, Inference, and Learning Algorithms, equation (22.20), which neglects a term",
    steps=steps,
    applies=has_own_component,
)
