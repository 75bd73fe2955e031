"""Lessons: a model's derivation told from beginning to end, one lesson a file.

A lesson decides which identities come in which order and says what stands between them; it proves nothing itself.
"""
