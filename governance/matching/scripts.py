"""Scripts of sed, awk and jq that only print. Anything not plainly so is not covered by a wildcard.

Source: the GNU sed 4.9, gawk 5, jq 1.7 and yq 4 manuals.
"""

from __future__ import annotations

import re

# A bracket expression may hold the mark that ends the whole, and sed reads on: here it may not hold it.
BRACKET = r"\[\^?\]?(?:[^\]\\\n\[{mark}]|\\[tnrfvswSW]|\[:[a-z]+:\])*\]"
IN_ADDRESS = BRACKET.replace("{mark}", "/")
IN_SUBSTITUTE = r"\[\^?\]?(?:(?!(?P=mark))(?:[^\]\\\n\[]|\\[tnrfvswSW]|\[:[a-z]+:\]))*\]"
# An address: a number, $, or /…/ without escapes that could end it early.
SED_ADDRESS = rf"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n\[]|\\[^\n]|{IN_ADDRESS})*/I?|[+~]\d+)"
SED_SUBSTITUTE = re.compile(
    rf"s(?P<mark>[/|#,:@!;%_+])(?:(?!(?P=mark))[^\\\n\[]|\\[^\n]|{IN_SUBSTITUTE})*(?P=mark)"
    r"(?:(?!(?P=mark))[^\\\n]|\\[^\n])*(?P=mark)[gpIiMm0-9]*"
)
SED_TRANSLATE = re.compile(r"y/(?:[^/\\\n]|\\[^\n])*/(?:[^/\\\n]|\\[^\n])*/")
SED_LETTER = re.compile(r"[dDpPnNqQhHgGxl=](?:\s*\d+)?")
SED_BEGIN = re.compile(rf"\s*(?:{SED_ADDRESS}(?:\s*,\s*{SED_ADDRESS})?)?\s*!?\s*")
SED_NEXT = re.compile(r"\s*(?:[;\n]|$|(?=\}))")

# A pipe or a file behind print, and everything that runs, reads or reaches by its name.
AWK_DANGER = re.compile(
    r"system|getline|@|print.*[>|]|close|fflush|ENVIRON|PROCINFO|SYMTAB|FUNCTAB|ARG[VC]|/inet|extension",
    re.DOTALL,
)
# jq: the environment, modules, what is read besides the input.
JQ_DANGER = re.compile(
    r"\$ENV|\$__|(?<![.\w\"$-])env\b|^\s*(?:import|include)\b|;\s*(?:import|include)\b|\bget_search_list\b"
    r"|\binput_filename\b|\bmodulemeta\b|\bdebug\b|\bstderr\b"
)
YQ_DANGER = re.compile(
    r"\b(?:load\w*|env|strenv|envsubst|eval|system|filename|split_doc|exec)\b\s*\(?", re.IGNORECASE
)
YQ_KEY = re.compile(r"\.[\w-]+|\"[^\"]*\"")


def is_plain_sed(script: str) -> bool:
    """Only addresses, blocks, s, y and the letters that print, delete or keep; never w, e, r or a label."""
    at = depth = 0
    while at < len(script):
        begin = SED_BEGIN.match(script, at)
        at = begin.end() if begin else at
        if at >= len(script):
            break
        if script[at] == "{":
            at, depth = at + 1, depth + 1
            continue
        if script[at] == "}":
            at, depth = at + 1, depth - 1
        else:
            found = (
                SED_SUBSTITUTE.match(script, at)
                or SED_TRANSLATE.match(script, at)
                or SED_LETTER.match(script, at)
            )
            if not found:
                return False
            at = found.end()
        following = SED_NEXT.match(script, at)
        if not following or depth < 0:
            return False
        at = following.end()
    return depth == 0


def is_plain_awk(program: str) -> bool:
    """Only prints and computes: no pipe, no file, no command."""
    return not AWK_DANGER.search(program.replace("||", " "))


def explain_filter(program: str, text: str) -> str:
    """A filter of jq or yq that reads more than its input; "" when it does not."""
    if program == "yq":
        is_plain = not YQ_DANGER.search(YQ_KEY.sub(" ", text)) and "$ENV" not in text
    else:
        is_plain = not JQ_DANGER.search(text)
    return "" if is_plain else f"The filter of {program} may read or show more than its input."
