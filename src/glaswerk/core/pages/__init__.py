"""The kit that every report page is made of: one page, one style sheet, one set of plots.

A report computes `Table`, `Figure` and `Card` values and hands them to its own Jinja template, which holds
the words. `kit.render` fills the template, `plots`, `curves`, `intervals` draw SVG from `marks`.
"""

from glaswerk.core.pages.kit import Card, Figure, Table, page, render
from glaswerk.core.pages.plots import SERIES, Series, series_of

__all__ = ["SERIES", "Card", "Figure", "Series", "Table", "page", "render", "series_of"]
