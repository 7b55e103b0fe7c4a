"""Django's settings: everything comes from the environment, through the typed reader in `portal.env`.

Without any variable this is one process on loopback with SQLite and no Redis. DATABASE_URL and
REDIS_URL turn it into a cluster; every variable is documented in `portal.env.KNOWN`.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from portal.binding import parse_bind, refuse_unready_bind
from portal.csp import POLICY
from portal.databases import build_database
from portal.env import Environment
from portal.logging import build_logging
from portal.secret_key import read_or_make_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# Where it runs -------------------------------------------------------------------------------------
DEBUG = env.read_bool("COUNTERSIGN_DEBUG", False)
COUNTERSIGN_DATA_DIR = env.read_path("COUNTERSIGN_DATA_DIR", BASE_DIR / "var" / "data", base=BASE_DIR)
COUNTERSIGN_KEYS_FILE = env.read_path(
    "COUNTERSIGN_KEYS_FILE", BASE_DIR / "var" / "keys" / "countersign.keys", base=BASE_DIR
)
# Outside the data folder, so that losing or swapping the one leaves the other.
COUNTERSIGN_AUDIT_HEADS_FILE = env.read_path(
    "COUNTERSIGN_AUDIT_HEADS_FILE", COUNTERSIGN_DATA_DIR.parent / "audit" / "heads.jsonl", base=BASE_DIR
)
COUNTERSIGN_BIND = parse_bind(env.read_text("COUNTERSIGN_BIND", "127.0.0.1:8000"))
# Which of the settings that a wider bind requires a person gave; `manage.py up --bind` asks again.
COUNTERSIGN_GIVEN = frozenset(name for name in ("ALLOWED_HOSTS", "SECRET_KEY") if env.is_set(name))
refuse_unready_bind(COUNTERSIGN_BIND, given=COUNTERSIGN_GIVEN, debug=DEBUG)
COUNTERSIGN_PUBLIC_URL = env.read_url(
    "COUNTERSIGN_PUBLIC_URL", f"http://{COUNTERSIGN_BIND}", schemes=("https", "http")
)
IS_HTTPS = COUNTERSIGN_PUBLIC_URL.startswith("https://")
PUBLIC_HOST = urlsplit(COUNTERSIGN_PUBLIC_URL).hostname or "localhost"

COUNTERSIGN_WEB_THREADS = env.read_int("COUNTERSIGN_WEB_THREADS", 1, minimum=1, maximum=32)
COUNTERSIGN_MAX_BODY_BYTES = env.read_int(
    "COUNTERSIGN_MAX_BODY_BYTES", 2 * 1024 * 1024, minimum=1024, maximum=1024**3
)
COUNTERSIGN_RELAY = env.read_bool("COUNTERSIGN_RELAY", True)
COUNTERSIGN_STOP_DEADLINE_S = env.read_int("COUNTERSIGN_STOP_DEADLINE_S", 10, minimum=1, maximum=600)
COUNTERSIGN_PAUSE_AFTER_APPROVALS = env.read_int(
    "COUNTERSIGN_PAUSE_AFTER_APPROVALS", 10, minimum=0, maximum=1000
)
COUNTERSIGN_PAUSE_PACE_S = env.read_int("COUNTERSIGN_PAUSE_PACE_S", 5, minimum=1, maximum=3600)
COUNTERSIGN_PAUSE_WITHIN_MINUTES = env.read_int(
    "COUNTERSIGN_PAUSE_WITHIN_MINUTES", 5, minimum=1, maximum=1440
)
COUNTERSIGN_EGRESS_ALLOW = env.read_list("COUNTERSIGN_EGRESS_ALLOW", [])
COUNTERSIGN_MCP_PROGRAMS = env.read_list("COUNTERSIGN_MCP_PROGRAMS", [])
COUNTERSIGN_MCP_STORE = env.read_path("COUNTERSIGN_MCP_STORE", BASE_DIR / "var" / "mcp", base=BASE_DIR)
COUNTERSIGN_MONITORING_TOKEN = env.read_secret("COUNTERSIGN_MONITORING_TOKEN")
COUNTERSIGN_TRUST_PROXY_HEADERS = env.read_bool("COUNTERSIGN_TRUST_PROXY_HEADERS", False)
COUNTERSIGN_ACCESS_LOG = env.read_bool("COUNTERSIGN_ACCESS_LOG", False)

# Keys and hosts ------------------------------------------------------------------------------------
SECRET_KEY = env.read_secret("SECRET_KEY") or read_or_make_secret_key(
    COUNTERSIGN_KEYS_FILE.with_name("secret_key")
)
ALLOWED_HOSTS = env.read_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", PUBLIC_HOST])
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(COUNTERSIGN_PUBLIC_URL))]

# No rule can allow an agent to touch these: our keys, data and secrets, and what the operator names besides.
COUNTERSIGN_PROTECTED_PATHS = tuple(
    sorted(
        {
            COUNTERSIGN_DATA_DIR,
            COUNTERSIGN_AUDIT_HEADS_FILE,
            COUNTERSIGN_KEYS_FILE,
            COUNTERSIGN_KEYS_FILE.with_name("secret_key"),
            COUNTERSIGN_MCP_STORE,
            *env.list_secret_files(),
            *env.read_paths("COUNTERSIGN_PROTECTED_PATHS"),
        }
    )
)

# Rooms ---------------------------------------------------------------------------------------------
ROOMS = [
    "events",
    "accounts",
    "live",
    "reviews",
    "configs",
    "engines",
    "governance",
    "mcp_servers",
    "procedures",
    "chats",
    "relay",
    "releases",
    "health",
    "mcp_door",
    "portal",
]
INSTALLED_APPS = [
    *ROOMS,
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "portal.request_ids.RequestIdMiddleware",
    # Before hosts are checked: probes come with an address as their host name.
    "portal.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.csp_header.PolicyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data ----------------------------------------------------------------------------------------------
COUNTERSIGN_DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
DATABASES = {
    "default": build_database(
        env.read_secret("DATABASE_URL")
        or f"sqlite:///{quote(str(COUNTERSIGN_DATA_DIR / 'countersign.sqlite3'))}",
        base=BASE_DIR,
        sqlite_synchronous=env.read_choice("SQLITE_SYNCHRONOUS", ("FULL", "NORMAL"), "FULL"),
        pool_size=env.read_int("COUNTERSIGN_DATABASE_POOL_SIZE", 10, minimum=0, maximum=1000),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.read_secret("REDIS_URL")
CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "countersign",
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# People --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
COUNTERSIGN_LOGIN_COOL_OFF_S = env.read_int("COUNTERSIGN_LOGIN_COOL_OFF_S", 900, minimum=1, maximum=86400)
COUNTERSIGN_LOGIN_FAILURES = env.read_int("COUNTERSIGN_LOGIN_FAILURES", 5, minimum=1, maximum=1000)
COUNTERSIGN_LOGIN_FAILURES_PER_ADDRESS = env.read_int(
    "COUNTERSIGN_LOGIN_FAILURES_PER_ADDRESS", 30, minimum=1, maximum=100_000
)
COUNTERSIGN_LOGIN_FAILURES_PER_ACCOUNT = env.read_int(
    "COUNTERSIGN_LOGIN_FAILURES_PER_ACCOUNT", 100, minimum=1, maximum=100_000
)
LOGIN_REDIRECT_URL = "admin:index"

# Cookies and headers -------------------------------------------------------------------------------
# Browsers share cookies between ports of one host: on plain http the port keeps two portals apart.
# Over https the __Host- prefix has the browser refuse a cookie that another host or path has set.
COOKIE_PREFIX = "__Host-countersign" if IS_HTTPS else f"countersign_{COUNTERSIGN_BIND.port}"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}_csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = POLICY
CONTENT_SECURITY_POLICY = {"DIRECTIVES": SECURE_CSP}
DATA_UPLOAD_MAX_MEMORY_SIZE = COUNTERSIGN_MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# API -----------------------------------------------------------------------------------------------
COUNTERSIGN_API_CALLS_PER_MINUTE = env.read_int(
    "COUNTERSIGN_API_CALLS_PER_MINUTE", 6000, minimum=0, maximum=10**9
)
COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE = env.read_int(
    "COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE", 300, minimum=0, maximum=10**9
)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.bodies.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.api.bodies.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.bodies.OneFormNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["accounts.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.ProblemSchema",
    # The schema says what an endpoint takes; OPTIONS is answered 405.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "events.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "DESCRIPTION": "Control plane for AI coding agents: what needs a person's approval, and who gave it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "RequestStateEnum": "governance.enums.RequestState",
        "ReviewStateEnum": "reviews.enums.ReviewState",
        "ReplyStateEnum": "governance.enums.ReplyState",
        "RuleStateEnum": "governance.enums.RuleState",
        "RuleKindEnum": "governance.enums.RuleKind",
        "RuleEffectEnum": "governance.enums.RuleEffect",
        "TargetEffectEnum": "governance.enums.TargetEffect",
        "EngineStateEnum": "engines.enums.EngineState",
        "EngineKindEnum": "engines.enums.EngineKind",
        "SubagentKindEnum": "engines.enums.SubagentKind",
        "PromptStateEnum": "chats.enums.PromptState",
        "PartTypeEnum": "chats.api.message_serializers.PART_KINDS",
        "HealthStateEnum": "health.enums.HealthState",
        "UserKindEnum": "accounts.enums.UserKind",
        "RoleEnum": "accounts.enums.Role",
        "VerdictEnum": "reviews.enums.Verdict",
        "DoorEnum": "events.actors.Door",
        "ActorKindEnum": "events.actors.ActorKind",
        "MessageRoleEnum": "engines.enums.MessageRole",
        "StatusEnum": "engines.enums.SubagentStatus",
        "ModeEnum": "governance.enums.RuleMode",
        "AgentModeEnum": "configs.enums.AgentMode",
        "ConfigKindEnum": "configs.enums.ConfigKind",
        "ModelStatusEnum": "configs.enums.ModelStatus",
        "ModalityEnum": "configs.model_content.MODALITIES",
        "SourceEnum": "governance.enums.RequestSource",
        "QuestionSourceEnum": [("engine", "engine"), ("api", "API")],
        "QuestionStateEnum": "governance.enums.QuestionState",
        "SeverityEnum": [("error", "error"), ("warning", "warning")],
        "McpServerStateEnum": "mcp_servers.enums.ServerState",
        "McpRequestStateEnum": "mcp_servers.enums.RequestState",
        "McpRequestSourceEnum": "mcp_servers.enums.RequestSource",
        "McpSeverityEnum": "mcp_servers.enums.Severity",
        "McpProbeStateEnum": "mcp_servers.enums.ProbeState",
        "McpIncidentStateEnum": "mcp_servers.enums.IncidentState",
        "McpIncidentKindEnum": "mcp_servers.enums.IncidentKind",
        "McpSecretKindEnum": "mcp_servers.enums.SecretKind",
        "McpPackageKindEnum": "mcp_servers.content.PACKAGE_KINDS",
        "ProposalStateEnum": "procedures.enums.ProposalState",
        "SopStateEnum": "procedures.enums.SopState",
    },
}

# Static files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
IS_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Served from the apps' own folders until `collectstatic` has run.
WHITENOISE_USE_FINDERS = not IS_COLLECTED
# Such a file may change while it is served, and its length is otherwise remembered from the start: the
# new content would be cut short, or waited for in vain.
WHITENOISE_AUTOREFRESH = not IS_COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Language, time, logs ------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = build_logging(
    log_format=env.read_choice("COUNTERSIGN_LOG_FORMAT", ("text", "json"), "text"),
    level=env.read_choice("COUNTERSIGN_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
)
