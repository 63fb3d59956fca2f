"""What a server offers of its lab: models under names, with engines, and what memory each needs.

Nothing is loaded here; `loaded/` does that.
"""
