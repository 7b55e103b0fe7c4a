"""What a version of something configured says, apart from where it is stored. Pure: no Django.

Every content reads itself from a mapping (`read`, raising ContentError for the first wrong field) and writes
itself as JSON (`write`); reading what was written gives an equal content. Decimals are texts such as "0.1".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeAlias

from configs.content_reader import NAME, ContentError, ContentReader
from configs.content_writer import Written, names_of
from configs.model_content import ModelContent, PriceTier, read_options
from events.canonical import canonical_json

__all__ = [
    "NAME",
    "AgentContent",
    "ConfigSet",
    "Content",
    "ContentError",
    "EngineDefaultsContent",
    "InstructionContent",
    "ModelContent",
    "PriceTier",
    "PromptContent",
    "PromptVariable",
    "ProviderContent",
    "ToolRule",
    "ToolRulesContent",
    "hash_content",
    "read_content",
    "write_canonical",
]

MAX_BODY_BYTES = 256 * 1024
MAX_CONTENT_BYTES = 1024 * 1024
MAX_RULES = 2000
MAX_NAME_LENGTH = 120
MAX_DESCRIPTION_BYTES = 8 * 1024
MAX_PATTERN_LENGTH = 4000
MAX_TAGS = 50
MAX_VARIABLES = 100
MAX_SUBAGENTS = 500
MAX_TOOLS = 500
MAX_STEPS = 1_000_000

AGENT_MODES = ("primary", "subagent", "all")
RULE_ACTIONS = ("allow", "ask", "deny")
THEME_COLORS = ("primary", "secondary", "accent", "success", "warning", "error", "info")

VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Exactly so, without blanks: anything else between braces is text.
PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]{0,63})\}\}")
_COLOR = re.compile(rf"#[0-9a-fA-F]{{6}}|{'|'.join(THEME_COLORS)}")
_PERMISSION = re.compile(r"[A-Za-z0-9_*?@./:-]{1,120}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PACKAGE = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/._-]{0,199}")
_URL = re.compile(r"https?://[^\s{}\"'<>@]{1,500}")
_SHELL = re.compile(r"/[A-Za-z0-9_./+-]{1,254}|[A-Za-z0-9_.+-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVariable:
    """`default` None: every agent that uses the prompt gives a value of its own."""

    name: str
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptContent(Written):
    """A text for agents. `{{name}}` stands for a variable; values are put in once and never read again."""

    kind: ClassVar[str] = "prompt"
    name: str
    body: str = ""
    description: str = ""
    variables: tuple[PromptVariable, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        variables = reader.parts("variables", MAX_VARIABLES, read_variable)
        if len({variable.name for variable in variables}) != len(variables):
            raise reader.refuse("variables", "each variable stands here once.")
        return cls(
            name=reader.line("name", MAX_NAME_LENGTH, is_required=True),
            body=reader.body("body", MAX_BODY_BYTES),
            description=reader.body("description", MAX_DESCRIPTION_BYTES),
            variables=variables,
            tags=read_tags(reader),
        )

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The variables' names that the body uses, each once, in their order of appearance."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.body)))

    def fill(self, values: Mapping[str, str]) -> str:
        """The body with the given values, else the defaults; what has neither stays as it stands.

        One pass: a value that looks like a placeholder is text.
        """
        known = {item.name: item.default for item in self.variables if item.default is not None}
        known |= {item.name: values[item.name] for item in self.variables if item.name in values}
        return PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), self.body)


def read_variable(raw: Any, path: str) -> PromptVariable:
    reader = ContentReader(raw, names_of(PromptVariable), path)
    sentence = "use a-z, 0-9 and _, beginning with a letter, at most 64 characters."
    return PromptVariable(
        name=reader.matching("name", VARIABLE_NAME, sentence, is_required=True),
        default=None if reader.get("default", None) is None else reader.body("default", MAX_BODY_BYTES),
        description=reader.line("description", 1000),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionContent(Written):
    """A file that every agent reads: `instructions/NAME.md`."""

    kind: ClassVar[str] = "instruction"
    name: str
    body: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        return cls(name=reader.slug("name"), body=reader.body("body", MAX_BODY_BYTES), tags=read_tags(reader))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContent(Written):
    """Where models come from. `name` is the engine's id for it; `package` "" when the engine knows it.

    `api_key_env` names the environment variable of the engine that holds the key: never a key.
    """

    kind: ClassVar[str] = "provider"
    name: str
    display_name: str = ""
    package: str = ""
    base_url: str = ""
    api_key_env: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        return cls(
            name=reader.slug("name"),
            display_name=reader.line("display_name", MAX_NAME_LENGTH),
            package=reader.matching("package", _PACKAGE, "this is no package's name.", is_required=False),
            base_url=reader.matching(
                "base_url", _URL, "this is an http or https address without a login.", is_required=False
            ),
            api_key_env=reader.matching(
                "api_key_env",
                _ENVIRONMENT_NAME,
                "this is the name of an environment variable, never a key itself.",
                is_required=False,
            ),
            options=read_options(reader),
        )


@dataclass(frozen=True, slots=True)
class ToolRule:
    """One rule of an ordered list: the last one that matches decides. Globs as the engine knows them."""

    permission: str
    pattern: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRulesContent(Written):
    """The rules for every agent: one list for each team."""

    kind: ClassVar[str] = "tool_rules"
    name: str = "global"
    rules: tuple[ToolRule, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        if reader.text("name", "global") != "global":
            raise reader.refuse("name", "a team has one list of rules for every agent, called global.")
        return cls(rules=reader.parts("rules", MAX_RULES, read_rule))


def read_rule(raw: Any, path: str) -> ToolRule:
    reader = ContentReader(raw, names_of(ToolRule), path)
    permission = reader.matching(
        "permission", _PERMISSION, "this is a tool's permission, such as bash or *.", is_required=True
    )
    pattern = reader.check_line("pattern", reader.text("pattern"), MAX_PATTERN_LENGTH, is_required=True)
    return ToolRule(permission, pattern, reader.choice("action", RULE_ACTIONS, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentContent(Written):
    """`prompt` and `model` are ids ("" for none); `subagents` are names it may call, None for any.

    `options` go to the model's provider as they are; `steps` is how many rounds a turn has at most.
    """

    kind: ClassVar[str] = "agent"
    name: str
    description: str = ""
    mode: str = "all"
    prompt: str = ""
    prompt_values: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    variant: str = ""
    temperature: str | None = None
    top_p: str | None = None
    steps: int | None = None
    color: str = ""
    is_hidden: bool = False
    is_disabled: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    subagents: tuple[str, ...] | None = None
    tools: Mapping[str, bool] = field(default_factory=dict)
    rules: tuple[ToolRule, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        color = f"this is #RRGGBB or one of {', '.join(THEME_COLORS)}."
        is_open = reader.get("subagents", None) is None
        return cls(
            name=reader.slug("name"),
            description=reader.body("description", MAX_DESCRIPTION_BYTES),
            mode=reader.choice("mode", AGENT_MODES, "all"),
            prompt=reader.record_id("prompt"),
            prompt_values=read_prompt_values(reader),
            model=reader.record_id("model"),
            variant=reader.line("variant", 64),
            temperature=reader.decimal("temperature", most=2),
            top_p=reader.decimal("top_p", most=1),
            steps=reader.integer("steps", least=1, most=MAX_STEPS),
            color=reader.matching("color", _COLOR, color, is_required=False),
            is_hidden=reader.flag("is_hidden"),
            is_disabled=reader.flag("is_disabled"),
            options=read_agent_options(reader),
            subagents=None if is_open else reader.slugs("subagents", most=MAX_SUBAGENTS),
            tools=read_tools(reader),
            rules=reader.parts("rules", MAX_RULES, read_rule),
        )


# What the engine reads of an agent itself: as an option it would look set and reach the provider instead.
AGENT_KEYS = frozenset(
    {
        *("name", "description", "mode", "model", "variant", "temperature", "top_p", "prompt", "tools"),
        *("permission", "steps", "maxSteps", "color", "hidden", "disable", "options"),
    }
)


def read_agent_options(reader: ContentReader) -> Mapping[str, Any]:
    options = read_options(reader)
    for key in sorted(AGENT_KEYS & set(options)):
        raise reader.refuse(f"options.{key}", "this is no option; it has a field of its own.")
    return options


def read_prompt_values(reader: ContentReader) -> Mapping[str, str]:
    values = reader.mapping("prompt_values")
    inner = ContentReader(values, values, reader.at("prompt_values"))
    for name in values:
        if not VARIABLE_NAME.fullmatch(name):
            raise inner.refuse(name[:64], "this is no variable's name.")
    return {name: inner.body(name, MAX_BODY_BYTES) for name in values}


def read_tools(reader: ContentReader) -> Mapping[str, bool]:
    tools = reader.mapping("tools")
    if len(tools) > MAX_TOOLS:
        raise reader.refuse("tools", f"at most {MAX_TOOLS} entries.")
    inner = ContentReader(tools, tools, reader.at("tools"))
    for name in tools:
        if not _PERMISSION.fullmatch(name):
            raise inner.refuse(name[:64], "this is no tool's name.")
    return {name: inner.flag(name) for name in tools}


def read_tags(reader: ContentReader) -> tuple[str, ...]:
    return tuple(sorted(reader.lines("tags", most=MAX_TAGS, max_length=40)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDefaultsContent(Written):
    """What an engine uses when a chat names nothing. `model` and `small_model` are ids; "" leaves it open."""

    kind: ClassVar[str] = "engine_defaults"
    name: str = "defaults"
    default_agent: str = ""
    model: str = ""
    small_model: str = ""
    shell: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        return cls(
            default_agent=reader.slug("default_agent", is_required=False),
            model=reader.record_id("model"),
            small_model=reader.record_id("small_model"),
            shell=reader.matching("shell", _SHELL, "this is the path of a program.", is_required=False),
        )


Content: TypeAlias = (
    PromptContent
    | InstructionContent
    | ProviderContent
    | ModelContent
    | AgentContent
    | ToolRulesContent
    | EngineDefaultsContent
)

CONTENTS: Mapping[str, type[Content]] = {
    made.kind: made
    for made in (
        PromptContent,
        InstructionContent,
        ProviderContent,
        ModelContent,
        AgentContent,
        ToolRulesContent,
        EngineDefaultsContent,
    )
}


def read_content(kind: str, raw: Mapping[str, Any]) -> Content:
    """The content of this kind that `raw` says. Raises ContentError, also for one that is too large."""
    made = CONTENTS.get(kind)
    if made is None:
        raise ContentError("kind", f"there is no kind of the name {kind[:40]!r}.")
    content = made.read(raw)
    if len(write_canonical(content)) > MAX_CONTENT_BYTES:
        raise ContentError("content", f"all of it together has at most {MAX_CONTENT_BYTES // 1024} KB.")
    return content


def write_canonical(content: Content) -> bytes:
    return canonical_json(content.write()).encode()


def hash_content(content: Content) -> str:
    """SHA-256, hex, over the canonical JSON."""
    return hashlib.sha256(write_canonical(content)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSet:
    """Everything one render is made of, each by id, everybody's before the team's own.

    `versions` says of each which version it is; `shared` are the ids of what is everybody's.
    """

    prompts: Mapping[str, PromptContent] = field(default_factory=dict)
    instructions: Mapping[str, InstructionContent] = field(default_factory=dict)
    providers: Mapping[str, ProviderContent] = field(default_factory=dict)
    models: Mapping[str, ModelContent] = field(default_factory=dict)
    agents: Mapping[str, AgentContent] = field(default_factory=dict)
    tool_rules: Mapping[str, ToolRulesContent] = field(default_factory=dict)
    # {(kind, id): (number, content hash)}
    versions: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
