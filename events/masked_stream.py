"""Secrets masked in a text that is still being written.

What leaves is always the beginning of what `mask_secrets` makes of the whole text. So a word leaves when it
is complete, and where a longer secret may begin, the rest of the line is held back until the line is whole.
"""

from __future__ import annotations

import re

from events.masking import SECRET_BEGINNING, mask_secrets

_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# A line that is longer has no words: what is held back of it is told with the whole text.
MAX_LINE = 4000


def find_word(text: str, start: int, end: int) -> int:
    """Where the word that reaches `end` begins: words leave whole."""
    while end > start and not text[end - 1].isspace():
        end -= 1
    return end


class MaskedStream:
    """Feed it the pieces of one text in their order."""

    def __init__(self) -> None:
        # What is not complete yet: of its last line, or of its last word.
        self.held = ""
        # The last character that left, which says whether a word begins after it.
        self.last = ""
        # Nothing leaves any more before the whole text is known.
        self.is_closed = False

    def feed(self, piece: str) -> str:
        """What may be shown now, after what was shown before."""
        if self.is_closed:
            return ""
        *lines, self.held = (self.held + piece).split("\n")
        shown = [self._let_go(f"{line}\n") for line in lines]
        if not self.is_closed:
            shown.append(self._let_complete_words_go())
        return "".join(shown)

    def _let_complete_words_go(self) -> str:
        text = self.last + self.held
        start = len(self.last)
        beginning = SECRET_BEGINNING.search(text, start)
        end = find_word(text, start, beginning.start() if beginning else len(text))
        self.held = text[end:]
        if len(self.held) > MAX_LINE:
            self.is_closed = True
        return self._let_go(text[start:end])

    def _let_go(self, text: str) -> str:
        if self.is_closed or not text:
            return ""
        if _KEY_BLOCK.search(text):
            # It ends lines later, if it does.
            self.is_closed = True
            text = text.rstrip("\n")
        shown = mask_secrets(self.last + text)[len(self.last) :]
        self.last = text[-1]
        return shown
