"""The built page in the package: made from these sources, small, and without anybody else's address."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from glaswerk.serve.app import STATIC

WEB = Path(__file__).parents[2] / "web"
SOURCES = (
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "build-facts.ts",
    "src",
    "public",
)
MOST_BYTES = 350_000


def source_files() -> list[str]:
    """Paths below web/, as the build sorts them."""
    found = []
    for name in SOURCES:
        path = WEB / name
        found += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sorted(one.relative_to(WEB).as_posix() for one in found)


def test_the_shipped_files_were_built_from_these_sources() -> None:
    digest = hashlib.sha256()
    for name in source_files():
        digest.update(name.encode() + b"\0" + (WEB / name).read_bytes() + b"\0")
    assert (STATIC / "built-from.txt").read_text().strip() == digest.hexdigest(), "npm run build, in web/"


def test_the_first_view_is_small() -> None:
    page = (STATIC / "index.html").read_text()
    named = set(re.findall(r'(?:src|href)="/static/([^"#]+)"', page))
    size = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in {"index.html", *named})
    assert {"assets/page.js", "assets/index.css"} <= named
    assert size <= MOST_BYTES


def test_the_page_has_no_script_in_it_and_loads_nothing_from_elsewhere() -> None:
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\bon[a-z]+=|\bstyle=", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [one for one in addresses if not one.startswith(("/static/", "#"))] == []
    for sheet in STATIC.rglob("*.css"):
        linked = re.findall(r"url\(([^)]+)\)|@import", sheet.read_text())
        assert [one for one in linked if not one.startswith("/static/")] == [], sheet.name


def test_every_package_of_the_page_comes_from_the_public_registry_with_its_digest() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    hosts = {urlsplit(facts["resolved"]).hostname for facts in packages.values() if "resolved" in facts}
    assert hosts <= {"registry.npmjs.org"}
    assert [name for name, facts in packages.items() if "integrity" not in facts] == []


def test_no_source_of_the_page_is_too_long_to_hold_in_the_head() -> None:
    long = [name for name in source_files() if name.endswith((".ts", ".tsx", ".css"))]
    assert [name for name in long if (WEB / name).read_text().count("\n") > 400] == []


@pytest.mark.slow
def test_a_build_from_these_sources_gives_the_shipped_files(tmp_path: Path) -> None:
    """Needs Node and `npm ci` in web/."""
    if shutil.which("node") is None or not (WEB / "node_modules").is_dir():
        pytest.skip("no node with web/node_modules: npm ci in web/ installs it")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    command = ["node", str(vite), "build", "--outDir", str(tmp_path / "built"), "--logLevel", "error"]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True, timeout=280)
    shipped = {path.relative_to(STATIC): path.read_bytes() for path in STATIC.rglob("*") if path.is_file()}
    built = tmp_path / "built"
    made = {path.relative_to(built): path.read_bytes() for path in built.rglob("*") if path.is_file()}
    assert made.keys() == shipped.keys()
    assert [str(name) for name in made if made[name] != shipped[name]] == []
