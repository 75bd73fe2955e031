"""Looks for a fault to plant, before anything else is imported: see ``tests.sabotage.planting``."""

from tests.sabotage.planting import plant

plant()
