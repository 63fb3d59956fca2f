"""Documents from files of every common format: text, JSON, tables, HTML, WARC, office documents, PDF, mail.

In go the files of `files`; out comes a source of documents with rights and opt-outs, and counts of what was
left out. Start at `add_documents.py`. `formats.py` detects a file's format, `rows.py` calls the reader of
that format (`csv_rows.py` for CSV), and `fields.py` turns each row into a document.
Formats written for programs are in `markup/`, office documents in `office/`; `programs/` has what runs in a
process of limited time and memory.
"""
