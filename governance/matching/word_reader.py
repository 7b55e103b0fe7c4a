"""Words: quotes, expansions and braces, as POSIX sh and bash read them."""

from __future__ import annotations

import re
from abc import abstractmethod

from governance.matching.braces import TooManyWordsError, expand_braces
from governance.matching.cursor import META, NAME, Cursor
from governance.matching.escapes import decode_ansi_c
from governance.matching.words import SUBSTITUTED, UNKNOWN, Budget, Word

PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+\-]+")
# One shell takes `=ls` for the path of the program.
PROGRAM_PATH = re.compile(r"=[A-Za-z0-9_./]")
PARAMETER = re.compile(
    r"\$\{#?[A-Za-z_0-9]+(?:(?::?[-=?+]|:|##?|%%?|//?|\^\^?|,,?)[^`$\"'\\{}\n\[\]@!()]*)?\}"
)
ARITHMETIC = re.compile(r"\$\(\([0-9 +*/%()<>=-]*\)\)")
BOUND = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
BOUND_IN_BRACES = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SPECIAL_PARAMETERS = "@*#?-$!0123456789"
# Digits alone, whatever happens: these are as good as known.
NUMERIC_PARAMETERS = "?#$!"


class WordReader(Cursor):
    """Reads one word at a time; commands inside it are read by the class that knows commands.

    bound: the value of a loop's variable while its body is read for that value.
    """

    def __init__(self, source: str, budget: Budget, start: int = 0, end: int | None = None) -> None:
        super().__init__(source, budget, start, end)
        self.bound: dict[str, Word] = {}
        self.has_bound_glob = False

    @abstractmethod
    def read_substitution(self) -> None:
        """`$(…)`, `<(…)` or `>(…)`, from its first character to behind its closing bracket."""

    @abstractmethod
    def find_literal(self, start: int, first: int) -> str | None:
        """What the substitution that began there certainly yields; its commands begin with number `first`."""

    @abstractmethod
    def count_commands(self) -> int:
        """How many commands were found so far."""

    @abstractmethod
    def read_inner(self, start: int, end: int) -> None:
        """A part of the source that is a command line of its own."""

    @abstractmethod
    def refuse_waiting(self, text: str) -> None:
        """Fail when a line ends in `text` while a here-document waits for the end of its line."""

    def read_word(self, *, is_value: bool = False) -> list[Word]:
        """The word at this place; several when its braces make several."""
        start = self.at
        pieces = self.read_beginning(is_value=is_value)
        has_tilde = self.peek() == "~"
        marks: set[str] = set()
        self.has_bound_glob = False
        while self.at < self.end:
            found = PLAIN.match(self.source, self.at, self.end)
            if found:
                pieces.append(found[0])
                self.at = found.end()
                continue
            self.budget.spend()
            if self.at_border():
                break
            pieces.append(self.read_piece(marks))
        text = "".join(pieces)
        has_glob = not marks.isdisjoint("*?[") and self.source[start : self.at] != "["
        has_glob = has_glob or self.has_bound_glob
        word = Word(text, start, self.at, has_glob, has_tilde, "quote" in marks)
        return self.split_braces(word) if "{" in marks and not is_value else [word]

    def read_beginning(self, *, is_value: bool) -> list[str]:
        """What is not known of a word from how it begins: another's home folder, a program's path."""
        if self.peek() == "~" and self.peek(1) not in {"", "/"} | META:
            return [UNKNOWN]
        if not is_value and PROGRAM_PATH.match(self.source, self.at, self.end):
            return [UNKNOWN]
        return []

    def read_piece(self, marks: set[str]) -> str:
        """One quoted or expanded piece, or one character; adds "quote", or the character, to `marks`."""
        character = self.source[self.at]
        match character:
            case "<" | ">":
                self.read_substitution()
                return SUBSTITUTED
            case "\\":
                return self.read_backslash(marks)
            case "'":
                marks.add("quote")
                return self.read_single_quoted()
            case '"':
                marks.add("quote")
                self.at += 1
                return self.read_quoted('"')
            case "$":
                if self.peek(1) in {"'", '"'}:
                    marks.add("quote")
                return self.read_dollar(is_in_quotes=False)
            case "`":
                return self.read_backticks(is_in_quotes=False)
        marks.add(character)
        self.at += 1
        return character

    def split_braces(self, word: Word) -> list[Word]:
        raw = self.source[word.start : word.end]
        if raw != word.text:
            # Quotes or expansions beside braces: which belong to them is not worked out.
            if "," not in raw and ".." not in raw:
                return [word]
            return [Word(UNKNOWN, word.start, word.end, word.has_glob, word.has_tilde, word.is_quoted)]
        try:
            texts = expand_braces(word.text)
        except TooManyWordsError:
            texts = [UNKNOWN]
        return [
            Word(text, word.start, word.end, word.has_glob, word.has_tilde or text.startswith("~"))
            for text in texts
        ]

    def read_backslash(self, marks: set[str]) -> str:
        """The character it quotes; "" when it joins two lines."""
        following = self.peek(1)
        if not following:
            self.fail("A backslash stands at the end.")
        self.at += 2
        if following == "\n":
            self.refuse_waiting(following)
            return ""
        marks.add("quote")
        return following

    def read_single_quoted(self) -> str:
        end = self.source.find("'", self.at + 1, self.end)
        if end < 0:
            self.fail("A quote is not closed.")
        text = self.source[self.at + 1 : end]
        self.refuse_waiting(text)
        self.at = end + 1
        return text

    def read_quoted(self, closing: str) -> str:
        """Double-quoted text up to its closing quote, or with "" a here-document's body up to the end."""
        pieces: list[str] = []
        while True:
            self.budget.spend()
            character = self.peek()
            if not character and closing:
                self.fail("A quote is not closed.")
            if character == closing:
                self.at += 1
                return "".join(pieces)
            if character == "\\":
                pieces.append(self.read_quoted_backslash(closing))
            elif character == "$":
                pieces.append(self.read_dollar(is_in_quotes=True))
            elif character == "`":
                pieces.append(self.read_backticks(is_in_quotes=True))
            else:
                if closing:
                    self.refuse_waiting(character)
                pieces.append(character)
                self.at += 1

    def read_quoted_backslash(self, closing: str) -> str:
        following = self.peek(1)
        self.at += 2
        if following == "\n":
            if closing:
                self.refuse_waiting(following)
            return ""
        is_quoting = following and following in '$`\\"' and (closing or following != '"')
        return following if is_quoting else "\\" + following

    def read_dollar(self, *, is_in_quotes: bool) -> str:
        """An expansion; returns what it stands for as far as that is known."""
        following = self.peek(1)
        match following:
            case "(":
                return self.read_dollar_bracket(is_in_quotes=is_in_quotes)
            case "{":
                if (value := self.take_bound(BOUND_IN_BRACES, is_in_quotes=is_in_quotes)) is not None:
                    return value
                self.skip_expression(PARAMETER, "A parameter expansion that can do more than insert a value.")
                return UNKNOWN
            case "[":
                self.fail("Arithmetic in an old form.")
            case "'" if not is_in_quotes:
                self.at += 2
                return self.read_ansi_c()
            case '"' if not is_in_quotes:
                self.at += 2
                self.read_quoted('"')
                return UNKNOWN
        if (value := self.take_bound(BOUND, is_in_quotes=is_in_quotes)) is not None:
            return value
        found = NAME.match(self.source, self.at + 1, self.end)
        if found:
            self.at = found.end()
            return UNKNOWN
        if following and following in SPECIAL_PARAMETERS:
            self.at += 2
            return f"${following}" if following in NUMERIC_PARAMETERS else UNKNOWN
        self.at += 1
        return "$"

    def take_bound(self, expression: re.Pattern[str], *, is_in_quotes: bool) -> str | None:
        """The value of a loop's variable; None when it is none, or when the shell would split it."""
        found = expression.match(self.source, self.at, self.end) if self.bound else None
        value = self.bound.get(found[1]) if found else None
        if found is None or value is None or not (is_in_quotes or PLAIN.fullmatch(value.text)):
            return None
        self.at = found.end()
        self.has_bound_glob = self.has_bound_glob or value.has_glob
        return value.text

    def read_dollar_bracket(self, *, is_in_quotes: bool) -> str:
        if self.peek(2) == "(":
            self.skip_expression(ARITHMETIC, "Arithmetic that is more than numbers.")
            return UNKNOWN
        start, first = self.at, self.count_commands()
        self.read_substitution()
        literal = self.find_literal(start, first) if is_in_quotes else None
        return UNKNOWN if literal is None else literal

    def skip_expression(self, expression: re.Pattern[str], otherwise: str) -> None:
        found = expression.match(self.source, self.at, self.end)
        if not found:
            self.fail(otherwise)
        self.at = found.end()

    def read_ansi_c(self) -> str:
        start = self.at
        while self.peek() != "'":
            if not self.peek():
                self.fail("A quote is not closed.")
            self.at += 2 if self.peek() == "\\" else 1
        text = self.source[start : self.at]
        self.refuse_waiting(text)
        self.at += 1
        decoded = decode_ansi_c(text)
        return decoded if decoded.isprintable() else UNKNOWN + decoded.replace("\0", "")

    def read_backticks(self, *, is_in_quotes: bool) -> str:
        end = self.source.find("`", self.at + 1, self.end)
        if end < 0:
            self.fail("A backtick is not closed.")
        inside = self.source[self.at + 1 : end]
        if "\\" in inside or (is_in_quotes and '"' in inside):
            self.fail("Backslashes between backticks.")
        self.read_inner(self.at + 1, end)
        self.at = end + 1
        return UNKNOWN
