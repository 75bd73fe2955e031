"""Regression tests that people keep in their own repository: a model's gradient identities, and the steps of EM as functions.

The file holds the E-step and the M-steps as plain Python, which is what is replaced by calls of one's own program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.points import has_unspecified
from checks.regression import argument_names
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Formula, Reference
from derive.models import LatentModel, Parameter
from derive.notation.python_writer import Names, bare, python
from derive.symbols import Index, Symbol

HEAD = '''"""Expectation-maximisation for: {title}.

Written by ``derive em {name} --pytest``: the identities behind the algorithm{functions}.
"""

{imports}

em = {model}
PARAMETERS = {parameters}


def derivatives(name: str, *functions):
    parameter = em.model.parameter(name)
    return [Derivative(function, parameter.reference) for function in functions]


def test_responsibilities_sum_to_one() -> None:
    i, j = em.model.datum, em.model.latent
    assert_identity(Sum(j, em.formulas.moving(i, j)), 1, reading="moving")


@pytest.mark.parametrize("name", PARAMETERS)
def test_fisher_identity(name: str) -> None:
    """The gradient of Q at theta_t = theta is that of the log-likelihood."""
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    assert_identity(q, l, at="theta_t = theta")


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_gradient_is_not_the_same_elsewhere(name: str) -> None:
    """The control: away from theta_t = theta the two gradients differ."""
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    with pytest.raises(AssertionError):
        assert_identity(q, l)
'''
CLOSED = """

@pytest.mark.parametrize("name", {closed})
def test_gradients_in_closed_form(name: str) -> None:
    slope = em.model.parameter(name).slope
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    assert_identity(q, slope(em.formulas.held), reading="held")
    assert_identity(l, slope(em.formulas.moving), reading="moving")
"""
FUNCTIONS = """

# The steps as functions of arrays. Put your own in their place: an argument is found by its name, so that each
# may ask for what it needs of {known}.


def responsibilities({e_step}):
    joint = {joint}
    return joint / joint.sum(axis=1, keepdims=True)


def test_e_step() -> None:
    i, j = em.model.datum, em.model.latent
    assert_computes(responsibilities, em.formulas.moving(i, j), axes=(i, j), assumptions=em.model.assumptions)
"""
FUNCTION = """

def {name}({arguments}):
    return {body}
"""
STEPS = """

@pytest.mark.parametrize(("name", "function"), [{pairs}])
def test_{called}(name: str, function) -> None:
    parameter, w = em.model.parameter(name), em.formulas.held(em.model.datum, em.model.latent)
    formula = parameter.{attribute}(em.formulas.held)
    assert_computes(function, formula, axes=parameter.indices, given={{"w": w}}, assumptions=em.model.assumptions)
"""
KINDS = {"m_step": "m_step", "gradient_of_q": "slope"}
"""What a step computes: where the M-step puts a parameter; where that has no closed form, the gradient of Q by it."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A formula as Python, for all values of some indices, and the names that stand in it."""

    body: str
    arguments: tuple[str, ...]


def _written(formula: Formula, axes: Sequence[Index], known: Mapping[str, object], trial: Symbol | None = None) -> _Written:
    """``known`` are the names that tests give to letters and sizes, in their order; ``trial`` is what is called w."""
    names = Names()
    if trial is not None:
        names.taken[trial.name, False] = "w"
    for name, key in known.items():
        if isinstance(key, str):
            names.taken["size", key] = name
        elif isinstance(key, tuple):
            letter, role = key
            names.taken[letter, role == "current"] = name
    body = bare(python(formula, names))
    lines, room = [body], "    "
    for index in reversed(axes):
        loop = f"for {names.of_index(index)} in range({index.range.lower}, {names.of_size(index.range.upper.name)} + 1)"
        lines = ["[", *(f"{room}{line}" for line in lines), f"{room}{loop}", "]"]
    if axes:
        lines = [f"np.array({lines[0]}", *lines[1:-1], f"{lines[-1]})"]
    text = f"\n{room}".join(lines).replace("jnp.", "np.").replace("jax.scipy.", "scipy.")  # the names are the same there
    return _Written(text, tuple(name for name in known if name in _words(text)))


def _words(text: str) -> set[str]:
    return set("".join(sign if sign.isidentifier() or sign.isdigit() else " " for sign in text).split())


def own_tests(model: LatentModel, parameters: Sequence[Parameter], *, lines: str | None = None) -> str:
    """The text of a test file for some parameters of a model, by its name and options or by the lines that declare it."""
    options = (f"{option}={_quoted(value)}" for option, value in model.options.items())
    made = f"derive.em({', '.join([_quoted(model.name), *options])})"
    if lines is not None:
        made = f"derive.em(derive.Model({_quoted(lines)}, name={_quoted(model.name)}))"
    functions = _functions(model, parameters)
    head = HEAD.format(
        title=_shown(model.title),
        name=_shown(model.name),
        model=made,
        parameters=_listed([p.name for p in parameters]),
        functions=", and its steps as functions" if functions else "",
        imports=_imports(functions),
    )
    closed = [p.name for p in parameters if p.slope is not None]
    return head + (CLOSED.format(closed=_listed(closed)) if closed else "") + functions


def _functions(model: LatentModel, parameters: Sequence[Parameter]) -> str:
    """The E-step and the M-steps; none where the latent is integrated over, or a density is not known."""
    i, j = model.datum, model.latent
    if has_unspecified(model.joint(i, j)):
        return ""
    em = Algorithm(model)
    posterior = argument_names((em.moving(i, j),))
    joint = _written(model.joint(i, j), (i, j), posterior)
    trial = Symbol("responsibility", "frozen", (i.range, j.range))
    written: dict[str, dict[str, _Written]] = {kind: {} for kind in KINDS}
    for parameter in parameters:
        kind = "m_step" if parameter.m_step is not None else "gradient_of_q"
        formula = parameter.m_step or parameter.slope
        if formula is not None:
            known = argument_names((formula(em.held), em.held(i, j)), ("w",))
            body = formula(lambda datum, value: Reference(trial, (datum, value)))
            written[kind][parameter.name] = _written(body, parameter.indices, known, trial)
    steps = [step for each in written.values() for step in each.values()]
    text = FUNCTIONS.format(
        known=", ".join(dict.fromkeys([*posterior, *(name for step in steps for name in step.arguments)])),
        e_step=", ".join(joint.arguments),
        joint=joint.body,
    )
    letters = Names()
    for kind, each in written.items():
        named = {name: f"{kind}_{name if name.isidentifier() else letters.named(name)}" for name in each}
        text += "".join(
            FUNCTION.format(name=named[name], arguments=", ".join(step.arguments), body=step.body) for name, step in each.items()
        )
        pairs = ", ".join(f"({_quoted(name)}, {function})" for name, function in named.items())
        text += STEPS.format(called=kind, attribute=KINDS[kind], pairs=pairs) if each else ""
    return text


def _imports(functions: str) -> str:
    lines = [
        *(["import math"] if "math.prod" in functions else []),
        *(["import numpy as np"] if functions else []),
        "import pytest",
        *(["import scipy.special"] if "scipy.special" in functions else []),
        "",
        "import derive",
        f"from checks import {'assert_computes, ' if functions else ''}assert_identity",
        "from derive.formula import Derivative, Sum",
    ]
    if lines[0] == "import math":
        lines.insert(1, "")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(names: Sequence[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False)


def _shown(text: str) -> str:
    """A title is a sentence of this program's own or a file's name: it may not end the docstring."""
    return text.replace("\\", "/").replace('"', "'")
