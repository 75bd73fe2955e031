"""The mixture of Rayleigh distributions, of amplitudes in ultrasound and radar images.

Source: Seabra, Ciompi, Pujol, Mauri, Radeva and Sanches (2011), Rayleigh mixture model for plaque characterization in
intravascular ultrasound, IEEE Transactions on Biomedical Engineering 58, 1314-1324.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "rayleigh-mixture",
    "Mixture of Rayleigh distributions",
    r"""
    data x_i in positive
    param v_j in positive
    x_i | z_i=j ~ Rayleigh(v_j)
    """,
)
