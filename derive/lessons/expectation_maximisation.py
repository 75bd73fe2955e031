"""EM for a mixture, from the model to the M-step, and why the responsibilities may be held fixed."""

from __future__ import annotations

from collections.abc import Sequence

from derive.claims import Derivation, Letters, Measure, Section, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    AtEqual,
    Derivative,
    Formula,
    Log,
    Named,
    Reference,
    SizeNumber,
    Sum,
    mentions,
    multiply,
    negate,
    unfold,
    walk_unfolded,
)
from derive.identities import identity
from derive.models import LatentModel, Parameter
from derive.symbols import Index, Size

QUESTION = "Why may {w_letter} be held fixed?"
"""What the lesson answers, in four parts."""


def derivation(model: LatentModel, parameters: Sequence[str] = ()) -> Derivation:
    """The whole derivation for a mixture, for the named parameters (all of them when none is named).

    Raises:
        UnknownNameError: the model has no parameter of that name.
    """
    em = Algorithm(model)
    chosen = [model.parameter(name) for name in parameters] or list(model.parameters)
    sections = (
        _model(em),
        _two_sets(em, chosen),
        *(_m_step(em, parameter) for parameter in chosen),
        _score(em, chosen),
        *_why(em, chosen),
        _bound(em, chosen[0]),
    )
    return Derivation(name=model.name, title=model.title, sections=sections, letters=_letters(em))


def _is_finite(em: Algorithm) -> bool:
    """Whether the latent is one of finitely many components; else sums over it are integrals."""
    return not em.model.latent.range.abstract


def _letters(em: Algorithm) -> Letters:
    model = em.model
    i, j = model.datum, model.latent
    letters = {"data": "n", "components": "k", "dimension": "d"}
    sizes = {letters[name]: SizeNumber(size) for name, size in model.sizes.items()}
    weight, shape = model.weight, model.by_exponent
    told: dict[str, Formula | Index | str] = {}
    if weight is not None:
        told |= {"phi": weight(model.fresh), "phi_j": weight(j), "weight_j": weight(j)}
    if shape is not None and weight is not None:
        told |= {"psi": shape.exponent(i, j), "log_alpha": Log(shape.normaliser(j)), "log_phi": Log(weight(j))}
    return {
        **told,
        **sizes,
        **{f"size {size.name}": SizeNumber(size) for size in _sizes(model) if size not in model.sizes.values()},
        "i": i,
        "j": j,
        "l": model.other,
        "s": model.fresh,
        "x": model.observation,
        "w": em.held(i, j),
        "w_letter": "w" if _is_finite(em) else "the posterior",
        "Q_letter": "Q",
        "w_moving": em.moving(i, j),
        "minus_w_log_w": negate(multiply(em.moving(i, j), Log(em.moving(i, j)))),
        "p": model.joint(i, j),
        "Q": em.q(),
        "l_value": em.l(),
        "theta": "θ",
        "theta_t": "θ_t",
        **{parameter.symbol.name: parameter.reference for parameter in model.parameters},
        **{f"{p.symbol.name}_other": p.along for p in model.parameters if p.symbol.domain == "simplex"},
        **{f"{p.symbol.name}_constraint": p.constraint(em.held) for p in model.parameters if p.constraint is not None},
        **{f"{p.symbol.name}_star": em.solutions[p.symbol.name](*p.indices) for p in model.parameters if p.m_step is not None},
    }


def _sizes(model: LatentModel) -> Sequence[Size]:
    """The sizes of what stands in the joint density, each once."""
    symbols = (node.symbol for node in walk_unfolded(model.joint.body) if isinstance(node, Reference))
    counted = ((*(own.upper for own in s.family if not own.abstract), *s.shape) for s in symbols)
    return tuple(dict.fromkeys(size for sizes in counted for size in sizes))


def _steps(name: str, em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found = identity(name)
    return found.steps(em, parameter) if found.applies(em, parameter) else ()


def _definition(named: Named, reason: str) -> Step:
    return Step(reason=reason, defines=(named, unfold(named)))


def _model(em: Algorithm) -> Section:
    model = em.model
    steps = (
        *(_definition(named, reason) for named, reason in model.definitions),
        _definition(em.l(), "the log-likelihood of what is observed"),
    )
    return Section(
        title="The model",
        introduction=model.introduction,
        steps=steps,
    )


def _two_sets(em: Algorithm, chosen: Sequence[Parameter]) -> Section:
    i, j = em.model.datum, em.model.latent
    evaluated = "the responsibilities at {theta_t}: {w} without an argument is that number"
    if not _is_finite(em):
        evaluated = "the posterior at {theta_t}: {w} is that density"
    steps = [
        _definition(
            em.w(i, j),
            "the posterior probability of component {j} for datum {i}"
            if _is_finite(em)
            else "the posterior density of the latent, given datum {i}",
        ),
        _definition(Named(em.w, (i, j), "current"), "the same at {theta_t}: what the E-step computes"),
        *_steps("posterior-normalisation", em, chosen[0])[:1],
        *(s for s in _steps("closed-form-posterior", em, chosen[0]) if s.claim is None or s.claim.expected is None),
        _definition(em.q(), "the expectation of the complete-data log-likelihood over the posterior at {theta_t}"),
    ]
    return Section(
        title="Two sets of parameters, and the E-step",
        introduction=(
            "Two sets of parameters live in EM. {theta_t} is the current value, found in the iteration before; {theta} is "
            f"free. The E-step evaluates {evaluated}, {{w_moving}} the function of {{theta}}. {{Q}} has both: {{theta_t}} inside "
            "the weights, {theta} inside the logarithm, and the M-step differentiates and maximises it in {theta} only."
        ),
        steps=tuple(steps),
        closing=""
        if _is_finite(em) or identity("closed-form-posterior").applies(em, chosen[0])
        else "No closed form of this posterior was found. What follows needs none: the integrals stay as they are.",
    )


def _m_step(em: Algorithm, parameter: Parameter) -> Section:
    names = ("held-step", "q-gradient", "stationary-point", "second-order")
    steps = tuple(step for name in names for step in _steps(name, em, parameter))
    if parameter.m_step is None:
        solved = tuple(s for s in _steps("exponential-family", em, parameter) if s.claim is None or s.claim.expected is None)
        return Section(title=f"The M-step: {parameter.role}", steps=(*steps, *solved), closing=_no_closed_form(parameter))
    update = _definition(em.solutions[parameter.symbol.name](*parameter.indices), "the M-step")
    first = next((k for k, s in enumerate(steps) if s.claim is not None and s.claim.label.startswith("m-step")), 0)
    # The wrong twin of the step is told where the reader asks "why", not in the middle of the right derivation.
    rows = tuple(s for s in (*steps[:first], update, *steps[first:]) if s.claim is None or s.claim.expected is None)
    closing = [_joint_maximum(em, parameter), f"This needs that {parameter.condition}." if parameter.condition else ""]
    return Section(title=f"The M-step: {parameter.role}", steps=rows, closing=" ".join(filter(None, closing)))


def _no_closed_form(parameter: Parameter) -> str:
    letter = f"{{{parameter.symbol.name}}}"
    return (
        f"No closed form was found for where this gradient vanishes: {letter} is reached by a few steps of Newton's method, "
        f"{letter} less the gradient divided by the second derivative, with the weights {{w}} held. A step that only raises "
        "{Q} is enough for the log-likelihood never to fall (generalised EM)."
    )


def _joint_maximum(em: Algorithm, parameter: Parameter) -> str:
    """Which other maximiser goes into this one, where there is such a one: the means into the covariances."""
    if parameter.m_step is None:
        return ""
    own = parameter.m_step(em.held)
    name = parameter.symbol.name
    told: list[str] = []
    for other in (p for p in em.model.parameters if p is not parameter and mentions(own, p.symbol)):
        letter = other.symbol.name
        its = other.m_step(em.held) if other.m_step is not None else None
        if its is None or mentions(its, parameter.symbol):
            told.append(
                f"{{{name}_star}} contains {{{letter}}}, of which no closed form without {{{name}}} was found: the one is "
                "maximised with the other held, in turn, and no such step lowers {Q}."
            )
        else:
            told.append(
                f"{{{name}_star}} contains {{{letter}}}, but {{{letter}_star}} does not contain {{{name}}}: with "
                f"{{{letter}_star}} put into it, the two together are the maximum of {{Q}} in both."
            )
    return " ".join(told)


def _score(em: Algorithm, chosen: Sequence[Parameter]) -> Section:
    steps: list[Step] = []
    for parameter in chosen:
        steps += _steps("score", em, parameter)
        steps += _steps("fixed-point", em, parameter)
    return Section(
        title="The log-likelihood itself",
        introduction="No EM here: the gradient of {l_value}, in which nothing is held.",
        steps=tuple(steps),
    )


def _why(em: Algorithm, chosen: Sequence[Parameter]) -> tuple[Section, ...]:
    def every(name: str) -> tuple[Step, ...]:
        """An identity for all parameters; what it says alike for several of them once."""
        found: dict[object, Step] = {}
        for parameter in chosen:
            for step in _steps(name, em, parameter):
                key = (step.claim.lhs, step.claim.relation, step.claim.rhs) if step.claim is not None else step
                found.setdefault(key, step)
        return tuple(found.values())

    but = "unless there is only one component, whose weight is 1" if _is_finite(em) else "where the data tell of the latent"
    first = chosen[0]  # a reason that is wrong for one parameter need not be refuted for all
    wrong_step = tuple(step for step in every("held-step") if step.claim is not None and step.claim.expected)
    return (
        Section(
            title="It does move: its derivative is not zero",
            question=QUESTION,
            answer="It does move: {w_letter} is a function of {theta}, and its derivative is not zero",
            introduction=(
                "{w_moving} is the posterior, and the posterior depends on the parameters: its derivative is not zero, "
                f"{but}. So why may the M-step differentiate as if it were a constant?"
            ),
            steps=(*every("posterior-derivative"), *every("posterior-normalisation")[1:]),
            measures=_moves(em, chosen),
        ),
        Section(
            title="First valid reason: in {Q_letter} the weights are numbers, taken at the current value",
            question=QUESTION,
            answer=(
                "First valid reason: in {Q} the weights are numbers, taken at {theta_t}, and still its gradient in {theta} "
                "is, at {theta_t} = {theta}, the whole gradient of {l_value}"
            ),
            introduction=(
                "The M-step differentiates {Q} in its first slot. {w} is a number there, whatever it is a function of "
                "elsewhere. And nothing is lost: at {theta_t} = {theta} that gradient is the whole gradient of the "
                "log-likelihood."
            ),
            steps=every("fisher-identity"),
            measures=_residuals(em, chosen),
        ),
        Section(
            title="Second valid reason: in the bound, the moving terms cancel",
            question=QUESTION,
            answer=(
                "Second valid reason: the bound divides by {w_letter} inside the logarithm, and then the terms in the "
                "derivative of {w_letter} cancel even though it moves"
            ),
            introduction=(
                "Line (1) of the question is the bound: it divides by the weight inside the logarithm. With that the "
                "derivatives of the weights cancel even though the weights move, because at the posterior the logarithm is "
                "the same for every {j}."
            ),
            steps=every("envelope"),
        ),
        Section(
            title='Tempting reasons that are wrong: "{w_letter} does not move", "the terms cancel in {Q_letter}"',
            question=QUESTION,
            answer=(
                "Two tempting reasons are wrong: that {w_letter} does not move, and that the terms in its derivative cancel "
                "in {Q_letter}, which lacks the entropy"
            ),
            introduction=(
                "Each of these is refuted by a point at which both sides are known with certainty; by how much it fails is "
                "proved."
            ),
            steps=(
                *_steps("weights-do-not-move", em, first),
                _definition(em.entropy(), "the entropy of the responsibilities"),
                *_steps("entropy-left-out", em, first),
                *wrong_step,
            ),
            measures=_gaps(em, chosen),
        ),
    )


def _moves(em: Algorithm, chosen: Sequence[Parameter]) -> tuple[Measure, ...]:
    i, j = em.model.datum, em.model.latent
    return tuple(
        Measure(
            text=f"largest derivative of {{w_moving}} in {{{p.symbol.name}}}", formula=Derivative(em.moving(i, j), p.reference)
        )
        for p in chosen
    )


def _residuals(em: Algorithm, chosen: Sequence[Parameter]) -> tuple[Measure, ...]:
    return tuple(
        Measure(
            text=f"largest difference of the two gradients in {{{p.symbol.name}}}",
            formula=AtEqual(Derivative(em.q(), p.reference)) - Derivative(em.l(), p.reference),
        )
        for p in chosen
    )


def _gaps(em: Algorithm, chosen: Sequence[Parameter]) -> tuple[Measure, ...]:
    i, j = em.model.datum, em.model.latent
    left = tuple(
        Measure(
            text=f"largest entry of what the derivative of {{w_moving}} in {{{p.symbol.name}}} leaves in {{Q_letter}}",
            formula=Sum(i, Sum(j, multiply(Derivative(em.moving(i, j), p.reference), Log(em.model.joint(i, j))))),
        )
        for p in chosen
    )
    missing = Measure(text="{l_value} less {Q} at {theta_t} = {theta}, which is the entropy", formula=em.l() - AtEqual(em.q()))
    return (*left, missing)


def _bound(em: Algorithm, parameter: Parameter) -> Section:
    return Section(
        title="What {Q_letter} has to do with the log-likelihood",
        steps=(
            _definition(em.h(), "the companion of {Q}"),
            _definition(Named(em.entropy, (), "current"), "the entropy at {theta_t}, which is free of {theta}"),
            _definition(em.gap(), "the Kullback-Leibler divergence of the two posteriors"),
            *_steps("decomposition", em, parameter),
        ),
        closing=(
            "So {Q} plus a number that is free of {theta} is a lower bound of {l_value}, and touches it at {theta_t}: "
            "however much the M-step raises {Q} above its value at {theta_t}, {l_value} rises by at least as much. It never "
            "falls."
        ),
    )
