"""What clients store on the server: responses, conversations, files, vector stores, batches.

All of it is in the lab's `stored.db` (SQLite); `store.py` is the only place that writes there.
"""
