"""Documents: the weekly gazette and longer pages."""
