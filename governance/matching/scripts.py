"""Scripts of sed and awk that only print. Anything not plainly so is not covered by a wildcard.

Source: the GNU sed 4.9 and gawk 5 manuals.
"""

from __future__ import annotations

import re

# An address: a number, $, or /…/ without escapes that could end it early.
SED_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n]|\\[^\n])*/I?|\+\d+)"
SED_SUBSTITUTE = re.compile(
    r"s(?P<mark>[/|#,:@!;%_+])(?:(?!(?P=mark))[^\\\n]|\\[^\n])*(?P=mark)(?:(?!(?P=mark))[^\\\n]|\\[^\n])*(?P=mark)[gpIiMm0-9]*"
)
SED_TRANSLATE = re.compile(r"y/(?:[^/\\\n]|\\[^\n])*/(?:[^/\\\n]|\\[^\n])*/")
SED_LETTER = re.compile(r"[dDpPnNqQhHgGxl=](?:\s*\d+)?")
SED_BEGIN = re.compile(rf"\s*(?:{SED_ADDRESS}(?:\s*,\s*{SED_ADDRESS})?)?\s*!?\s*")
SED_NEXT = re.compile(r"\s*(?:[;\n]|$)")

AWK_DANGER = re.compile(
    r"system|getline|\||@|print.*>|close|fflush|ENVIRON|PROCINFO|ARGV|/inet|load|include|namespace|extension",
    re.DOTALL,
)


def is_plain_sed(script: str) -> bool:
    """Only addresses, s, y and the letters that print, delete or keep; never w, e, r, a block or a label."""
    at = 0
    while at < len(script):
        begin = SED_BEGIN.match(script, at)
        at = begin.end() if begin else at
        if at >= len(script):
            return True
        found = (
            SED_SUBSTITUTE.match(script, at)
            or SED_TRANSLATE.match(script, at)
            or SED_LETTER.match(script, at)
        )
        if not found:
            return False
        at = found.end()
        following = SED_NEXT.match(script, at)
        if not following:
            return False
        at = following.end()
    return True


def is_plain_awk(program: str) -> bool:
    """Only prints and computes: no pipe, no file, no command."""
    return not AWK_DANGER.search(program)
