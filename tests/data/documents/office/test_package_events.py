"""A document with more elements than any of its size is refused before they cost minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import OFFICE_EVENTS
from glaswerk.data.source import add_docs
from glaswerk.lab import Lab


@pytest.mark.slow
def test_empty_paragraphs_without_end_are_a_bomb(empty_lab: Lab, tmp_path: Path) -> None:
    body = b"<w:p/>" * (OFFICE_EVENTS // 2) + b"<w:p><w:r><w:t>Words.</w:t></w:r></w:p>"
    document = b"<w:document xmlns:w='w'><w:body>" + body + b"</w:body></w:document>"
    types = b"<Types/>"
    (tmp_path / "a.docx").write_bytes(zipped({"[Content_Types].xml": types, "word/document.xml": document}))
    with pytest.raises(GlaswerkError, match="more elements"):
        add_docs(empty_lab, [tmp_path / "a.docx"], licence="own")
