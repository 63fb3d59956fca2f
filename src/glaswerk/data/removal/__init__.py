"""Removing content from a lab: what a deletion reaches, and taking it out of the sources.

In: the marks of `glaswerk forget` (ids, authors, sources). Out: the documents to remove (`reach`), sources
written without them (`purge`), and the history and rights of documents. Start reading at `reach`.
"""
