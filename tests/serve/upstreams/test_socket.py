"""Responses over a WebSocket for models of other servers."""

from __future__ import annotations

from typing import Any

from tests.serve.clients import openai_client
from tests.serve.conftest import BRIDGE, Running
from tests.serve.upstreams.scripted import Scripted


def test_a_model_of_an_upstream_answers_fails_in_words_and_is_left_when_the_client_leaves(
    gateway: Running, scripted: Scripted
) -> None:
    ends = ("response.completed", "response.failed", "error")
    with openai_client(gateway) as client, client.responses.connect() as connection:

        def ask(model: str) -> Any:
            connection.response.create(model=f"other/{model}", input="Who built the old bridge?")
            return next(event for event in connection if event.type in ends)

        assert ask("good").response.output_text == BRIDGE
        assert ask("busy").status == 429
        assert ask("busy").error.headers["retry-after"] == "7"
        assert "upstream other" in ask("garbage").response.error.message
        assert ask("good").response.output_text == BRIDGE
        connection.response.create(model="other/endless", input="On?")
        for _ in range(6):
            connection.recv()
    assert scripted.left.wait(20)
