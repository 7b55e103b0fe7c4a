"""The tables as one."""

from __future__ import annotations

from collections.abc import Mapping

from governance.matching.tables.git import GIT
from governance.matching.tables.languages import LANGUAGES
from governance.matching.tables.network import NETWORK
from governance.matching.tables.programs import Program
from governance.matching.tables.unix import UNIX

PROGRAMS: Mapping[str, Program] = {**UNIX, **LANGUAGES, **NETWORK, "git": GIT}
