"""Accounts of the gateway: keys of projects, limits, and the ledger of usage.

In: the key of a request. Out: who asks, whether the limits admit it, and one row of the ledger for every
finished or cut answer. Never a word of a prompt or of an answer.

Start with `accounts.py`: `Accounts.begin` and `Usage.finish` are what an endpoint calls. `middleware.py`
finds the account of a request. `keys.py` and `limits.py` are the nouns, `key_store.py`, `admission.py` and
`ledger.py` their SQL over `database.py` (SQLite or Postgres); `worker.py` runs it in one thread, in groups.
"""
