"""What the chat page keeps at the server: chats, feedback, and what it shows of keys and runs."""

from glaswerk.serve.page.operations import page_operations

__all__ = ["page_operations"]
