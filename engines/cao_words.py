"""What a CAO server's words mean in the ledger (seen in version 2.5.4). A word not listed says nothing."""

from __future__ import annotations

from engines.enums import SubagentKind, SubagentStatus

# `GET /terminals/{id}`; `unknown` says nothing.
OF_TERMINALS = {
    "idle": SubagentStatus.STARTING,
    "processing": SubagentStatus.RUNNING,
    "completed": SubagentStatus.COMPLETED,
    "waiting_user_answer": SubagentStatus.WAITING_HUMAN,
    "error": SubagentStatus.FAILED,
}
# `terminals.initial_delivery`: whether an assignment has reached its worker.
OF_DELIVERIES = {
    "pending": SubagentStatus.QUEUED,
    "delivered": SubagentStatus.RUNNING,
    "failed": SubagentStatus.FAILED,
}
# `handoff_results.state`
OF_HANDOFFS = {
    "running": SubagentStatus.RUNNING,
    "completed": SubagentStatus.COMPLETED,
    "error": SubagentStatus.FAILED,
}
# `workflow_run.state`
OF_RUNS = {
    "running": SubagentStatus.RUNNING,
    "completed": SubagentStatus.COMPLETED,
    "failed": SubagentStatus.FAILED,
    "cancelled": SubagentStatus.CANCELLED,
}
# `workflow_run_step.state`; the two authorised ones wait for their run to be resumed.
OF_STEPS = {
    "pending": SubagentStatus.QUEUED,
    "running": SubagentStatus.RUNNING,
    "completed": SubagentStatus.COMPLETED,
    "completed_unvalidated": SubagentStatus.COMPLETED,
    "failed": SubagentStatus.FAILED,
    "skipped": SubagentStatus.CANCELLED,
    "rerun_authorized": SubagentStatus.QUEUED,
    "replay_authorized": SubagentStatus.QUEUED,
}


def read_live_word(kind: SubagentKind, word: str) -> SubagentStatus | None:
    """A terminal that nobody delegated to has turns, not a task: the end of one is not its end."""
    status = OF_TERMINALS.get(word)
    if kind == SubagentKind.CAO_TERMINAL and status == SubagentStatus.COMPLETED:
        return SubagentStatus.RUNNING
    return status


# How a CAO provider keeps a tool from an agent: what is only asked for in the prompt is a wish.
ENFORCEMENT = {
    **dict.fromkeys(("claude_code", "kiro_cli", "copilot_cli", "opencode_cli", "grok_cli"), "native"),
    **dict.fromkeys(("kimi_cli", "codex", "antigravity_cli", "omp", "mcode"), "prompt only"),
    **dict.fromkeys(("hermes", "cursor_cli", "mock_cli"), "none"),
}


def describe_enforcement(provider: str) -> str:
    """How far a denied tool is denied under this provider, for people."""
    return {
        "native": "denied tools are kept away by the provider",
        "prompt only": "denied tools are only asked for in the prompt",
        "none": "denied tools are not kept away",
    }.get(ENFORCEMENT.get(provider, ""), "whether denied tools are kept away is not known")
