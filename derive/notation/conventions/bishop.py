"""The letters of Bishop's book: N data, K components, D dimensions, gamma_{nk}, pi_k, theta^old.

Source: Bishop (2006), Pattern Recognition and Machine Learning, chapter 9. The datum is n, the component k, the other
component (a posterior's denominator) j as in equation (9.16), and m the component by whose parameters one differentiates.
"""

from __future__ import annotations

from derive.notation.conventions import Convention, Spelling

CONVENTION = Convention(
    name="bishop",
    title="Pattern Recognition and Machine Learning (Bishop)",
    sizes={"n": "N", "k": "K", "d": "D"},
    indices={"i": "n", "j": "k", "l": "j", "s": "m"},
    spellings={
        "x": Spelling(r"x_{#*}"),
        "z": Spelling(r"z_{#*}"),
        "mu": Spelling(r"\mu_{#*}"),
        "Sigma": Spelling(r"\Sigma_{#*}"),
        "v": Spelling(r"\sigma_{#*}^2"),
        "phi": Spelling(r"\pi_{#*}"),
        "w": Spelling(r"\gamma_{#*}", moving=r"\gamma_{#*}(\theta)"),
        "psi": Spelling(r"\psi_{#*}"),
        "alpha": Spelling(r"\alpha_{#*}"),
        "f": Spelling(r"p(x_{#1} \mid z_{#1}=#2, #t)"),
        "p": Spelling(r"p(x_{#1}, z_{#1}=#2 \mid #t)"),
        "l": Spelling(r"\ln p(X \mid #t)"),
        "Q": Spelling(r"\mathcal{Q}(#t, \theta^{\mathrm{old}})"),
        "H": Spelling(r"\mathcal{H}(#t, \theta^{\mathrm{old}})"),
        "Ent": Spelling(r"\mathrm{Ent}(\gamma)", moving=r"\mathrm{Ent}(\gamma(\theta))"),
        "KL": Spelling(r"\mathrm{KL}(\gamma \,\|\, \gamma)", moving=r"\mathrm{KL}(\gamma \,\|\, \gamma(\theta))"),
    },
    theta_t=r"\theta^{\mathrm{old}}",
    mark=r"\mathrm{old}",
    logarithm=r"\ln",
)
