"""What a removal takes, what it refuses, and what is left when it is interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.removal import Going, dependents, named, plan_removal, remove

Make = Callable[..., Artifact]


@pytest.fixture
def chain(make: Make) -> dict[str, Artifact]:
    """Two sources, a corpus of both, shards, a base and a chat model, and a report on the chat model."""
    posts, docs = make("source", "posts", n=1), make("source", "docs", n=2)
    corpus = make("corpus", "main", {"source:posts": posts.id, "source:docs": docs.id})
    shards = make("shards", "main.main", {"corpus": corpus.id})
    base = make("model", "base/step-9", {"shards": shards.id})
    chat = make("model", "chat/step-5", {"shards": shards.id, "base": base.id})
    report = make("report", "chat-step-5.aa", {"model": chat.id})
    found = (posts, docs, corpus, shards, base, chat, report)
    return {made.name: made for made in found}


def names(artifacts: list[Artifact]) -> list[str]:
    return [made.name for made in artifacts]


def run_folder(lab: Lab, model: Artifact) -> Path:
    folder = lab.run_folder(model.id)
    (folder / "metrics.jsonl").write_text("x" * 1000)
    return folder


def test_dependents_are_all_that_was_made_from_it_last_made_first(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    assert names(dependents(empty_lab, [chain["base/step-9"]])) == ["chat-step-5.aa", "chat/step-5"]
    assert names(dependents(empty_lab, [chain["docs"]])) == [
        "chat-step-5.aa",
        "chat/step-5",
        "base/step-9",
        "main.main",
        "main",
    ]
    assert dependents(empty_lab, [chain["chat-step-5.aa"]]) == []


def test_what_others_depend_on_is_not_removed_and_they_are_named(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    with pytest.raises(GlaswerkError, match=r"found report chat-step-5\.aa, model chat/step-5") as caught:
        plan_removal(empty_lab, [chain["base/step-9"]])
    assert "glaswerk model rm base/step-9 --with-dependents --dry-run" in str(caught.value.hint)


def test_many_dependents_are_counted_instead_of_listed(empty_lab: Lab, make: Make) -> None:
    source = make("source", "posts")
    for number in range(9):
        make("corpus", f"c{number}", {"source": source.id}, number=number)
    with pytest.raises(GlaswerkError, match=r"corpus c\d and 4 more"):
        plan_removal(empty_lab, [source])


def test_what_is_removed_together_does_not_stand_in_its_own_way(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    planned = plan_removal(empty_lab, [chain["chat/step-5"], chain["chat-step-5.aa"]])
    assert [one.artifact.name for one in planned.going] == ["chat-step-5.aa", "chat/step-5"]
    assert planned.dependents == ()


def test_with_dependents_all_go_and_what_they_were_made_from_stays(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    planned = plan_removal(empty_lab, [chain["base/step-9"]], with_dependents=True)
    remove(empty_lab, planned)
    assert empty_lab.all("model") == empty_lab.all("report") == []
    assert list((empty_lab.root / "models").iterdir()) == []
    assert names(empty_lab.all("shards")) == ["main.main"]
    assert len(empty_lab.all("source")) == 2


def test_the_run_folder_of_a_model_goes_with_it_and_its_bytes_count(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    report, chat = chain["chat-step-5.aa"], chain["chat/step-5"]
    folder, other = run_folder(empty_lab, chat), run_folder(empty_lab, chain["base/step-9"])
    planned = plan_removal(empty_lab, [chat], with_dependents=True)
    by_name = {one.artifact.name: one for one in planned.going}
    on_disk = sum(path.stat().st_size for path in chat.path.rglob("*") if path.is_file())
    assert by_name[chat.name].bytes == on_disk + 1000
    assert by_name[report.name].run_folder is None
    assert planned.bytes == sum(one.bytes for one in planned.going)
    remove(empty_lab, planned)
    assert not folder.exists()
    assert other.exists()


def test_interrupted_no_artifact_is_left_whose_inputs_are_gone(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    planned = plan_removal(empty_lab, [chain["posts"]], with_dependents=True)

    def stop_after_two(one: Going) -> None:
        if one is planned.going[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remove(empty_lab, planned, stop_after_two)
    left = [made for kind in ("corpus", "shards", "model", "report") for made in empty_lab.all(kind)]
    ids = {made.id for kind in ("source", "corpus", "shards", "model") for made in empty_lab.all(kind)}
    assert names(left) == ["main", "main.main", "base/step-9"]
    assert all(set(made.inputs.values()) <= ids for made in left)
    remove(empty_lab, plan_removal(empty_lab, [chain["posts"]], with_dependents=True))
    assert names(empty_lab.all("source")) == ["docs"]


def test_a_removed_artifact_can_be_made_again(empty_lab: Lab, make: Make) -> None:
    first = make("source", "posts", n=1)
    remove(empty_lab, plan_removal(empty_lab, [first]))
    assert empty_lab.find("source", "posts") is None
    assert make("source", "posts", n=1).digest == first.digest


def test_a_twin_under_another_name_keeps_dependents_and_run_folder(empty_lab: Lab, make: Make) -> None:
    source = make("source", "posts")
    one, two = make("model", "a", {"source": source.id}), make("model", "b", {"source": source.id})
    assert one.id == two.id
    make("report", "r", {"model": one.id})
    folder = run_folder(empty_lab, one)
    remove(empty_lab, plan_removal(empty_lab, [one]))
    assert folder.exists()
    assert names(empty_lab.all("model")) == ["b"]
    with pytest.raises(GlaswerkError, match="found report r"):
        plan_removal(empty_lab, [two])
    remove(empty_lab, plan_removal(empty_lab, [two], with_dependents=True))
    assert not folder.exists()


def test_both_twins_together_take_the_run_folder_along(empty_lab: Lab, make: Make) -> None:
    one, two = make("model", "a"), make("model", "b")
    folder = run_folder(empty_lab, one)
    remove(empty_lab, plan_removal(empty_lab, [one, two]))
    assert not folder.exists()


def test_an_artifact_named_twice_is_removed_once(empty_lab: Lab, make: Make) -> None:
    made = make("source", "posts")
    assert len(plan_removal(empty_lab, [made, made]).going) == 1


@pytest.mark.parametrize("of", ["name", "below", "id", "digits"])
def test_an_artifact_is_found_by_name_or_id(empty_lab: Lab, chain: dict[str, Artifact], of: str) -> None:
    chat = chain["chat/step-5"]
    given = {"name": chat.name, "below": "chat", "id": chat.id, "digits": chat.id[3:9]}[of]
    assert named(empty_lab, "model", given) == chat


def test_a_name_that_several_models_share_is_refused_with_all_of_them(empty_lab: Lab, make: Make) -> None:
    make("model", "chat/step-1", n=1)
    make("model", "chat/step-2", n=2)
    with pytest.raises(
        GlaswerkError, match=r"expected one model, found 2 of 'chat': chat/step-1, chat/step-2"
    ):
        named(empty_lab, "model", "chat")
    assert named(empty_lab, "model", "chat/step-1").name == "chat/step-1"


@pytest.mark.parametrize("name", ["nope", "", "../base", "b2:", "abc", "/", "x" * 5000, "\x00", "modèle"])
def test_an_unknown_name_is_refused_with_those_there_are(
    empty_lab: Lab, chain: dict[str, Artifact], name: str
) -> None:
    with pytest.raises(GlaswerkError, match=r"there: base/step-9, chat/step-5") as caught:
        named(empty_lab, "model", name)
    assert len(caught.value.message) < 200
    assert caught.value.hint == "glaswerk model ls"


def test_the_name_of_another_kind_is_not_meant(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    with pytest.raises(GlaswerkError, match="no model named 'posts'"):
        named(empty_lab, "model", "posts")
