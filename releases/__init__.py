"""Releases: what an engine runs, rendered once, signed, published in steps and read back."""
