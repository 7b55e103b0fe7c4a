from configs.models.catalogue import CatalogueModel
from configs.models.configured import Configured
from configs.models.imported_file import ImportedFile
from configs.models.label import ConfigLabel, LabelChange, LabelPolicy
from configs.models.objects import Agent, Instruction, Model, Prompt, Provider, ToolRules
from configs.models.version import ConfigVersion

__all__ = [
    "Agent",
    "CatalogueModel",
    "ConfigLabel",
    "ConfigVersion",
    "Configured",
    "ImportedFile",
    "Instruction",
    "LabelChange",
    "LabelPolicy",
    "Model",
    "Prompt",
    "Provider",
    "ToolRules",
]
