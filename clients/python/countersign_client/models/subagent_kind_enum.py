# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SubagentKindEnum(StrEnum):
    CAO_ASSIGN = "cao_assign"
    CAO_FLOW = "cao_flow"
    CAO_HANDOFF = "cao_handoff"
    CAO_TERMINAL = "cao_terminal"
    CAO_WORKFLOW_RUN = "cao_workflow_run"
    CAO_WORKFLOW_STEP = "cao_workflow_step"
    OPENCODE_TASK = "opencode_task"

    def __str__(self) -> str:
        return str(self.value)
