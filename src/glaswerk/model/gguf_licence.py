"""What the metadata of a GGUF file say of its licence, as a text that goes where the weights go."""

from __future__ import annotations

from glaswerk.model.gguf_file import GgufFile

# The text made of the metadata; its name is one of those that `licence_files` finds.
STATED = "LICENSE.gguf.txt"
_KEYS = (
    "general.license",
    "general.license.name",
    "general.license.link",
    "general.source.url",
    "general.author",
)
_VAGUE = ("", "other", "unknown", "none")
_LONGEST = 1 << 16


def stated_licence(file: GgufFile) -> str:
    """`general.license`; if that is only "other", `general.license.name`, such as "llama3.2"."""
    said = file.text("general.license")
    return file.text("general.license.name") if said.strip().casefold() in _VAGUE else said


def stated_terms(file: GgufFile) -> str:
    """The fields about the licence, a line each; "" if there is no field that names a licence."""
    lines = [f"{key}: {value}" for key in _KEYS if (value := _plain(file.text(key)))]
    named = any(line.startswith("general.license") for line in lines)
    return "As the metadata of the GGUF file say:\n" + "\n".join(lines) + "\n" if named else ""


def _plain(text: str) -> str:
    """Without control characters, which no text of a licence has, on one line."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST])
    return " ".join(shown.split())
