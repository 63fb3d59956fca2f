"""A drawn picture beside the training pictures that it is nearest to."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from small_painters import add_painter

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.data.pictures.captions import CaptionSet, read_all
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.serve import create_app
from tests.serve.accounts.conftest import bearer, make_key
from tests.serve.conftest import Running, run_app

PATH = "/v1/glaswerk/images/nearest"


@pytest.fixture
def painted(copy: Lab, tmp_path: Path) -> Lab:
    add_painter(copy, tmp_path / "painter")
    return copy


def trained(lab: Lab) -> tuple[CaptionSet, dict[str, bytes]]:
    corpus = lab.need("corpus", "shown", hint="")
    found = CaptionSet.of(corpus)
    return found, dict(read_all(lab, [*found.trained, *found.held_out]))


def asked(running: Running, data: bytes, status: int = 200, **fields: str) -> dict[str, Any]:
    with running.client() as client:
        found = client.post(PATH, files={"image": ("a.png", data, "image/png")}, data=fields)
    assert found.status_code == status, found.text
    answer: dict[str, Any] = found.json()
    return answer


def test_a_training_picture_is_its_own_nearest(painted: Lab) -> None:
    captions, files = trained(painted)
    with run_app(create_app(painted)) as running:
        chosen = captions.trained[7]
        found = asked(running, files[chosen.picture], model="pictures")
        best, *others = found["data"]
        assert (best["document"], best["distance"]) == (chosen.document, 0)
        assert (best["author"], best["licence"], best["text"]) == ("Ada", "CC0-1.0", chosen.text)
        assert best["distance"] <= others[0]["distance"] <= others[1]["distance"]
        assert Image.open(io.BytesIO(base64.b64decode(best["b64_json"]))).size == (96, 96)
        assert found["compared"] == found["pictures"] == len({c.picture for c in captions.trained})
        held_out = asked(running, files[captions.held_out[0].picture])
        assert held_out["data"][0]["distance"] > 0
        assert found["held_out_distance"] == held_out["held_out_distance"] > 0


def test_what_the_network_saw_of_an_oblong_or_turned_picture_is_compared(copy: Lab, tmp_path: Path) -> None:
    upward = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    wide = Image.new("RGB", (256, 64), "purple")
    wide.paste(upward.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (96, 0))
    turned = upward
    exif = Image.Exif()
    exif[274] = 6  # to be turned by 90 degrees
    more = {"wide.png": wide, "turned.jpg": turned}
    add_painter(copy, tmp_path / "painter", more=more, exif=exif, held_out=0)
    seen = [wide.crop((96, 0, 160, 64)), turned.transpose(Image.Transpose.ROTATE_270)]
    with run_app(create_app(copy)) as running:
        for name, image in zip(more, seen, strict=True):
            file = io.BytesIO()
            image.save(file, "PNG")
            best = asked(running, file.getvalue())["data"][0]
            assert best["text"] == f"a picture called {name}"
            assert best["distance"] < 3


def test_a_field_that_is_not_known_is_refused_by_name(painted: Lab) -> None:
    _, files = trained(painted)
    with run_app(create_app(painted)) as running:
        error = asked(running, next(iter(files.values())), 400, colour="pictures")["error"]
        assert error["param"] == "colour"


def test_what_is_to_be_forgotten_is_not_shown(painted: Lab) -> None:
    captions, files = trained(painted)
    chosen = captions.trained[7]
    with run_app(create_app(painted)) as running:
        assert asked(running, files[chosen.picture])["data"][0]["document"] == chosen.document
        Forgotten().with_more([Tombstone("id", chosen.document)]).write(painted.root)
        after = asked(running, files[chosen.picture])["data"]
    assert chosen.document not in [one["document"] for one in after]
    assert len(after) == 3


@pytest.mark.parametrize(("field", "value"), [("audience", "private"), ("tdm_opt_out", True)])
def test_what_is_not_public_is_not_shown(painted: Lab, field: str, value: Any) -> None:
    captions, files = trained(painted)
    chosen = captions.trained[7]
    path = painted.need("corpus", "shown", hint="").path / DOCUMENTS
    table = pq.read_table(path)
    rows = [row | ({field: value} if row["id"] == chosen.document else {}) for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    with run_app(create_app(painted)) as running:
        found = asked(running, files[chosen.picture])
    assert chosen.document not in [one["document"] for one in found["data"]]
    assert found["compared"] == found["pictures"] - 1


def test_a_key_without_the_model_is_refused(painted: Lab) -> None:
    _, files = trained(painted)
    _, key = make_key(painted, models=("chat",))
    with run_app(create_app(painted)) as running, running.client() as client:
        headers = bearer(key)
        sent = {"image": ("a.png", next(iter(files.values())), "image/png")}
        assert client.post(PATH, files=sent, headers=headers).status_code == 403
        assert client.get("/v1/glaswerk/info", headers=headers).json()["images"] == []


def test_what_is_no_picture_and_what_is_no_model_is_refused(painted: Lab) -> None:
    _, files = trained(painted)
    with run_app(create_app(painted)) as running:
        assert asked(running, b"<svg/>", 400)["error"]["code"] == "invalid_image"
        assert (
            asked(running, next(iter(files.values())), 404, model="none")["error"]["code"]
            == "model_not_found"
        )
        assert asked(running, b"", 400)["error"]["param"] == "image"
