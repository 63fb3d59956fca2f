"""Floor 8: the OpenAI-compatible gateway, the chat page and the sources behind an answer."""

from glaswerk.serve.app import create_app
from glaswerk.serve.server import serve

__all__ = ["create_app", "serve"]
