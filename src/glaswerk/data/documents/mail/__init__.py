"""Mail from mailboxes (mbox) and single messages (.eml): one private document per message.

Start at `mailbox.py` (messages of an mbox file), then `message.py` (fields of one), `parts.py` (which MIME
parts are its text), `own_words.py` (what its sender wrote), `headers.py` (names and dates).
"""
