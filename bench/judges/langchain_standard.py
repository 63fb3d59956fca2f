"""LangChain's standard tests of chat models (langchain-tests) over our server.

GLASWERK_URL is the server's address without /v1, GLASWERK_MODEL its model, GLASWERK_ALIAS another name of it,
if it has one in [serve.aliases]. Needs langchain-openai and langchain-tests.
"""

from __future__ import annotations

import os
from typing import Any

from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestStandard(ChatModelIntegrationTests):
    """The tests that ask what a model of any size can do with grammars."""

    @property
    def chat_model_class(self) -> type[ChatOpenAI]:
        """The client under test."""
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """Our server."""
        url = os.environ.get("GLASWERK_URL", "http://127.0.0.1:8123")
        return {
            "model": os.environ.get("GLASWERK_MODEL", "chat"),
            "base_url": f"{url}/v1",
            "api_key": "none",
            "max_retries": 0,
            "temperature": 0,
            "max_tokens": 256,
            "timeout": 120,
            "stream_usage": True,
            # A small model repeats itself without it.
            "extra_body": {"repetition_penalty": 1.1},
        }

    @property
    def supports_model_override(self) -> bool:
        """Another name for each call."""
        return "GLASWERK_ALIAS" in os.environ

    @property
    def model_override_value(self) -> str | None:
        """An alias of the model."""
        return os.environ.get("GLASWERK_ALIAS")

    @property
    def has_tool_choice(self) -> bool:
        """`tool_choice` is kept by a grammar."""
        return True

    @property
    def supports_json_mode(self) -> bool:
        """`response_format` is kept by a grammar."""
        return True
