"""Download a model from a hub: what was interrupted goes on at its byte, and every file is checked."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import huggingface_hub
from huggingface_hub.file_download import get_hf_file_metadata, http_get
from huggingface_hub.utils import build_hf_headers, disable_progress_bars  # type: ignore[attr-defined]
from huggingface_hub.utils import logging as hub_logging

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import Bar, progress_bar
from glaswerk.model.hub_errors import hub_errors
from glaswerk.model.hub_listing import LIBRARY, HubFile, HubListing

_MB = 10**6
# The lab's own records, and the tokenizer once more.
_MARGIN = 64 * _MB
_CHUNK = 1 << 20
# The client reads ten megabytes at once; a note of the rate more often than this helps nobody.
_PART = ".part"


def download(listing: HubListing, folder: Path) -> None:
    """Bring the files of `listing` into `folder`, which belongs to this commit alone.

    What is there already, whole or in part, is used. Raises GlaswerkError if the disk has too little room,
    and if a file is not what the list said.
    """
    disable_progress_bars()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    folder.mkdir(parents=True, exist_ok=True)
    held = sum(min(_held(folder / file.name), file.size) for file in listing.files)
    check_room(listing, folder, listing.size - held)
    whole, there = -(-listing.size // _MB), held // _MB
    with progress_bar(f"adopt {listing.model.name}", whole, start=there, unit="MB") as bar:
        meter = _Meter(bar, held)
        for file in listing.files:
            if not (folder / file.name).exists():
                _fetch(listing, file, folder / file.name, meter)


def download_small(listing: HubListing, folder: Path) -> None:
    """`download` for what is not weights: enough to know whether the weights can be used."""
    small = tuple(file for file in listing.files if not file.is_weights)
    only = HubListing(listing.model, listing.endpoint, listing.commit, "", False, small)
    download(only, folder)


def check_room(listing: HubListing, folder: Path, missing: int) -> None:
    """Raises GlaswerkError if the disk of `folder` has no room for `missing` bytes more."""
    free = shutil.disk_usage(folder).free
    if missing + _MARGIN > free:
        raise GlaswerkError(
            f"expected {_megabytes(missing)} of free space for {listing.model}, found {_megabytes(free)} "
            f"at {folder}",
            hint="free some space, or make the lab on another disk: glaswerk init FOLDER",
        )


def _megabytes(size: int) -> str:
    return f"{size / _MB:,.0f} MB"


def _held(path: Path) -> int:
    """Bytes that are there already, whole or in part."""
    for one in (path, path.with_name(path.name + _PART)):
        if one.is_file() and not one.is_symlink():
            return one.stat().st_size
    return 0


class _Meter:
    """Counts bytes, and shows megabytes and their rate."""

    def __init__(self, bar: Bar, held: int) -> None:
        self._bar, self._bytes, self._shown = bar, held, held // _MB
        self._begin, self._came = time.monotonic(), 0

    def add(self, size: int, name: str) -> None:
        """Count `size` bytes of a file; fewer than none if they must come again."""
        self._bytes, self._came = self._bytes + size, self._came + max(size, 0)
        whole = self._bytes // _MB - self._shown
        rate = self._came / _MB / max(time.monotonic() - self._begin, 1e-9)
        self._bar.advance(whole, f"{rate:,.1f} MB/s  {name}")
        self._shown += whole


class _Bounded:
    """A file that takes no more bytes than the hub has promised, as the client writes them."""

    def __init__(self, stream: BinaryIO, file: HubFile, meter: _Meter) -> None:
        self._stream, self._file, self._meter = stream, file, meter

    def write(self, data: bytes) -> int:
        """Append `data`. Raises GlaswerkError if the file becomes too large."""
        if self._stream.tell() + len(data) > self._file.size:
            raise GlaswerkError(
                f"expected {self._file.size:,} bytes of {self._file.name}, found more: the hub sends another "
                "file than it lists",
                hint="check HF_ENDPOINT, or download the files by hand and adopt their folder",
            )
        self._meter.add(len(data), self._file.name)
        return self._stream.write(data)

    def tell(self) -> int:
        """The place in the file."""
        return self._stream.tell()

    def seek(self, place: int) -> int:
        """Go to a place; the client does before it begins again."""
        return self._stream.seek(place)

    def truncate(self) -> int:
        """Drop what follows the place."""
        before = self._stream.seek(0, os.SEEK_CUR), os.fstat(self._stream.fileno()).st_size
        self._meter.add(before[0] - before[1], self._file.name)
        return self._stream.truncate()


def _fetch(listing: HubListing, file: HubFile, final: Path, meter: _Meter) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(final.name + _PART)
    if cached := _cached(listing, file):
        shutil.copyfile(cached, part)
        meter.add(file.size, file.name)
    else:
        with part.open("ab") as stream, hub_errors(listing.model, listing.endpoint):
            if stream.tell() > file.size:
                stream.truncate(0)
            _get(listing, file, stream, meter)
            stream.flush()
            os.fsync(stream.fileno())
    _check(listing, file, part)
    os.replace(part, final)


def _get(listing: HubListing, file: HubFile, stream: BinaryIO, meter: _Meter) -> None:
    place = {"revision": listing.commit, "endpoint": listing.endpoint}
    url = huggingface_hub.hf_hub_url(listing.model.repo, file.name, **place)
    headers = build_hf_headers(**LIBRARY)
    found = get_hf_file_metadata(url, endpoint=listing.endpoint, **LIBRARY)
    if found.commit_hash not in (None, listing.commit) or found.size not in (None, file.size):
        raise GlaswerkError(
            f"expected {file.name} of commit {listing.commit} with {file.size:,} bytes, found from "
            f"{listing.endpoint}: commit {found.commit_hash!r:.60}, {found.size!r:.30} bytes",
            hint=f"check HF_ENDPOINT, then: glaswerk adopt {listing.model}",
        )
    if urlsplit(found.location).netloc != urlsplit(url).netloc:
        # The signed address of a store: a token for the hub is none of its business.
        headers.pop("authorization", None)
    bounded = cast(BinaryIO, _Bounded(stream, file, meter))
    try:
        http_get(found.location, bounded, resume_size=stream.tell(), headers=headers, expected_size=file.size)
    except ValueError as error:
        raise GlaswerkError(
            f"expected to get {file.name} of {listing.model}, found: {error}",
            hint="download the files into a folder by hand, then: glaswerk adopt FOLDER",
        ) from error


def _cached(listing: HubListing, file: HubFile) -> str:
    """The file of this commit in Hugging Face's own cache, "" if it is not there."""
    found = huggingface_hub.try_to_load_from_cache(listing.model.repo, file.name, revision=listing.commit)
    there = isinstance(found, str) and Path(found).is_file() and Path(found).stat().st_size == file.size
    return str(found) if there else ""


def _check(listing: HubListing, file: HubFile, part: Path) -> None:
    """Raises GlaswerkError, and deletes the part, if it is not the file that the hub lists."""
    size = part.stat().st_size
    kind, _, expected = file.digest.partition(":")
    found = _digest(part, size, kind) if kind else ""
    if size == file.size and found == expected:
        return
    part.unlink()
    raise GlaswerkError(
        f"expected {file.name} with {file.size:,} bytes and the hash {file.digest or 'unknown'}, found "
        f"{size:,} bytes and {found or 'none'}: it was damaged on the way, or the hub sends another file",
        hint=f"download it again: glaswerk adopt {listing.model}",
    )


def _digest(path: Path, size: int, kind: str) -> str:
    """The hash of a file as the hub gives it: of large files SHA-256, of small ones that of git."""
    taken = hashlib.sha256() if kind == "sha256" else hashlib.sha1(usedforsecurity=False)
    if kind == "git":
        taken.update(f"blob {size}\0".encode())
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            taken.update(chunk)
    return taken.hexdigest()
