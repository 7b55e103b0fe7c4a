"""How much attention an approval needs, told from the request alone by fixed rules.

Deterministic, and only ever raised: nothing here lowers a risk, and no model has a say. What can't be told is
high. The matcher says what a call could do (`governance/matching/risk.py`); here it meets the request.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from governance.calls import read_call
from governance.content import Finding, RequestContent
from governance.enums import Risk
from governance.matching.calls import BASH
from governance.matching.risk import assess_call
from governance.matching.verdicts import RiskFinding


def judge_risk(content: RequestContent, *, findings: Collection[Finding], arguments_known: bool) -> Risk:
    """`findings` are all that the request has, also those that its content does not show."""
    is_high = bool(findings) or not arguments_known or bool(list_dangers(content))
    return Risk.HIGH if is_high else Risk.NORMAL


def list_risks(content: RequestContent) -> list[RiskFinding]:
    """All that the call could do, also what is only worth a word."""
    call = read_call(content)
    found = list(assess_call(call))
    if content.command and content.permission != BASH:
        found += assess_call(replace(call, permission=BASH, command=content.command))
    return list(dict.fromkeys(found))


def list_dangers(content: RequestContent) -> list[RiskFinding]:
    """What makes it a request to look at twice; empty when nothing does."""
    return [risk for risk in list_risks(content) if risk.is_serious]


# What everybody can type on any keyboard.
TYPEABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,29}")
ANY_WORD = "approve"


def choose_confirmation_word(content: RequestContent) -> str:
    """The word to type before approving it: the first dangerous one that the command names."""
    words = (reason.word for reason in list_dangers(content))
    return next((word for word in words if TYPEABLE.fullmatch(word)), ANY_WORD)
