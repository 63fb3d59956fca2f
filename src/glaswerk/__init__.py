"""Glaswerk: from your own content to your own chat, every answer traced to its sources."""

__version__ = "0.1.0"
