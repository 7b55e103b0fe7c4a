"""The second reader: the tree-sitter grammar of bash, which engines use as well.

It tells where commands, words, assignments and redirects stand; the first reader must have seen the same.
The grammar alone is not enough: it joins two lines in some inputs without an error node (0.25.1).
"""

from __future__ import annotations

import re

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from governance.matching.words import Budget, SimpleCommand, Spans

PARSER = Parser(Language(tree_sitter_bash.language()))

COMMANDS = frozenset({"command", "declaration_command", "unset_command"})
REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
# Nodes that hold others and say nothing more.
FRAMES = frozenset(
    {
        "program",
        "list",
        "pipeline",
        "subshell",
        "compound_statement",
        "if_statement",
        "elif_clause",
        "else_clause",
        "while_statement",
        "for_statement",
        "do_group",
        "case_statement",
        "case_item",
        "function_definition",
        "negated_command",
        "redirected_statement",
        "command_substitution",
        "process_substitution",
        "command_name",
        "concatenation",
        "string",
        "translated_string",
        "variable_assignments",
        "expansion",
        "arithmetic_expansion",
        "unary_expression",
        "binary_expression",
        "parenthesized_expression",
        "heredoc_body",
    }
)
LEAVES = frozenset(
    {
        "word",
        "number",
        "raw_string",
        "string_content",
        "ansi_c_string",
        "simple_expansion",
        "special_variable_name",
        "variable_name",
        "file_descriptor",
        "heredoc_start",
        "heredoc_content",
        "heredoc_end",
        "comment",
        "extglob_pattern",
        "regex",
        "test_operator",
        "brace_expression",
    }
)


NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class GrammarReader:
    """One reading of a source that the first reader has understood.

    The grammar's scanner asks C's isdigit about any character, which is out of bounds beyond ASCII and can
    end the process (0.25.1): other characters, which mean nothing to a shell, are given to it as letters.
    """

    def __init__(self, source: str, budget: Budget) -> None:
        self.budget = budget
        data = (source if source.isascii() else NOT_ASCII.sub("x", source)).encode()
        self.commands: list[int] = []
        self.words: list[tuple[int, int]] = []
        self.assignments: list[tuple[int, int]] = []
        self.redirects: list[tuple[str, int]] = []
        self.problem = ""
        root = PARSER.parse(data).root_node
        if root.has_error:
            self.problem = "The shell's grammar does not fit it."
        self.walk(root)

    @property
    def spans(self) -> Spans:
        return Spans(
            tuple(sorted(self.commands)),
            tuple(sorted(self.words)),
            tuple(sorted(self.assignments)),
            tuple(sorted(self.redirects)),
        )

    def walk(self, root: Node) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            self.budget.spend()
            kind = node.type
            if kind in COMMANDS:
                self.take_command(node)
            elif kind == "test_command":
                self.commands.append(node.start_byte)
            elif kind == "variable_assignment":
                self.take_assignment(node)
            elif kind in REDIRECTS:
                self.take_redirect(node)
            elif kind in LEAVES:
                if kind not in {"simple_expansion", "regex", "extglob_pattern"}:
                    continue
            elif kind not in FRAMES and node.is_named and not self.problem:
                self.problem = f"Holds {kind.replace('_', ' ')}, which is not followed."
            waiting.extend(node.children)

    def take_command(self, node: Node) -> None:
        is_first = True
        for child in node.children:
            kind = child.type
            if kind in REDIRECTS:
                continue
            if kind == "variable_assignment" and (is_first and node.type == "command"):
                continue
            if is_first:
                self.commands.append(child.start_byte)
                is_first = False
            self.words.append((child.start_byte, child.end_byte))
        if is_first:
            self.problem = self.problem or "A command without a name."

    def take_assignment(self, node: Node) -> None:
        parent = node.parent
        if parent is not None and parent.type == "declaration_command":
            return
        self.assignments.append((node.start_byte, node.end_byte))

    def take_redirect(self, node: Node) -> None:
        children = [child for child in node.children if child.type != "file_descriptor"]
        if not children:
            self.problem = self.problem or "A redirect without an operator."
            return
        self.redirects.append((children[0].type, node.start_byte))


def find_spans(commands: list[SimpleCommand]) -> Spans:
    """What the first reader saw, in the form in which the two are compared."""
    # Sets, since a loop's body is read once for each value.
    starts: set[int] = set()
    words: set[tuple[int, int]] = set()
    assignments: set[tuple[int, int]] = set()
    redirects: set[tuple[str, int]] = set()
    for command in commands:
        if command.words:
            starts.add(command.words[0].start)
            if command.name not in {"[", "[["}:
                words.update((word.start, word.end) for word in command.words)
        assignments.update((item.value.start, item.value.end) for item in command.assignments)
        redirects.update((item.operator, item.start) for item in command.redirects)
    return Spans(
        tuple(sorted(starts)), tuple(sorted(words)), tuple(sorted(assignments)), tuple(sorted(redirects))
    )


def explain_difference(first: Spans, second: Spans) -> str:
    """What the readers see differently, "" when they agree."""
    for name, mine, other in (
        ("commands", first.commands, second.commands),
        ("words", first.words, second.words),
        ("assignments", first.assignments, second.assignments),
        ("redirects", first.redirects, second.redirects),
    ):
        if mine != other:
            return f"Two readers see different {name}."
    return ""
