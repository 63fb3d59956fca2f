"""Floor 9: the command line. One file per verb; nothing heavy is imported before a verb runs."""

from glaswerk.cli.main import main

__all__ = ["main"]
