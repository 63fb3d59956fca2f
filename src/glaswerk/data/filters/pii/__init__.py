"""Masking personal data (PII) and secrets in text: each match is replaced by its kind, as in "[email]".

One file per family of kinds. To add a kind: name it in KINDS of `masking`, give it a rule in its file and in
_RULES, and a meaning in `MASKED` of `data.store.reasons`; `data.language` must ignore its mask, too (tests
compare the lists). What identifies nobody stays: private and reserved IP addresses, server names and numbers
in links, coordinates given to a minute or three decimals (about a hundred metres), placeholders for
passwords, and anything with a wrong checksum.
"""

from glaswerk.data.filters.pii.masking import DEFAULT_KINDS, KINDS, mask

__all__ = ["DEFAULT_KINDS", "KINDS", "mask"]
