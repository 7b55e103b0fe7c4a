"""A rule's pattern: tokens, a regular expression, and how many words it names without a wildcard.

`*` is any run of characters, `?` one character, all else is itself; a trailing ` *` also covers the bare
command. Quotes and backslashes in a pattern are taken off as the shell would, and make wildcards literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from governance.matching.words import UnreadableError

# Stands for a blank inside a word, so that a pattern's own blanks only match between words.
INNER_BLANK = "\x1f"
# Stands for a word without any text.
EMPTY = "\x1e"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a pattern. `pieces`: (text, is a wildcard)."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)

    @property
    def is_literal(self) -> bool:
        return not any(is_wild for _, is_wild in self.pieces)

    @property
    def is_star(self) -> bool:
        return self.pieces == (("*", True),)

    def names(self, text: str) -> bool:
        """Whether only a * behind that very text stands here."""
        return (
            bool(text)
            and self.pieces[-1:] == (("*", True),)
            and self.text[:-1] == text
            and not any(is_wild for _, is_wild in self.pieces[:-1])
        )

    @property
    def folder(self) -> str:
        """What stands before the last slash that no wildcard precedes, with that slash; "" without one."""
        literal = ""
        for text, is_wild in self.pieces:
            if is_wild:
                break
            literal += text
        return literal[: literal.rfind("/") + 1]


PIECE = re.compile(
    r"""(?P<blank>[ \t\n]+)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<wild>[*?])
    | (?P<plain>[^'" \t\n])""",
    re.VERBOSE | re.DOTALL,
)
ESCAPED_IN_QUOTES = re.compile(r"\\([$`\"\\])")


def read_tokens(pattern: str) -> list[Token]:
    """Raises UnreadableError for a quote that is not closed."""
    tokens: list[Token] = []
    pieces: list[tuple[str, bool]] | None = None
    position = 0
    while position < len(pattern):
        found = PIECE.match(pattern, position)
        if found is None or found.lastgroup is None:
            raise UnreadableError("A quote in the pattern is not closed.")
        position = found.end()
        kind, text = found.lastgroup, found[found.lastgroup]
        if kind == "blank":
            if pieces is not None:
                tokens.append(Token(tuple(pieces)))
            pieces = None
            continue
        if kind == "double":
            text = ESCAPED_IN_QUOTES.sub(r"\1", text)
        pieces = [*(pieces or []), *((character, kind == "wild") for character in text)]
    return tokens if pieces is None else [*tokens, Token(tuple(pieces))]


def build_expression(tokens: list[Token]) -> str:
    """The pattern over words joined by `join_words`, to be matched as a whole: * is any run of characters."""
    ends_open = len(tokens) > 1 and tokens[-1].is_star
    parts = [list_pieces(token) for token in (tokens[:-1] if ends_open else tokens)]
    pieces = [piece for part in parts for piece in [(" ", False), *part]][1:]
    return build_pieces(pieces, ".") + ("(?: .*)?" if ends_open else "")


def build_covering(tokens: list[Token]) -> str:
    """The same for what a rule allows: only its last * goes on over several words.

    One before stays in its word; standing alone it is one word, with options before it.
    """
    if len(tokens) < 2:
        return build_expression(tokens)
    *before, last = tokens
    parts = [
        "(?:-[^ ]* )*[^ ]+" if token.is_star else build_pieces(list_pieces(token), "[^ ]") for token in before
    ]
    if last.is_star:
        return " ".join(parts) + "(?: .*)?"
    return " ".join([*parts, build_pieces(list_pieces(last), ".")])


def list_pieces(token: Token) -> list[tuple[str, bool]]:
    """(text, is a wildcard), blanks marked; a word without any text is EMPTY."""
    if not token.pieces:
        return [(EMPTY, False)]
    return [(text if is_wild else mark_blanks(text), is_wild) for text, is_wild in token.pieces]


def build_pieces(pieces: list[tuple[str, bool]], any_character: str) -> str:
    """What follows a * is taken where it comes first, without going back, which keeps the time linear."""
    segments = [""]
    for text, is_wild in pieces:
        if is_wild and text == "*":
            segments.append("")
        else:
            segments[-1] += any_character if is_wild else re.escape(text)
    first, *others = segments
    if not others:
        return first
    *middle, last = others
    lazily = "".join(f"(?>{any_character}*?{segment})" for segment in middle if segment)
    return f"{first}{lazily}{any_character}*{last}"


def build_wildcards(text: str) -> str:
    """A regular expression for a plain text in which only * and ? are wildcards, to be matched as a whole.

    What follows a * is taken where it comes first, without going back: that changes no answer, since a later
    * makes up for it, and keeps the time linear.
    """
    first, *others = [re.escape(piece).replace("\\?", ".") for piece in re.split(r"\*+", text)]
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + ".*" + last


def mark_blanks(text: str) -> str:
    return text.replace(" ", INNER_BLANK) if " " in text else text


def join_words(texts: Iterable[str]) -> str:
    """Words as one line in which blanks inside a word are none."""
    return " ".join([mark_blanks(text) or EMPTY for text in texts])


def count_named(tokens: list[Token]) -> int:
    """How many words from the left the pattern spells without a wildcard."""
    for number, token in enumerate(tokens):
        if not token.is_literal:
            return number
    return len(tokens)
