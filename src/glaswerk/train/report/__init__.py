"""The report of a run: validation, samples, figures, and the page that shows them."""
