"""Our own reader of shell commands: strict, and without any guess.

It reads what POSIX sh and bash have in common plus a few forms of bash, and raises UnreadableError for all
else. Every simple command that can run is reported, also those inside substitutions, here-documents,
compound commands and function bodies. Source: POSIX.1-2017, Shell Command Language, and the bash manual.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from governance.matching.command_reader import CommandReader
from governance.matching.cursor import BLANKS, META
from governance.matching.tables.builtins import CHANGING
from governance.matching.words import Budget, Redirect, SimpleCommand, UnreadableError, Word

OPENERS = frozenset({"{", "if", "while", "until", "for", "case", "select", "function", "[["})
CLOSERS = frozenset({"}", "then", "else", "elif", "fi", "do", "done", "esac", "in", "]]"})
RESERVED = OPENERS | CLOSERS | {"!", "coproc"}
MAX_VALUES = 16
# A loop sets its variable: PATH and the like are told to every program.
LOOP_NAME = re.compile(r"(?!npm_|.*proxy)[a-z][a-z0-9_]{0,30}|[A-Z]|DIR|FILE|FOLDER|ITEM|NAME|PKG|URL|TEST")


def read_strictly(source: str, budget: Budget) -> list[SimpleCommand]:
    """Every simple command of the source, by where it begins. Raises UnreadableError."""
    reader = StrictReader(source, budget)
    reader.read_all()
    return sorted(reader.commands, key=lambda command: command.start)


@dataclass(frozen=True, slots=True)
class Reading:
    """`problem`: why it can't be read, "" when it can. steps, counted: what it cost of a budget."""

    commands: tuple[SimpleCommand, ...]
    problem: str
    steps: int
    counted: int


@lru_cache(maxsize=32)
def read_once(source: str) -> Reading:
    """The same with a budget of its own; kept for a moment, since one text is asked about again and again."""
    budget = Budget()
    steps, counted = budget.steps, budget.commands
    commands: list[SimpleCommand] = []
    problem = ""
    try:
        commands = read_strictly(source, budget)
    except UnreadableError as error:
        problem = str(error)
    return Reading(tuple(commands), problem, steps - budget.steps, counted - budget.commands)


def read_one_command(source: str) -> SimpleCommand:
    """The one simple command that the source is, for rules; raises UnreadableError when it is not."""
    commands = read_strictly(source, Budget())
    if len(commands) != 1 or source[: commands[0].start].strip() or source[commands[0].end :].strip():
        raise UnreadableError("It is not one simple command.")
    return commands[0]


def is_followed(name: str, values: list[Word], body: str, commands: list[SimpleCommand]) -> bool:
    """Whether a loop's variable has exactly these values wherever its body inserts it."""
    if not 0 < len(values) <= MAX_VALUES or not re.search(rf"\$\{{?{name}\b", body):
        return False
    if any(not value.is_known or value.has_tilde or "\n" in value.text for value in values):
        return False
    # Every other mention could change it, also inside quotes; so could some builtins without naming it.
    mentions = len(re.findall(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", body))
    inserted = len(re.findall(rf"\$(?:{name}(?![A-Za-z0-9_])|\{{{name}\}})", body))
    defines = "function" in body or "()" in re.sub(r"\s", "", body)
    if mentions != inserted or defines:
        return False
    return all(command.words and command.name not in CHANGING for command in commands)


class StrictReader(CommandReader):
    """Reads lists, pipelines and compound commands."""

    # Lists ----------------------------------------------------------------------------------------

    def read_all(self) -> None:
        self.read_list(frozenset(), "")
        if self.at < self.end:
            self.fail(f"{self.peek()!r} stands where no command can begin.")
        if self.pending:
            self.fail("A here-document has no body.")

    def read_list(self, closers: frozenset[str], bracket: str) -> str:
        """Commands up to a closing reserved word (returned, not taken) or bracket; "" at the end."""
        self.budget.depth -= 1
        if self.budget.depth < 0:
            self.fail("It is nested too deep.")
        count = 0
        while True:
            self.skip_lines()
            if self.at >= self.end or (bracket and self.starts(bracket)):
                break
            closer = self.peek_reserved()
            if closer in closers:
                if not count:
                    self.fail("A list of commands is empty.")
                self.budget.depth += 1
                return closer
            self.read_and_or()
            count += 1
            self.skip_blanks()
            if not self.take_separator(bracket):
                break
        self.budget.depth += 1
        return ""

    def take_separator(self, bracket: str) -> bool:
        """`;`, `&` or the end of a line; False when the list has to end here."""
        character = self.peek()
        if character == ";" and self.peek(1) != ";":
            self.at += 1
            return True
        if character == "&" and self.peek(1) not in {"&", ">"}:
            self.at += 1
            return True
        if character == "\n":
            return True
        if character == ";" and bracket == ";;":
            return False
        if not character or (bracket and self.starts(bracket)):
            return False
        return self.fail(f"{character!r} stands where a command should have ended.")

    def read_and_or(self) -> None:
        while True:
            self.read_pipeline()
            self.skip_blanks()
            if not (self.starts("&&") or self.starts("||")):
                return
            self.at += 2
            self.skip_lines()

    def read_pipeline(self) -> None:
        self.skip_blanks()
        if self.peek() == "!" and self.peek(1) in BLANKS and self.peek(1):
            self.at += 1
            self.skip_blanks()
        while True:
            self.read_command()
            self.skip_blanks()
            if self.peek() != "|" or self.peek(1) == "|":
                return
            self.at += 2 if self.peek(1) == "&" else 1
            self.skip_lines()

    # Commands -------------------------------------------------------------------------------------

    def read_command(self) -> None:
        self.budget.spend()
        self.skip_blanks()
        if self.peek() == "(":
            if self.peek(1) == "(":
                self.fail("An arithmetic command.")
            self.at += 1
            self.read_body_until_bracket()
            self.read_trailing_redirects()
            return
        word = self.peek_reserved()
        if word in OPENERS:
            self.read_compound(word)
        elif word in RESERVED:
            self.fail(f"{word!r} stands where a command should begin.")
        else:
            self.read_simple()

    def read_body_until_bracket(self) -> None:
        """A list and its closing bracket; here-documents may not reach out of it."""
        waiting = len(self.pending)
        self.read_list(frozenset(), ")")
        if len(self.pending) > waiting:
            self.fail("A here-document that is not over when its bracket closes.")
        self.take(")")

    def read_compound(self, word: str) -> None:
        match word:
            case "{":
                self.take_word("{")
                self.read_list_until("}")
                self.take_word("}")
            case "if":
                self.take_word("if")
                self.read_if()
            case "while" | "until":
                self.take_word(word)
                self.read_list_until("do")
                self.read_do_group()
            case "for":
                self.take_word("for")
                self.read_for()
            case "case":
                self.take_word("case")
                self.read_case()
            case "function":
                self.take_word("function")
                self.skip_blanks()
                self.take_name()
                self.skip_blanks()
                if self.peek() == "(":
                    self.take("(")
                    self.skip_blanks()
                    self.take(")")
                self.read_function_body()
                return
            case "[[":
                self.read_test()
            case _:
                self.fail(f"{word!r} is not followed.")
        self.read_trailing_redirects()

    def read_if(self) -> None:
        self.read_list_until("then")
        self.take_word("then")
        closer = self.read_list(frozenset({"elif", "else", "fi"}), "")
        while closer == "elif":
            self.take_word("elif")
            self.read_list_until("then")
            self.take_word("then")
            closer = self.read_list(frozenset({"elif", "else", "fi"}), "")
        if closer == "else":
            self.take_word("else")
            self.read_list_until("fi")
        self.take_word("fi")

    def read_for(self) -> None:
        self.skip_blanks()
        start = self.at
        self.take_name()
        name = self.source[start : self.at]
        if not LOOP_NAME.fullmatch(name):
            self.fail("A loop over a variable that programs may obey.")
        self.skip_lines()
        self.take_word("in")
        values: list[Word] = []
        while True:
            self.skip_blanks()
            if self.peek() in {";", "\n", ""}:
                break
            values += self.read_words_of_list()
        if self.peek() == ";":
            self.at += 1
        self.skip_lines()
        self.read_body_of_loop(name, values)

    def read_body_of_loop(self, name: str, values: list[Word]) -> None:
        """Once for each value when these are known and the body can't change them, else once for all."""
        start, first = self.at, len(self.commands)
        outer = self.bound.pop(name, None)
        self.read_do_group()
        if is_followed(name, values, self.source[start : self.at], self.commands[first:]):
            del self.commands[first:]
            for value in values:
                self.at = start
                self.bound[name] = value
                self.read_do_group()
            del self.bound[name]
        if outer is not None:
            self.bound[name] = outer

    def read_words_of_list(self) -> list[Word]:
        if self.peek() in META and self.peek() not in "<>":
            self.fail(f"{self.peek()!r} stands in a list of words.")
        if self.peek() in "<>" and self.peek(1) != "(":
            self.fail("A redirect stands in a list of words.")
        return self.read_word()

    def read_do_group(self) -> None:
        self.take_word("do")
        self.read_list_until("done")
        self.take_word("done")

    def read_case(self) -> None:
        self.skip_blanks()
        self.read_word()
        self.skip_lines()
        self.take_word("in")
        while True:
            self.skip_lines()
            if self.peek_reserved() == "esac":
                self.take_word("esac")
                return
            if self.peek() == "(":
                self.at += 1
            while True:
                self.skip_blanks()
                self.read_words_of_list()
                self.skip_blanks()
                if self.peek() != "|":
                    break
                self.at += 1
            self.take(")")
            self.skip_lines()
            if not self.starts(";;") and self.peek_reserved() != "esac":
                self.read_list(frozenset({"esac"}), ";;")
            self.skip_lines()
            if self.starts(";;"):
                self.at += 2
                if self.peek() == "&":
                    self.fail("A case that falls through.")

    def read_list_until(self, closer: str) -> None:
        if self.read_list(frozenset({closer}), "") != closer:
            self.fail(f"{closer!r} is missing.")

    def read_function_body(self) -> None:
        self.skip_lines()
        if self.peek() != "(" and self.peek_reserved() != "{":
            self.fail("A function without a body in braces.")
        self.read_command()

    def read_test(self) -> None:
        """`[[ … ]]`, words and && || only; what only it can do is not followed."""
        start = self.at
        words = [self.take_test_word()]
        while True:
            self.skip_blanks()
            if self.starts("&&") or self.starts("||"):
                self.at += 2
                continue
            if self.peek() in META or not self.peek():
                self.fail("A test that is more than words.")
            word = self.read_word()[0]
            if word.text == "=~" and not word.is_quoted:
                self.fail("A test against a regular expression.")
            words.append(word)
            if word.text == "]]" and not word.is_quoted:
                break
        self.add(SimpleCommand(tuple(words), start=start, end=self.at))

    def take_test_word(self) -> Word:
        word = Word("[[", self.at, self.at + 2)
        self.at += 2
        return word

    def read_trailing_redirects(self) -> None:
        """Of a compound command: on record as a command without words."""
        start = self.at
        redirects: list[Redirect] = []
        while True:
            self.skip_blanks()
            if not self.take_redirect(redirects):
                break
        if redirects:
            self.add(SimpleCommand((), (), tuple(redirects), redirects[0].start, self.at), redirects)
        elif self.at != start and self.peek() and self.peek() not in META:
            self.fail("A word follows a compound command.")

    # Inside words and here-documents --------------------------------------------------------------

    def read_substitution(self) -> None:
        start = self.at
        waiting, self.pending = self.pending, []
        self.at += 2
        self.read_body_until_bracket()
        self.pending = waiting
        self.refuse_waiting(self.source[start : self.at])

    def read_inner(self, start: int, end: int) -> None:
        inner = StrictReader(self.source, self.budget, start, end)
        inner.bound = self.bound
        inner.read_all()
        self.commands += inner.commands

    def read_expanded(self, start: int, end: int) -> str:
        inner = StrictReader(self.source, self.budget, start, end)
        inner.bound = self.bound
        text = inner.read_quoted("")
        self.commands += inner.commands
        return text

    # Reserved words -------------------------------------------------------------------------------

    def peek_reserved(self) -> str:
        """The reserved word that stands here as a whole word, else ""."""
        position = self.at
        while position < self.end and self.source[position] not in META:
            position += 1
            if position - self.at > 8:
                return ""
        word = self.source[self.at : position]
        return word if word in RESERVED else ""

    def take_word(self, word: str) -> None:
        if self.peek_reserved() != word:
            self.fail(f"{word!r} is missing.")
        self.at += len(word)
