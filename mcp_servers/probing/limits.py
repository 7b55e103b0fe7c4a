"""Bounds of one probe, and what is said when one is passed."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcp_servers.sandbox.interface import MIB, SandboxLimits


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """`wall_s` is for everything, from the start on."""

    wall_s: float = 30.0
    output_bytes: int = 8 * MIB
    errors_bytes: int = 8 * MIB
    pages: int = 50
    items: int = 2000
    sandbox: SandboxLimits = field(default_factory=SandboxLimits)


DEFAULT_LIMITS = ProbeLimits()


class ProbeError(Exception):
    """Nothing is known of what the server offers. `reason` is a code, the message a sentence for people.

    Reasons: no_sandbox, not_started, ended, too_slow, too_much, protocol, refused, unreachable.
    """

    def __init__(self, reason: str, sentence: str, *, said: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        # The end of what it wrote to its error stream: not to be trusted, and useful.
        self.said = said
