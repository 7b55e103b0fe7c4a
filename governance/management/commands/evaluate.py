from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from governance.matching.lines import LineEvaluator
from governance.matching.rules import RuleSet


class Command(BaseCommand):
    help = "Judge commands: one JSON object a line comes in, its verdict goes out."
    # It needs neither database nor settings of a portal, and is run over whole files.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Rules are not stored yet: a line without rules of its own is judged by none, and asked about.
        evaluator = LineEvaluator(lambda: RuleSet([]))
        for line in sys.stdin:
            if line.strip():
                self.stdout.write(evaluator.evaluate(line))
                self.stdout.flush()
