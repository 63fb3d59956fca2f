"""What an operator sees: figures for Prometheus (`metrics.py`), and the API's description and its page
(`description.py`, `docs_page.py`).
"""
