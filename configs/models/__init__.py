from configs.models.configured import Configured
from configs.models.label import ConfigLabel, LabelChange, LabelPolicy
from configs.models.objects import Agent, Instruction, Model, Prompt, Provider, ToolRules
from configs.models.version import ConfigVersion

__all__ = [
    "Agent",
    "ConfigLabel",
    "ConfigVersion",
    "Configured",
    "Instruction",
    "LabelChange",
    "LabelPolicy",
    "Model",
    "Prompt",
    "Provider",
    "ToolRules",
]
