"""The letters of Stanford's CS229 notes: m data, k components, n dimensions, w_j^{(i)}, phi_j.

Source: Ng, CS229 lecture notes 7b and 8. theta_t is written as a subscript of theta and as ``^{(t)}`` of its parts.
"""

from __future__ import annotations

from derive.notation.conventions import Convention, Spelling

CONVENTION = Convention(
    name="cs229",
    title="CS229 lecture notes (Ng)",
    sizes={"n": "m", "k": "k", "d": "n"},
    indices={"i": "i", "j": "j", "l": "l", "s": "s"},
    spellings={
        "x": Spelling(r"x^{(#1)}"),
        "z": Spelling(r"z^{(#1)}"),
        "mu": Spelling(r"\mu_{#*}"),
        "Sigma": Spelling(r"\Sigma_{#*}"),
        "v": Spelling(r"\sigma_{#*}^2"),
        "phi": Spelling(r"\phi_{#*}"),
        "w": Spelling(r"w_{#2}^{(#1)}", moving=r"w_{#2}^{(#1)}(\theta)"),
        "psi": Spelling(r"\psi_{#2}^{(#1)}"),
        "alpha": Spelling(r"\alpha_{#*}"),
        "f": Spelling(r"p(x^{(#1)} \mid z^{(#1)}=#2; #t)"),
        "p": Spelling(r"p(x^{(#1)}, z^{(#1)}=#2; #t)"),
        "l": Spelling(r"\ell(#t)"),
        "Q": Spelling(r"Q(#t; \theta_t)"),
        "H": Spelling(r"H(#t; \theta_t)"),
        "Ent": Spelling(r"\mathrm{Ent}(w)", moving=r"\mathrm{Ent}(w(\theta))"),
        "KL": Spelling(r"\mathrm{KL}(w \,\|\, w)", moving=r"\mathrm{KL}(w \,\|\, w(\theta))"),
    },
    theta_t=r"\theta_t",
    mark="(t)",
)
