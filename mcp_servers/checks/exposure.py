"""What a server is given of its surroundings: variables, references to the engine's own, paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcp_servers.checks.literal_secrets import iterate_values
from mcp_servers.checks.results import BLOCKING, HIGH, INFO, CheckResult, finding, passed
from mcp_servers.content import McpServerContent

ENVIRONMENT = "environment"
REFERENCES = "references"
PATHS = "paths"

# They decide which code a program loads.
_LOADING = re.compile(
    r"LD_[A-Z_]+|DYLD_[A-Z_]+|GCONV_PATH|MALLOC_[A-Z_]+|PATH|PYTHON(?!UNBUFFERED|UTF8|IOENCODING)[A-Z0-9_]+"
    r"|NODE_(?!ENV\b|NO_WARNINGS\b|TLS_|EXTRA_CA_CERTS\b|DEBUG\b)[A-Z_]+|BASH_ENV|ENV|IFS|SHELL|SHELLOPTS"
    r"|PROMPT_COMMAND|PERL5?[A-Z_]*|RUBY[A-Z_]*|GIT_(?:SSH|SSH_COMMAND|EXEC_PATH|CONFIG[A-Z0-9_]*|ASKPASS"
    r"|EDITOR|PAGER|PROXY_COMMAND|EXTERNAL_DIFF|TEMPLATE_DIR)|EDITOR|VISUAL|PAGER|BROWSER|JAVA_TOOL_OPTIONS"
    r"|(?:NPM_CONFIG|PIP|UV|YARN|BUN|DENO)_[A-Z0-9_]+",
    re.IGNORECASE,
)
# They are the engine's and ours; a server has no business with them.
_OURS = re.compile(r"(?:OPENCODE|COUNTERSIGN|DJANGO)_[A-Z0-9_]+", re.IGNORECASE)
# They lead what it sends another way, or stop it from looking whom it talks to.
_TRAFFIC = re.compile(
    r"(?:HTTPS?|ALL|FTP|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
    r"|NODE_TLS_[A-Z_]+|SSLKEYLOGFILE|HOSTALIASES|RESOLV_[A-Z_]+|HOME|TMPDIR|USER|LOGNAME|XDG_[A-Z_]+",
    re.IGNORECASE,
)
# Filled in by the engine, from its own environment or disk.
_ENGINE_REFERENCE = re.compile(r"\{(?:env|file):")
# Filled in by other programs that read an export.
_OTHER_REFERENCE = re.compile(r"\$\{[^}]*\}|\{\{[^}]*\}\}")

_TELLING_PATH = re.compile(
    r"(?:^|[=:,])(?:/(?:$|(?:etc|root|proc|sys|dev|boot|run|var/run|var/lib/docker)(?:$|/))|~|/home(?:/[^/]+)?/?$)"
    r"|/\.(?:ssh|aws|gnupg|kube|docker|config|netrc|git-credentials|npmrc|pypirc|env)\b"
    r"|docker\.sock|id_(?:rsa|ed25519)|(?:^|/)\.\.(?:/|$)"
)


def check_environment(content: McpServerContent) -> CheckResult:
    names = [variable.name for variable in content.environment]
    forbidden = [name for name in names if _LOADING.fullmatch(name) or _OURS.fullmatch(name)]
    if forbidden:
        return finding(
            ENVIRONMENT,
            BLOCKING,
            f"{', '.join(forbidden)} decides which code is loaded, or belongs to the engine.",
            names=forbidden,
        )
    risky = [name for name in names if _TRAFFIC.fullmatch(name)]
    if risky:
        return finding(
            ENVIRONMENT,
            HIGH,
            f"{', '.join(risky)} changes whom the server talks to or where it takes its files from.",
            names=risky,
        )
    said = f"It gets {', '.join(names)} and nothing else." if names else "It gets no variables at all."
    return passed(ENVIRONMENT, said, names=names)


def check_references(content: McpServerContent) -> CheckResult:
    """Texts in which another program would put in something of its own."""
    places = sorted({where for where, text in iterate_texts_of(content) if _ENGINE_REFERENCE.search(text)})
    if places:
        return finding(
            REFERENCES,
            BLOCKING,
            f"The engine would fill in something of its own in {', '.join(places)}; declare a secret.",
            places=places,
        )
    places = sorted({where for where, text in iterate_texts_of(content) if _OTHER_REFERENCE.search(text)})
    if places:
        return finding(
            REFERENCES,
            HIGH,
            f"Programs that read an export would fill in something of their own in {', '.join(places)}.",
            places=places,
        )
    return passed(REFERENCES, "Every value stands for itself.")


def iterate_texts_of(content: McpServerContent) -> Iterator[tuple[str, str]]:
    yield from ((where, text) for where, text in iterate_values(content) if where != "settings")
    yield from (("program", content.program), ("working directory", content.working_directory))


def check_paths(content: McpServerContent) -> CheckResult:
    """Places of the machine that the server is pointed at."""
    texts = [*content.arguments, *(variable.value for variable in content.environment)]
    given = sorted({text for text in (*texts, content.working_directory) if text.startswith(("/", "~"))})
    telling = sorted(
        {text[:200] for text in (*texts, content.working_directory) if _TELLING_PATH.search(text)}
    )
    if telling:
        return finding(PATHS, HIGH, f"It is pointed at {', '.join(telling)}.", paths=telling)
    if given:
        return finding(PATHS, INFO, f"It is pointed at {', '.join(given)}.", paths=given)
    return passed(PATHS, "It is pointed at no place of the machine.")
