"""Dialogues, preferences and evaluation sets from the shapes in which public data sets come.

In go rows of JSON lines, JSON lists or Parquet (`records.py`); out come documents of kind "dialogue"
(`chats.py`, `questions.py`) or "preference" (`preferences.py`), or the items of an evaluation set
(`evaluation_sets.py`), which curation keeps out of the corpus.
"""
