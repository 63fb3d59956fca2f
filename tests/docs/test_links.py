"""Links between the pages lead somewhere, also for readers of the files themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_relative_link_of_a_page_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (DOCS.parent / "mkdocs.yml").read_text()
    assert [page for page in PAGES if f" {page.relative_to(DOCS).as_posix()}\n" not in navigation] == []


def test_the_site_loads_nothing_from_other_hosts() -> None:
    settings = (DOCS.parent / "mkdocs.yml").read_text()
    assert "font: false" in settings
    assert "://" not in settings
    # The theme would fetch Mermaid's script from elsewhere.
    assert [page.name for page in PAGES if "```mermaid" in page.read_text()] == []


def test_the_page_on_python_includes_the_example() -> None:
    """A formatter once rewrote the marker, and the site showed it as text."""
    assert '--8<-- "docs/examples/town.py"' in (DOCS / "how-to" / "python.md").read_text()
