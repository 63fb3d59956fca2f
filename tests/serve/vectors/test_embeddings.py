"""Embeddings, through OpenAI's own client over a real server."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from openai import BadRequestError, OpenAI

from tests.serve.clients import openai_client
from tests.serve.conftest import CONTEXT, Running

TEXTS = ["The old bridge over the Lind.", "Fresh rolls!", "the bakery opens at six in the morning", "a"]


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def _vectors(client: OpenAI, given: object, **more: object) -> np.ndarray:
    made = client.embeddings.create(model="chat", input=given, **more)
    assert [one.index for one in made.data] == list(range(len(made.data)))
    return np.array([one.embedding for one in made.data], np.float32)


def test_vectors_have_length_one_and_do_not_depend_on_their_company(client: OpenAI) -> None:
    together = _vectors(client, TEXTS)
    assert together.shape == (4, 128)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.allclose(_vectors(client, text)[0], vector, atol=1e-5)
    assert not np.allclose(together[0], together[1], atol=0.1)


def test_token_ids_give_the_vector_of_their_text(client: OpenAI, server: Running) -> None:
    ids = server.app.state.models.loaded().engine.tokenizer.encode(TEXTS[0])
    vector = _vectors(client, TEXTS[0])[0]
    assert np.allclose(_vectors(client, ids)[0], vector, atol=1e-5)
    assert np.allclose(_vectors(client, [ids, ids])[1], vector, atol=1e-5)


def test_base64_is_the_same_numbers_and_fewer_dimensions_are_their_beginning(
    client: OpenAI, server: Running
) -> None:
    body = {"model": "chat", "input": TEXTS[0], "encoding_format": "base64"}
    with server.client() as http:
        coded = http.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
        plain = http.post("/v1/embeddings", json=body | {"encoding_format": "float"}).json()
    numbers = np.frombuffer(base64.b64decode(coded), "<f4")
    assert np.allclose(numbers, plain["data"][0]["embedding"], atol=1e-6)
    short = _vectors(client, TEXTS[0], dimensions=16)[0]
    assert np.allclose(short, numbers[:16] / np.linalg.norm(numbers[:16]), atol=1e-5)


def test_a_batch_of_2048_is_answered_and_its_tokens_are_counted(client: OpenAI, server: Running) -> None:
    made = client.embeddings.create(model="chat", input=["a b c"] * 2048)
    each = len(server.app.state.models.loaded().engine.tokenizer.encode("a b c"))
    assert len(made.data) == 2048
    assert made.usage.prompt_tokens == made.usage.total_tokens == 2048 * each


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ("", {}),
        ([], {}),
        (["a", ""], {}),
        (["a"] * 2049, {}),
        ([[]], {}),
        ([400_000], {}),
        ([-1], {}),
        ([[1, 2], "a"], {}),
        ([1.5], {}),
        ([True], {}),
        ([0] * (CONTEXT + 1), {}),
        ("on and " * 100_000, {}),
        ([[1] * 1000] * 301, {}),
        ("a", {"dimensions": 129}),
        ("a", {"dimensions": 0}),
        ("a", {"encoding_format": "int8"}),
        ({"text": "a"}, {}),
    ],
)
def test_input_that_has_no_vector_is_refused_by_name(
    server: Running, given: object, more: dict[str, object]
) -> None:
    with server.client() as http:
        reply = http.post("/v1/embeddings", json={"model": "chat", "input": given, **more})
    assert reply.status_code == 400
    assert reply.json()["error"]["param"].split("[")[0] in {"input", *more}


def test_an_unknown_field_and_an_unknown_model_are_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="dimension"):
        client.embeddings.create(model="chat", input="a", extra_body={"dimension": 3})
