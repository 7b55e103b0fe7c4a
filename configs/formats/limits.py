"""Bounds of a file from outside, looked at before anything is parsed."""

from __future__ import annotations

# One agent, one profile, one configuration.
MAX_FILE_BYTES = 1024 * 1024
# What stands between the two lines of dashes.
MAX_FRONT_MATTER_BYTES = 64 * 1024
# A whole team's bundle.
MAX_BUNDLE_BYTES = 8 * 1024 * 1024

MAX_DEPTH = 20
MAX_NODES = 200_000
MAX_FILE_NAME = 200
# Whole numbers beyond this are not exact in canonical JSON.
MAX_INTEGER = 2**53 - 1
# Of a written number; longer ones are refused before they are read.
MAX_NUMBER_LENGTH = 40


class FormatError(ValueError):
    """A file that can't be read; the message is a sentence for the person who brought it."""
