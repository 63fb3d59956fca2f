"""Documents come back from Parquet as they went in, whatever their strings hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.document import Document, Message, Rights, from_row
from glaswerk.data.parquet import read_rows, whole_text, write_documents

# Lone surrogates, too: JSON can hold them, Parquet cannot.
ANY = st.text(st.characters(exclude_categories=()), max_size=8)
TURNS = st.lists(ANY.map(lambda text: Message(role="user", content=text)), max_size=2).map(tuple)


def whole(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(Message(role=turn["role"], content=whole_text(turn["content"])) for turn in turns)


@given(st.lists(st.tuples(ANY, ANY, st.lists(ANY, max_size=2).map(tuple), TURNS), max_size=4))
def test_every_string_comes_back_with_lone_surrogates_replaced(
    fields: list[tuple[str, str, tuple[str, ...], tuple[Message, ...]]],
) -> None:
    given_documents = [
        Document(f"id:{i}", "s", text, Rights("CC0-1.0"), author, media=media, messages=turns)
        for i, (text, author, media, turns) in enumerate(fields)
    ]
    with tempfile.TemporaryDirectory() as folder:
        writer = write_documents(Path(folder) / "documents.parquet", given_documents)
        found = [from_row(row) for row in read_rows(Path(folder) / "documents.parquet")]
    assert found == [
        Document(
            f"id:{i}", "s", whole_text(text), Rights("CC0-1.0"), whole_text(author),
            media=tuple(map(whole_text, media)), messages=whole(turns),
        )
        for i, (text, author, media, turns) in enumerate(fields)
    ]  # fmt: skip
    assert (writer.documents, writer.bytes) == (len(found), sum(len(d.text.encode()) for d in found))
