"""The proof kernel: knows sums and derivatives, knows no statistics."""
