"""Checks certificates, alone: this folder, the standard library and python-flint; nothing of the prover is imported.

A certificate is a JSON file that says what was found of a statement and why. The statement is a tree in index notation, a list
``[kind, part, ...]``; a matrix is its entries, and an abbreviation is written out. Indices are letters, or whole numbers:

    ["number", "-1/2"]  ["pi"]  ["size", n]                  numbers, and a size used as one
    ["entry", key, i, ...]                                    an entry of a symbol: family indices, then row and column
    ["delta", i, j]                                           Kronecker's delta
    ["add", t, ...]  ["multiply", t, ...]  ["divide", t, t]  ["power", t, t]  ["exp", t]  ["log", t]  ["function", name, t]
    ["sum", i, t]  ["product", i, t]                          over the range of the letter i, which a table says
    ["inverse", a, b, r, c, t]  ["determinant", r, c, t]      of the matrix with the entry t in row r and column c
    ["apply", name, [i, ...], [], t, ...]                     a function of which nothing is known but its domain; an argument
    ["vector", i, t]                                          may be a vector, or a vector of vectors
    ["derivative", t, key, i, ...]                            by an entry of a symbol, entries of a matrix counted as independent
    ["substitute", key, [i, ...], t, u]                       u with the entry i, ... of the symbol replaced by t, after all
                                                              derivatives inside were taken

A statement is refuted by a point: exact values, admissible for what is declared and assumed, where enclosures of the two sides do
not meet (``points``). Where no fraction solves an equation, the point says what is put in for a letter, and steps show that the
first equation and all that are assumed hold with it (``solutions``).

A statement is proved by multiples of equations that leave nothing of the difference of the two sides (``proofs``), for all sizes
of at least 1 for which every index that is written is in range, all values of the declared domains, and wherever both sides are
defined; integrals are taken to exist, and to be exchangeable with each other and with derivatives. A proof is

    letters     the letters of its own, with their ranges
    lemmas      equations {left, right, steps, signs}: the steps show the first less the second to be zero, and what is said of
                signs ("positive", "nonzero") is known of one of them, and from there on of the other
    goals       the steps for each tree that has to vanish: [rule, what it takes, letters, factor], the factor times the
                equation of the rule, summed over the letters
    pieces      of a bound, what it is the sum of: [kind, what it takes, letters, factor]
    solved      of a consequence, whether it says what solves the first equation

To check the checker of points one reads ``trees``, ``sums`` and ``points``; to check that of proofs, ``trees``, ``sums``,
``rules`` and ``proofs``.
"""
