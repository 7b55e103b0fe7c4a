"""Data about programs. Every entry says why; the tests try each of them."""
