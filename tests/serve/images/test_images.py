"""Pictures over HTTP, through OpenAI's own client and a real server."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from PIL import Image
from small_painters import small_painter

from glaswerk.lab import Lab, Spec
from glaswerk.model.images.folder import save
from glaswerk.release.marking.mark import Marker
from glaswerk.serve import create_app
from glaswerk.serve.images.studio import MOST
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from tests.serve.clients import openai_client, totals_of
from tests.serve.conftest import Running, make_corpus, make_model, run_app, wait_until

pytest.importorskip("c2pa")
# Levels of 256: the watermark rounds, and products of other shapes sum in another order.
NEAR = 1
SIDE = 32


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("drawing")
    lab = Lab.init(folder / "lab", "test")
    make_corpus(lab)
    train_tokenizer(lab, TokenizerConfig(400))
    pack(lab)
    make_model(lab, "base/step-0", steps=0)
    for name in ("old", "pictures"):

        def write(out: Path, name: str = name) -> dict[str, Any]:
            save(small_painter(folder / name, side=SIDE, seed=len(name)), out)
            return {}

        lab.make(Spec("image-model", name, "test/1", {}, {"name": name}), write)
    with run_app(create_app(lab)) as running:
        yield running
    lab.ledger.close()


@pytest.fixture
def client(drawing: Running) -> Iterator[OpenAI]:
    with openai_client(drawing) as found:
        yield found


def _image(made: Any, place: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(made.data[place].b64_json)))


def _away(one: Image.Image, other: Image.Image) -> int:
    difference = np.asarray(one.convert("RGB"), int) - np.asarray(other.convert("RGB"), int)
    return int(np.abs(difference).max())


def _png(size: tuple[int, int] = (SIDE, SIDE), mode: str = "RGB", colour: Any = (200, 60, 60)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, "PNG")
    return file.getvalue()


def _ours(**fields: Any) -> dict[str, Any]:
    return {"seed": 4, "steps": 3, **fields}


def test_a_prompt_gives_signed_pictures_and_their_count_of_tokens(client: OpenAI, drawing: Running) -> None:
    made = client.images.generate(prompt="a red house", model="pictures", n=2, extra_body=_ours())
    assert [_image(made, place).size for place in range(2)] == [(SIDE, SIDE)] * 2
    assert (made.output_format, made.size, made.background) == ("png", "32x32", "opaque")
    assert made.usage
    assert made.usage.output_tokens == 2 * 16
    assert made.usage.total_tokens == made.usage.input_tokens + 32
    marker = Marker.of(drawing.app.state.models.current.lab.root)
    data = base64.b64decode(made.data[1].b64_json)
    found = marker.inspect(data)
    assert found.state == "trusted"
    assert (found.generation["model"], found.generation["seed"]) == ("pictures", 5)
    assert "pictures" in totals_of(drawing.app.state.models.current.lab)


def test_the_seed_alone_decides_whoever_draws_beside_it(client: OpenAI) -> None:
    alone = client.images.generate(prompt="a red house", extra_body=_ours())
    again = client.images.generate(prompt="a red house", extra_body=_ours())
    second = client.images.generate(prompt="a red house", extra_body=_ours(seed=5))
    assert _away(_image(alone), _image(again)) <= NEAR
    assert _away(_image(alone), _image(second)) > 10
    found: list[Any] = []

    def beside() -> None:
        found.append(client.images.generate(prompt="two blue boats", n=4, extra_body=_ours(seed=9, steps=6)))

    threads = [threading.Thread(target=beside) for _ in range(3)]
    for thread in threads:
        thread.start()
    together = client.images.generate(prompt="a red house", n=2, extra_body=_ours())
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert _away(_image(alone), _image(together, 0)) <= NEAR
    assert _away(_image(second), _image(together, 1)) <= NEAR


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_format_is_the_one_that_was_asked_for(client: OpenAI, kind: Any) -> None:
    body = _ours(output_compression=None if kind == "png" else 60)
    made = client.images.generate(
        prompt="a red house",
        output_format=kind,
        size="64x16",
        extra_body=body,  # type: ignore[call-overload]
    )
    assert _image(made).format == kind.upper()
    assert _image(made).size == (64, 16)


def test_a_stream_shows_previews_then_the_picture(client: OpenAI) -> None:
    whole = client.images.generate(prompt="a red house", extra_body=_ours(steps=6))
    events = list(
        client.images.generate(prompt="a red house", stream=True, partial_images=2, extra_body=_ours(steps=6))
    )
    kinds = [event.type for event in events]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    assert events[2].usage.output_tokens == 16
    last = Image.open(io.BytesIO(base64.b64decode(events[2].b64_json)))
    assert _away(last, _image(whole)) <= NEAR


def test_an_edit_changes_only_what_the_mask_opens(client: OpenAI) -> None:
    mask = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (16, 0, 32, 32))
    file = io.BytesIO()
    mask.save(file, "PNG")
    made = client.images.edit(
        image=("a.png", _png()), mask=("m.png", file.getvalue()), prompt="a blue boat", extra_body=_ours()
    )
    pixels = np.asarray(_image(made).convert("RGB"), int)
    # The watermark stays within a few levels.
    assert np.abs(pixels[:, :15] - (200, 60, 60)).max() <= 12
    assert np.abs(pixels[:, 18:] - (200, 60, 60)).max() > 40
    assert made.usage
    assert made.usage.input_tokens_details.image_tokens == 16


# OpenAI's client calls variations deprecated; many programs use them still.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_a_variation_follows_its_picture_and_its_strength(client: OpenAI) -> None:
    near = client.images.create_variation(image=("a.png", _png()), extra_body=_ours(strength=0.2, steps=8))
    far = client.images.create_variation(image=("a.png", _png()), extra_body=_ours(strength=1, steps=8))
    blue = _png(colour=(40, 60, 200))
    other = client.images.create_variation(image=("b.png", blue), extra_body=_ours(strength=0.2, steps=8))
    assert _away(_image(near), _image(far)) > 5
    assert _away(_image(near), _image(other)) > 5
    assert near.usage is None or near.usage.output_tokens == 16


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"n": 10**9}, "n must"),
        ({"n": 0}, "n must"),
        ({"size": "1024x1024"}, "learned 32x32"),
        ({"size": "33x32"}, "multiple of 8"),
        ({"size": "0x0"}, "size must"),
        ({"size": "9" * 19}, "size must"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a" * 10**6}, "prompt"),
        ({"steps": 10**9}, "steps"),
        ({"guidance_scale": 1e308}, "guidance_scale"),
        ({"seed": -1}, "seed"),
        ({"response_format": "url"}, "URL"),
        ({"background": "transparent"}, "transparency"),
        ({"output_compression": 10}, "output_compression"),
        ({"output_format": "svg"}, "output_format"),
        ({"sead": 1}, "sead"),
    ],
)
def test_what_cannot_be_drawn_is_named(drawing: Running, fields: dict[str, Any], word: str) -> None:
    body = {"prompt": "a red house", **fields}
    answer = httpx.post(f"{drawing.url}/v1/images/generations", json=body, timeout=60)
    assert answer.status_code == 400
    assert word in answer.json()["error"]["message"]


def test_a_model_that_is_not_there_is_named_with_those_that_are(client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="old, pictures"):
        client.images.generate(prompt="a", model="dall-e-3")
    listed = {model.id for model in client.models.list()}
    assert {"old", "pictures"} <= listed


@pytest.mark.parametrize("sent", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", _png()[:60], b"GIF89a" * 9])
def test_what_is_no_picture_is_refused(client: OpenAI, sent: bytes) -> None:
    with pytest.raises(BadRequestError, match="image must be"):
        client.images.edit(image=("a.png", sent), prompt="a boat", extra_body=_ours())


def test_masks_must_fit(client: OpenAI) -> None:
    for mask, word in ((_png((8, 8), "RGBA", (0, 0, 0, 0)), "size of the image"), (_png(), "transparent")):
        with pytest.raises(BadRequestError, match=word):
            client.images.edit(
                image=("a.png", _png()), mask=("m.png", mask), prompt="a boat", extra_body=_ours()
            )


def test_a_picture_of_this_lab_is_recognised(client: OpenAI, drawing: Running) -> None:
    # Near to a plain picture: an untrained network alone draws noise, in which one watermark in six is lost.
    near = _ours(strength=0.2, steps=8)
    made = client.images.edit(image=("a.png", _png()), prompt="a red house", extra_body=near)
    own = base64.b64decode(made.data[0].b64_json)
    url = f"{drawing.url}/v1/detect"
    found = httpx.post(url, files={"image": ("a.png", own)}, timeout=60).json()
    assert found["watermark"] is True
    assert found["credentials"]["state"] == "trusted"
    assert found["credentials"]["generation"]["prompt"] == "a red house"
    other = httpx.post(url, files={"image": ("a.png", _png())}, timeout=60).json()
    assert (other["watermark"], other["credentials"]["state"]) == (False, "none")
    assert httpx.post(url, files={"image": ("a.png", b"no")}, timeout=60).status_code == 400


def test_a_client_that_leaves_stops_its_pictures_and_others_go_on(drawing: Running) -> None:
    body = {"prompt": "a red house", "steps": 100, "n": 10, "seed": 1}
    url, lab = f"{drawing.url}/v1/images/generations", drawing.app.state.models.current.lab

    def drawn() -> int:
        found = totals_of(lab).get("pictures")
        return found.completion if found else 0

    before = drawn()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, json=body, timeout=0.5)
    # What was drawn until then is counted: ten whole pictures are 160.
    wait_until(lambda: drawn() > before)
    assert drawn() < before + 160
    answer = httpx.post(url, json={"prompt": "a red house", "steps": 2}, timeout=60)
    assert answer.status_code == 200


def test_more_pictures_than_may_wait_are_refused_with_a_time(drawing: Running) -> None:
    url, body = f"{drawing.url}/v1/images/generations", {"prompt": "x", "n": 10, "steps": 30}
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.post(url, json=body, timeout=120))

    threads = [threading.Thread(target=ask) for _ in range(MOST // 10 + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = {answer.status_code for answer in answers}
    assert codes <= {200, 429}, [answer.text for answer in answers if answer.status_code == 500]
    assert 200 in codes
    for answer in answers:
        assert answer.status_code == 200 or "retry-after" in answer.headers
