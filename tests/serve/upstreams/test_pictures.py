"""Pictures go to models of other servers, within bounds; models of this one refuse them by name."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.upstreams.counts import estimate
from glaswerk.serve.upstreams.settings import upstreams_of
from tests.serve.clients import openai_client
from tests.serve.conftest import Running, run_app
from tests.serve.upstreams.scripted import Scripted

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()
DATA = f"data:image/png;base64,{PIXEL}"
SEEN = {"type": "image_url", "image_url": {"url": DATA}}
WORDS = {"type": "text", "text": "What is this?"}
AFTER = {"type": "text", "text": "And where?"}


@pytest.fixture
def client(gateway: Running) -> Iterator[OpenAI]:
    with openai_client(gateway) as found:
        yield found


@pytest.fixture
def theirs(gateway: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=gateway.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def _chat(client: OpenAI, *parts: Any, model: str = "other/good") -> Any:
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": list(parts)}], stream=True
    )


def _respond(client: OpenAI, *parts: Any, model: str = "other/good", **more: Any) -> Any:
    asked: Any = [{"role": "user", "content": list(parts)}]
    return client.responses.create(model=model, input=asked, max_output_tokens=9, **more)


def _message(client: Anthropic, *blocks: Any, model: str = "other/good") -> Any:
    return client.messages.create(
        model=model, max_tokens=9, messages=[{"role": "user", "content": list(blocks)}]
    )


def test_chats_responses_and_messages_send_the_same_parts_in_their_order(
    client: OpenAI, theirs: Anthropic, scripted: Scripted
) -> None:
    wanted = [WORDS, SEEN, AFTER]
    list(_chat(client, *wanted))
    assert scripted.bodies[-1]["messages"][-1]["content"] == wanted
    _respond(
        client,
        {"type": "input_text", "text": WORDS["text"]},
        {"type": "input_image", "image_url": DATA},
        {"type": "input_text", "text": AFTER["text"]},
    )
    assert scripted.bodies[-1]["messages"][-1]["content"] == wanted
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    _message(theirs, WORDS, {"type": "image", "source": source}, AFTER)
    assert scripted.bodies[-1]["messages"][-1]["content"] == wanted


def test_a_picture_is_there_when_a_response_is_continued(client: OpenAI, scripted: Scripted) -> None:
    first = _respond(client, {"type": "input_image", "image_url": DATA, "detail": "low"})
    client.responses.create(model="other/good", input="And?", previous_response_id=first.id)
    sent = scripted.bodies[-1]["messages"]
    assert sent[0]["content"] == [
        {"type": "image_url", "image_url": {"url": DATA, "detail": "low"}},
    ]
    assert sent[-1]["content"] == "And?"
    (item,) = client.responses.input_items.list(first.id)
    assert item.content[0].image_url == DATA  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "http://127.0.0.1/secret.png",
        "file:///etc/passwd",
        "gs://bucket/a.png",
        "//example.org/a.png",
        "data:text/html;base64,PGI+",
        "data:image/svg+xml;base64,PGI+",
        "data:image/png;base64,",
        "data:image/png;base64,###",
        "data:image/png,plain",
        "",
    ],
)
def test_an_address_or_what_is_no_picture_is_not_passed_on(
    client: OpenAI, theirs: Anthropic, scripted: Scripted, url: str
) -> None:
    sent = len(scripted.bodies)
    with pytest.raises(openai.BadRequestError) as error:
        _chat(client, WORDS, {"type": "image_url", "image_url": {"url": url}})
    assert error.value.param == "messages[0].content[1]"
    with pytest.raises(openai.BadRequestError):
        _respond(client, {"type": "input_image", "image_url": url})
    with pytest.raises(anthropic.BadRequestError):
        _message(theirs, {"type": "image", "source": {"type": "url", "url": url}})
    assert len(scripted.bodies) == sent


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": "http://10.0.0.1/a.mp4"}},
        {"type": "audio_url", "audio_url": {"url": "http://10.0.0.1/a.wav"}},
        {"type": "image_url", "image_url": "http://10.0.0.1/a.png"},
        {"type": "image_url", "image_url": 7},
        {"type": "image_url", "image_url": {"url": ["http://10.0.0.1/a.png"]}},
    ],
)
def test_addresses_in_other_places_are_not_passed_on_either(
    client: OpenAI, scripted: Scripted, part: Any
) -> None:
    sent = len(scripted.bodies)
    with pytest.raises(openai.BadRequestError):
        _chat(client, part)
    assert len(scripted.bodies) == sent


def test_too_many_pictures_are_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="64 pictures"):
        _chat(client, *[SEEN] * 65)


def test_a_model_of_text_refuses_a_picture_and_says_why(client: OpenAI, theirs: Anthropic) -> None:
    for words, ask in (
        ("messages", lambda: _chat(client, WORDS, SEEN, model="chat")),
        ("input", lambda: _respond(client, {"type": "input_image", "image_url": DATA}, model="chat")),
        (
            "input",
            lambda: _respond(
                client, {"type": "input_image", "image_url": DATA}, model="chat", truncation="auto"
            ),
        ),
    ):
        with pytest.raises(openai.BadRequestError, match="reads text only") as error:
            ask()
        assert error.value.code == "unsupported_parameter"
        assert str(error.value.param).startswith(words)
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    with pytest.raises(anthropic.BadRequestError, match="reads text only"):
        _message(theirs, {"type": "image", "source": source}, model="chat")


def test_addresses_are_passed_on_where_the_settings_say_so(lab: Lab, scripted: Scripted) -> None:
    with (lab.root / "lab.toml").open("a") as file:
        file.write("picture_urls = true\n")
    url = "https://example.org/a.png"
    with run_app(create_app(Lab.open(lab.root))) as running, openai_client(running) as client:
        list(_chat(client, {"type": "image_url", "image_url": {"url": url}}))
        assert scripted.bodies[-1]["messages"][-1]["content"][0]["image_url"]["url"] == url
        _respond(client, {"type": "input_image", "image_url": url})
        assert scripted.bodies[-1]["messages"][-1]["content"][0]["image_url"]["url"] == url
        with pytest.raises(openai.BadRequestError):
            _respond(client, {"type": "input_image", "image_url": "file:///etc/passwd"})


def test_the_setting_is_true_or_false(lab: Lab) -> None:
    with (lab.root / "lab.toml").open("a") as file:
        file.write('picture_urls = "yes"\n')
    with pytest.raises(GlaswerkError, match="picture_urls"):
        upstreams_of(Lab.open(lab.root))


def test_a_large_picture_is_estimated_as_a_picture_not_by_its_bytes() -> None:
    large = {"image_url": {"url": f"data:image/png;base64,{'A' * 1_000_000}"}}
    assert 900 < estimate([large]) < 1200
    assert estimate([large] * 2) > 2 * 900
