"""Rows that other programs wrote: what their fields mean."""
