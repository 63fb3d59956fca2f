"""Moderations: only what is measured has a figure."""

from __future__ import annotations

import pytest

from tests.serve.clients import openai_client
from tests.serve.conftest import Running


def test_an_insult_is_flagged_and_a_greeting_is_not(server: Running) -> None:
    with openai_client(server) as client:
        made = client.moderations.create(input=["You are a fucking idiot.", "Good morning, dear neighbours."])
    bad, good = made.results
    assert made.model == "lexicon-toxicity"
    assert bad.flagged
    assert bad.categories.harassment is True
    assert 0.5 <= bad.category_scores.harassment <= 1
    assert not good.flagged
    assert good.category_scores.harassment == 0


def test_what_is_not_measured_has_no_figure(server: Running) -> None:
    with openai_client(server) as client:
        german = client.moderations.create(input="Guten Morgen, liebe Nachbarn am Fluss.").results[0]
        french = client.moderations.create(
            input="Bonjour à tous, le boulanger ouvre sa boutique à six heures du matin."
        ).results[0]
    assert german.category_scores.harassment == 0
    assert german.categories.violence is None
    assert german.category_scores.sexual is None
    assert french.category_scores.harassment is None
    assert not french.flagged


def test_parts_of_one_input_have_one_result(server: Running) -> None:
    parts = [{"type": "text", "text": "Good"}, {"type": "text", "text": "morning."}]
    with openai_client(server) as client:
        assert len(client.moderations.create(input=parts).results) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given", [None, [], 3, [{"type": "image_url", "image_url": {"url": "https://example.org"}}], ["a"] * 2049]
)
def test_input_that_has_no_words_is_refused(server: Running, given: object) -> None:
    with server.client() as http:
        reply = http.post("/v1/moderations", json={"input": given})
    assert reply.status_code == 400
    assert reply.json()["error"]["param"].startswith("input")
