"""Office files in Microsoft's compound format: encrypted documents, and those of programs before 2007."""

from __future__ import annotations

from pathlib import Path

from glaswerk.data.documents.reading import UnsupportedFile
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import TEXT_FILE_BYTES
from glaswerk.data.files.stored import StoredFile

# Names of streams in the file's directory, which is anywhere in it.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def refuse_compound(stored: StoredFile, where: Path) -> None:
    """Raises LeftOut for an encrypted document, and UnsupportedFile for any other file of this format."""
    if _ENCRYPTED in stored.stream.read(TEXT_FILE_BYTES):
        raise LeftOut("encrypted", "a document with a password")
    raise UnsupportedFile(
        f"expected a document in a current format, found one of an office program before 2007 in {where}",
        hint=f"soffice --headless --convert-to docx {where.name}",
        reason="old_office_file",
    )
