"""The command line: one file per verb, which parses, calls and prints. Importing it imports no verb."""

from glaswerk.cli.main import main

__all__ = ["main"]
