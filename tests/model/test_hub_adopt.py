"""Models come from a hub by their names: pinned, checked, resumed, or refused with a reason.

The hub is a server on this machine that speaks the hub's API; the client is huggingface_hub itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hub_server import COMMIT, Hub, serving
from open_models import write_open_model

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lineage.obstacles import obstacles
from glaswerk.lineage.records import ancestry
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.model.hub_adopt import adopt_from_hub, plan_adoption
from glaswerk.model.hub_name import HubModel
from glaswerk.release.base_terms import terms_of
from glaswerk.rerun.exposure import count_exposures

MODEL = HubModel("tiny/Tiny-Instruct")
WEIGHTS = "model.safetensors"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder as people publish them: also with what must never be downloaded."""
    folder = write_open_model(tmp_path / "published")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "modeling_tiny.py").write_text("raise SystemExit('ran')\n")
    (folder / "LICENSE").write_text("Apache License\nVersion 2.0, January 2004\n")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"not asked for")
    return folder


@pytest.fixture
def hub(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with serving(Hub({MODEL.repo: published})) as served:
        yield served


def _adopt(lab: Lab, hub: Hub, model: HubModel = MODEL, **more: Any) -> Any:
    return adopt_from_hub(lab, model, endpoint=hub.endpoint, **more)


def test_a_model_comes_by_its_name_pinned_to_its_commit_and_only_with_what_cannot_run(
    hub: Hub, empty_lab: Lab, published: Path
) -> None:
    made = _adopt(empty_lab, hub)
    config = made.model.config
    assert made.model.name == "tiny-instruct/step-0"
    assert config["hub"] == {"repository": MODEL.repo, "commit": COMMIT, "endpoint": hub.endpoint}
    assert (config["licence"], config["licence_files"]) == ("Apache-2.0", ["LICENSE"])
    assert (made.model.path / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert not {"pytorch_model.bin", "modeling_tiny.py", "model.onnx"} & set(hub.fetched())
    assert list((empty_lab.root / "runs").glob("hub-*")) == []
    assert (made.model.path / WEIGHTS).stat().st_nlink == 1


def test_it_gives_the_logits_of_the_folder(hub: Hub, empty_lab: Lab, published: Path) -> None:
    ids = torch.arange(60)[None] * 7 % 600
    with torch.inference_mode():
        found = load(_adopt(empty_lab, hub).model.path)(input_ids=ids).logits
        assert torch.equal(found, load(published)(input_ids=ids).logits)


def test_status_says_that_its_training_data_is_unknown(hub: Hub, empty_lab: Lab) -> None:
    made = _adopt(empty_lab, hub)
    count_exposures(empty_lab)
    assert "what it was trained on is unknown" in obstacles(empty_lab, made.model)[0]


def test_the_papers_say_which_commit_the_weights_are(hub: Hub, empty_lab: Lab) -> None:
    entry = ancestry(empty_lab, _adopt(empty_lab, hub).model.id)[-1]
    words = f"; downloaded from hf:tiny/Tiny-Instruct@{COMMIT} of {hub.endpoint}"
    assert terms_of(entry).endswith(words)


def test_the_same_commit_is_not_downloaded_twice_and_a_tag_or_commit_names_it_too(
    hub: Hub, empty_lab: Lab
) -> None:
    first = _adopt(empty_lab, hub)
    before = len(hub.fetched())
    for revision in ("main", "v1.0", COMMIT):
        assert _adopt(empty_lab, hub, HubModel(MODEL.repo, revision)).model == first.model
    assert len(hub.fetched()) == before


def test_weights_in_several_files_come_whole(hub: Hub, empty_lab: Lab, published: Path) -> None:
    model = load(published)
    (published / WEIGHTS).unlink()
    model.save_pretrained(published, max_shard_size="200KB")
    made = _adopt(empty_lab, hub)
    pieces = sorted(path.name for path in made.model.path.glob("*.safetensors"))
    assert len(pieces) > 1
    assert pieces == sorted(path.name for path in published.glob("*.safetensors"))


def test_an_interrupted_download_goes_on_at_its_byte(hub: Hub, empty_lab: Lab, published: Path) -> None:
    size = (published / WEIGHTS).stat().st_size
    folder = empty_lab.root / "runs" / f"hub-{COMMIT[:16]}"
    folder.mkdir(parents=True)
    (folder / f"{WEIGHTS}.part").write_bytes((published / WEIGHTS).read_bytes()[: size // 2])
    made = _adopt(empty_lab, hub)
    ranges = [asked for method, path, asked in hub.asked if method == "GET" and path.endswith(WEIGHTS)]
    assert ranges == [f"bytes={size // 2}-"]
    assert (made.model.path / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()


def test_a_broken_connection_is_resumed_by_itself(hub: Hub, empty_lab: Lab, published: Path) -> None:
    hub.cut[WEIGHTS] = 50_000
    made = _adopt(empty_lab, hub)
    assert (made.model.path / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert hub.fetched().count(WEIGHTS) == 2


def test_a_hub_without_ranges_begins_the_file_again(hub: Hub, empty_lab: Lab, published: Path) -> None:
    hub.no_ranges = True
    folder = empty_lab.root / "runs" / f"hub-{COMMIT[:16]}"
    folder.mkdir(parents=True)
    (folder / f"{WEIGHTS}.part").write_bytes(b"x" * 1_000)
    made = _adopt(empty_lab, hub)
    assert (made.model.path / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()


def test_a_part_of_another_file_is_found_out_and_the_next_try_is_whole(
    hub: Hub, empty_lab: Lab, published: Path
) -> None:
    folder = empty_lab.root / "runs" / f"hub-{COMMIT[:16]}"
    folder.mkdir(parents=True)
    (folder / f"{WEIGHTS}.part").write_bytes(b"x" * 1_000)
    with pytest.raises(GlaswerkError, match="damaged on the way"):
        _adopt(empty_lab, hub)
    assert (_adopt(empty_lab, hub).model.path / WEIGHTS).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(
    hub: Hub, empty_lab: Lab, tmp_path: Path
) -> None:
    large = write_open_model(tmp_path / "large", hidden_size=256, intermediate_size=8192)
    hub.repos[MODEL.repo] = large
    hub.stalled[WEIGHTS] = 25_000_000
    part = empty_lab.root / "runs" / f"hub-{COMMIT[:16]}" / f"{WEIGHTS}.part"
    words = [sys.executable, "-m", "glaswerk", "adopt", str(MODEL), "--lab", str(empty_lab.root)]
    settings = os.environ | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hf")}
    begun = subprocess.Popen(words, env=settings, text=True, stderr=subprocess.PIPE)
    while not (part.exists() and part.stat().st_size >= 20_000_000) and begun.poll() is None:
        time.sleep(0.05)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=120)
    assert begun.returncode == 130, said
    assert "run it again: glaswerk adopt hf:tiny/Tiny-Instruct" in said
    assert "Traceback" not in said
    held = part.stat().st_size
    assert held >= 20_000_000
    assert subprocess.run(words, env=settings, timeout=240, check=False).returncode == 0
    assert ("GET", f"/{MODEL.repo}/resolve/{COMMIT}/{WEIGHTS}", f"bytes={held}-") in hub.asked
    made = empty_lab.find("model", "tiny-instruct/step-0")
    assert made is not None
    assert (made.path / WEIGHTS).read_bytes() == (large / WEIGHTS).read_bytes()


def test_nothing_else_is_asked_of_the_hub(hub: Hub, empty_lab: Lab) -> None:
    _adopt(empty_lab, hub)
    assert {path.partition(MODEL.repo)[0] for _, path, _ in hub.asked} == {"/api/models/", "/"}


@pytest.mark.parametrize(
    ("model", "words", "hint"),
    [
        ("hf:tiny/other", "found none (or a private one)", "hf auth login"),
        (
            "hf:tiny/Tiny-Instruct@v9",
            "expected a revision 'v9'",
            "glaswerk adopt hf:tiny/Tiny-Instruct takes",
        ),
        ("hf:tiny/Tiny-Instruct@" + "f" * 40, "expected a revision 'ffff", "glaswerk adopt hf:tiny/"),
    ],
)
def test_what_is_not_there_is_named(model: str, words: str, hint: str, hub: Hub, empty_lab: Lab) -> None:
    named = HubModel.parse(model)
    assert named is not None
    with pytest.raises(GlaswerkError) as error:
        _adopt(empty_lab, hub, named)
    assert words in error.value.message
    assert hint in str(error.value.hint)


def test_gated_weights_say_where_to_accept_the_terms(hub: Hub, empty_lab: Lab) -> None:
    hub.gated = True
    assert plan_adoption(empty_lab, MODEL, endpoint=hub.endpoint)["gated"] is True
    with pytest.raises(GlaswerkError, match="accepted its terms") as error:
        _adopt(empty_lab, hub)
    assert f"{hub.endpoint}/tiny/Tiny-Instruct" in str(error.value.hint)
    assert "hf auth login" in str(error.value.hint)


@pytest.mark.parametrize(
    ("left", "hint"),
    [("model.gguf", "download model.gguf from"), ("adapter_config.json", "adapters")],
)
def test_a_repository_without_safetensors_is_refused_before_any_download(
    left: str, hint: str, hub: Hub, empty_lab: Lab, published: Path
) -> None:
    (published / WEIGHTS).unlink()
    (published / left).write_bytes(b"{}")
    with pytest.raises(GlaswerkError, match="expected safetensors in hf:tiny/Tiny-Instruct") as error:
        _adopt(empty_lab, hub)
    assert hint in str(error.value.hint)
    assert hub.fetched() == []


def test_a_family_that_is_not_supported_is_refused_before_its_weights_come(
    hub: Hub, empty_lab: Lab, published: Path
) -> None:
    config = json.loads((published / "config.json").read_text())
    (published / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))
    with pytest.raises(GlaswerkError, match="mamba"):
        _adopt(empty_lab, hub)
    assert WEIGHTS not in hub.fetched()


def test_weights_without_a_licence_are_refused_before_they_come_and_taken_with_one(
    hub: Hub, empty_lab: Lab, published: Path
) -> None:
    (published / "README.md").write_text("# A model\n")
    (published / "LICENSE").unlink()
    with pytest.raises(GlaswerkError, match="expected a licence") as error:
        _adopt(empty_lab, hub)
    assert str(error.value.hint).startswith("glaswerk adopt hf:tiny/Tiny-Instruct --licence")
    assert WEIGHTS not in hub.fetched()
    assert _adopt(empty_lab, hub, licence="MIT").model.config["licence"] == "MIT"


@pytest.mark.parametrize(
    "said", [b"<html>Sign in</html>", b"[]", b'{"id": 3}', b'{"id": "a/b", "sha": "main"}', b"{"]
)
def test_what_is_no_answer_of_a_hub_is_an_error(said: bytes, hub: Hub, empty_lab: Lab) -> None:
    hub.garbage = said
    with pytest.raises(GlaswerkError, match="expected what a hub says") as error:
        _adopt(empty_lab, hub)
    assert "HF_ENDPOINT" in str(error.value.hint)


@pytest.mark.parametrize("size", [-1, 1 << 60, "12", None, 1.5])
def test_a_size_that_no_file_has_is_refused(size: Any, hub: Hub, empty_lab: Lab) -> None:
    hub.sizes[WEIGHTS] = size
    with pytest.raises(GlaswerkError, match=f"bytes in {WEIGHTS}"):
        _adopt(empty_lab, hub)
    assert hub.fetched() == []


def test_more_than_the_disk_holds_is_refused_before_any_download(hub: Hub, empty_lab: Lab) -> None:
    hub.sizes[WEIGHTS] = 1 << 49
    with pytest.raises(GlaswerkError, match="of free space for hf:tiny/Tiny-Instruct"):
        plan_adoption(empty_lab, MODEL, endpoint=hub.endpoint)
    with pytest.raises(GlaswerkError, match="of free space"):
        _adopt(empty_lab, hub)
    assert WEIGHTS not in hub.fetched()


def test_a_hub_that_sends_other_bytes_than_it_lists_is_found_out(
    hub: Hub, empty_lab: Lab, published: Path
) -> None:
    size = (published / WEIGHTS).stat().st_size
    hub.swapped[WEIGHTS] = b"x" * size
    with pytest.raises(GlaswerkError, match="damaged on the way, or the hub sends another file"):
        _adopt(empty_lab, hub)
    assert not list(empty_lab.root.rglob(WEIGHTS))


@pytest.mark.parametrize("more", [1, 3_000_000])
def test_a_hub_that_sends_more_than_it_lists_is_stopped(more: int, hub: Hub, empty_lab: Lab) -> None:
    hub.extra[WEIGHTS] = b"x" * more
    with pytest.raises(GlaswerkError, match="found more: the hub sends another file than it lists"):
        _adopt(empty_lab, hub)


def test_a_hub_that_lists_fewer_bytes_than_it_has_is_found_out(hub: Hub, empty_lab: Lab) -> None:
    hub.swapped["tokenizer.json"] = b"{}"
    with pytest.raises(GlaswerkError, match=r"expected tokenizer.json"):
        _adopt(empty_lab, hub)


def test_a_hub_that_is_down_and_a_port_where_none_listens_are_errors(hub: Hub, empty_lab: Lab) -> None:
    hub.status = 500
    with pytest.raises(GlaswerkError, match="500"):
        _adopt(empty_lab, hub)
    with pytest.raises(GlaswerkError, match=r"expected an answer of http://127\.0\.0\.1:9"):
        adopt_from_hub(empty_lab, MODEL, endpoint="http://127.0.0.1:9")


def test_a_dry_run_says_what_would_come_and_writes_nothing(hub: Hub, empty_lab: Lab, published: Path) -> None:
    planned = plan_adoption(empty_lab, MODEL, endpoint=hub.endpoint)
    names = [file["name"] for file in planned["files"]]
    assert (planned["commit"], planned["licence"], planned["gated"]) == (COMMIT, "apache-2.0", False)
    assert planned["bytes"] == sum((published / name).stat().st_size for name in names)
    assert {WEIGHTS, "tokenizer.json", "LICENSE"} <= set(names)
    assert "pytorch_model.bin" not in names
    assert hub.fetched() == []
    assert not (empty_lab.root / "runs").exists()


@pytest.mark.parametrize(
    "name",
    ["hf:", "hf:gpt2", "hf:a/b/c", "hf:../x", "hf:a/..", "hf:a/b@", "hf:a/b@../c", "hf:a b/c", "hf:a/b?x"],
)
def test_what_is_no_name_of_a_hub_is_refused(name: str) -> None:
    with pytest.raises(GlaswerkError, match="expected hf:ORG/NAME"):
        HubModel.parse(name)


def test_an_address_of_a_page_is_answered_with_the_name() -> None:
    with pytest.raises(GlaswerkError) as error:
        HubModel.parse("https://huggingface.co/Qwen/Qwen3-0.6B/tree/main")
    assert error.value.hint == "glaswerk adopt hf:Qwen/Qwen3-0.6B"


def test_a_path_that_looks_like_a_name_is_answered_with_the_name(empty_lab: Lab, tmp_path: Path) -> None:
    assert HubModel.parse("Qwen/Qwen3-0.6B") is None
    with pytest.raises(GlaswerkError) as error:
        adopt(empty_lab, Path("Qwen/Qwen3-0.6B"))
    assert str(error.value.hint).startswith("glaswerk adopt hf:Qwen/Qwen3-0.6B")


def _glaswerk(lab: Lab, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "glaswerk", *words, "--lab", str(lab.root)],
        env=os.environ | environment,
        text=True,
        capture_output=True,
        timeout=240,
    )


@pytest.mark.slow
def test_the_command_line_obeys_endpoint_and_offline_mode_and_takes_the_cache(
    hub: Hub, empty_lab: Lab, published: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "hf"
    settings = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(cache)}
    planned = _glaswerk(empty_lab, "adopt", str(MODEL), "--dry-run", "--json", **settings)
    assert json.loads(planned.stdout)["commit"] == COMMIT
    refused = _glaswerk(empty_lab, "adopt", str(MODEL), HF_HUB_OFFLINE="1", **settings)
    assert refused.returncode == 1
    assert "HF_HUB_OFFLINE forbids downloads" in refused.stderr
    assert "hint: HF_HUB_OFFLINE=0 glaswerk adopt --lab" in refused.stderr
    place = cache / "hub" / "models--tiny--Tiny-Instruct"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    shutil.copytree(published, place / "snapshots" / COMMIT)
    made = _glaswerk(empty_lab, "adopt", str(MODEL), "--json", HF_HUB_OFFLINE="1", **settings)
    assert json.loads(made.stdout)[1]["config"]["hub"] == {"repository": MODEL.repo, "commit": COMMIT}
    assert hub.fetched() == []
