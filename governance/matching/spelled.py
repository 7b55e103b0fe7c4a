"""What a rule says itself of the words that its pattern matches."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Spelled:
    """`words`: how many from the left it says without a wildcard. `folder`: of its last word.

    folder_from: from which word on operands have to stay in that folder. allows_redirects: redirects into
    the project are covered too. place: the folder everything has to stay in, "" when none is known.
    urls: the only ones that are covered, when there are any.
    """

    words: int = 0
    folder: str = ""
    folder_from: int = 0
    allows_redirects: bool = False
    place: str = ""
    urls: tuple[re.Pattern[str], ...] = ()

    def after(self, number: int) -> Spelled:
        """The same, of the command that begins with that word."""
        return replace(self, words=max(0, self.words - number), folder_from=max(0, self.folder_from - number))
