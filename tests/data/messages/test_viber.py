# ruff: noqa: E501 (rows of tables)
"""Viber's tables have no header; they are private chats, and tables of other things are not taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import zipped

from glaswerk.core.document import from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.messages.viber import is_viber
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab

ASKED = {"licence": "CC0-1.0", "acquired": "licensed", "include_direct_messages": True}
COMMAS = '13/03/2019,12:00:01,Bo Baker,+41791234567,"At the mill,\nnow?"\n13/03/2019,12:00:05,Me,,"Yes, at seven."\n'
TABLES = {
    "numbers and quotes": COMMAS.encode(),
    "byte order mark": COMMAS.encode("utf-8-sig"),
    "UTF-16": COMMAS.encode("utf-16"),
    "semicolons, month first, halves of the day": (
        b'3/13/2019;12:00:01 PM;Bo Baker;+41791234567;"At the mill,\nnow?"\n'
        b"3/13/2019;12:00:05 PM;Me;;Yes, at seven.\n"
    ),
    "no numbers and no quotes": (
        b'2019-03-13,12:00:01,Bo Baker,"At the mill,\nnow?"\n2019-03-13,12:00:05,Me,Yes, at seven.\n'
    ),
    "dots": b'13.03.19\t12:00:01\tBo Baker\t0791234567\t"At the mill,\nnow?"\n13.03.19\t12:00:05\tMe\t\tYes, at seven.\n',
}


@pytest.mark.parametrize("name", TABLES)
def test_a_chat_is_private_with_its_writers_and_times(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    (tmp_path / "Bo Baker.csv").write_bytes(TABLES[name])
    made = add_posts(empty_lab, [tmp_path / "Bo Baker.csv"], name="viber", **ASKED)
    found = sorted(from_rows(read_rows(made.path / "documents.parquet")), key=lambda d: d.id)
    assert [document.author for document in found] == ["Bo Baker", "Me"]
    assert [document.text for document in found] == ["At the mill,\nnow?", "Yes, at seven."]
    assert {document.rights.audience for document in found} == {"private"}
    times = [document.created_at and document.created_at.isoformat()[:19] for document in found]
    assert times == ["2019-03-13T12:00:01", "2019-03-13T12:00:05"]


def test_an_export_of_several_chats_is_found_in_its_zip_file(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "Viber.zip").write_bytes(zipped({"Bo.csv": COMMAS, "Chats/Ada.csv": COMMAS}))
    made = add_posts(empty_lab, [tmp_path / "Viber.zip"], name="viber", **ASKED)
    assert made.stats["documents"] == 4


def test_documents_leave_a_chat_out_and_name_the_command(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(COMMAS)
    with pytest.raises(GlaswerkError, match="private messages") as caught:
        add_docs(empty_lab, [tmp_path / "a.csv"], licence="CC0-1.0", acquired="licensed")
    assert "--direct-messages" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "table",
    [
        "2019-03-12,09:00,Opening,Hall A,Welcome\n2019-03-12,09:30,Talk,Hall B,On mills\n",
        "2019-03-12,09:00,Zurich,12.5,cold\n2019-03-12,10:00,Zurich,13.5,cold\n",
        "date,time,name,number,text\n12/03/2019,12:00:01,Bo,+41791234567,Hello\n",
        "12/03/2019,Bo Baker,12:00,+41791234567,Hello\n",
        "12/03/2019,12:00:01,Bo Baker,+41791234567,Hello\nno row of a chat\n",
        "",
        ",",
    ],
)
def test_programmes_measurements_and_tables_with_a_header_are_no_chats(table: str) -> None:
    assert not is_viber(table.encode())
