"""Office documents: Word and presentations, OpenDocument, workbooks.

Each is a zip file of XML. `data/files/stored.py` opens it, `package.py` reads its parts within limits,
`words.py` puts their words in order.
"""
