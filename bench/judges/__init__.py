"""Judges from outside: see README.md."""
