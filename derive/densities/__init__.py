"""Component densities, one a file."""
