"""The faults, by the floor on which they are planted."""

from __future__ import annotations

from collections.abc import Mapping

from tests.sabotage.fault import Fault
from tests.sabotage.faults import calculus, deciding, densities, keeping, kernel, reading, witness

FAULTS: Mapping[str, Fault] = {
    fault.name: fault for room in (kernel, calculus, densities, witness, reading, deciding, keeping) for fault in room.FAULTS
}
