"""Every claim about every covariance structure, in both conventions, is LaTeX that compiles without a warning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from derive import identities
from derive.expectation_maximisation.algorithm import Algorithm
from derive.models import family
from derive.notation.conventions import convention, names
from derive.notation.latex_writer import latex

FRAME = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage{amsmath}
\usepackage[paperwidth=60in,paperheight=20in,margin=1in]{geometry}
\allowdisplaybreaks
\begin{document}
\begin{align}
%s
\end{align}
\end{document}
"""


def _rows() -> list[str]:
    rows: list[str] = []
    options = family("gaussian-mixture").options
    for covariance in options["covariance"]:
        em = Algorithm(family("gaussian-mixture")(covariance=covariance, weights="free"))
        for chosen in map(convention, names()):
            for parameter in em.model.parameters:
                for identity in map(identities.identity, identities.names()):
                    if identity.applies(em, parameter):
                        for step in identity.steps(em, parameter):
                            if step.claim:
                                left, right = latex(step.claim.lhs, chosen), latex(step.claim.rhs, chosen)
                                rows.append(f"{left} &= {right}")
    return list(dict.fromkeys(rows))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
def test_all_claims_compile(tmp_path: Path) -> None:
    (tmp_path / "claims.tex").write_text(FRAME % "\\\\\n".join(_rows()), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "claims.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    log = (tmp_path / "claims.log").read_text(encoding="utf-8", errors="replace")
    assert "Warning" not in log and "Overfull" not in log
