"""A chat template whose text does not depend on the messages is named before weights are adopted."""

from __future__ import annotations

from pathlib import Path

import pytest
from open_models import write_open_model

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.model.adopt import adopt
from glaswerk.tokenizer.template_probe import fault_of_template
from glaswerk.tokenizer.tokenizer import own_template

CONSTANT = "it writes the same text whatever the messages say"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "it is empty"),
        (" \n\t", "it is empty"),
        ("{# nothing #}", "it writes nothing"),
        ("{% for m in messages %}{% endfor %}", "it writes nothing"),
        ("Hello.", CONSTANT),
        ("{{ bos_token }}User: Assistant:", CONSTANT),
        ("{% for m in messages %}{{ m.role }}: {% endfor %}", CONSTANT),
        ("{{ messages | length }}{{ messages[0].content | length }}", CONSTANT),
        ("{% for m in messages %}{{ m.text }}<|im_end|>{% endfor %}", CONSTANT),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", ""),
        ("{{ messages[-1]['content'] | trim | upper }}", ""),
        ("{{ raise_exception('only with a system turn') }}", ""),
    ],
)
def test_a_template_must_write_what_the_messages_say(source: str, fault: str) -> None:
    assert fault_of_template(source, {"bos_token": "<s>"}) == fault


def test_our_own_template_has_no_fault() -> None:
    assert fault_of_template(own_template(), {}) == ""


@pytest.mark.parametrize("source", [" \n", "Hello."])
def test_weights_with_such_a_template_are_refused_with_the_next_step(
    source: str, empty_lab: Lab, tmp_path: Path
) -> None:
    folder = write_open_model(tmp_path / "tiny")
    (folder / "chat_template.jinja").write_text(source)
    with pytest.raises(
        GlaswerkError, match="a chat template that writes the messages of a dialogue"
    ) as refused:
        adopt(empty_lab, folder)
    assert "remove it" in (refused.value.hint or "")
    assert not empty_lab.all("model")


def test_a_tokenizer_that_does_not_load_names_its_files_and_not_the_lab(
    empty_lab: Lab, tmp_path: Path
) -> None:
    folder = write_open_model(tmp_path / "tiny")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(GlaswerkError) as refused:
        adopt(empty_lab, folder)
    assert "verify" not in (refused.value.hint or "")
    assert "tokenizer_config.json" in (refused.value.hint or "")
