"""Anthropic's Messages API over the same model: `request.py` what it takes, `messages.py` the endpoints."""
