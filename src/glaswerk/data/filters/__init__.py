"""Judging and cleaning one text: the rules behind curation, each with a name and a threshold.

In: a text, its kind and language. Out: findings, masked text, or keys to compare documents by. One file per
family of rules: personal data `pii`, `quality`, web text `webtext`, `toxicity`, `boilerplate`, `duplicates`,
and evaluation items `decontaminate`. Start reading at `quality`; `curate.judge` applies them in order.
"""
