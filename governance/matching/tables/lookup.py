"""The tables as one."""

from __future__ import annotations

from collections.abc import Mapping

from governance.matching.tables.git import GIT
from governance.matching.tables.languages import LANGUAGES
from governance.matching.tables.network import NETWORK
from governance.matching.tables.packages import PACKAGES
from governance.matching.tables.programs import Program, runs, writes
from governance.matching.tables.tools import TOOLS
from governance.matching.tables.unix import UNIX

# Of a program that stands in no table: what options of these names mean everywhere.
ANY_PROGRAM = Program(
    options=(
        runs(
            "--exec --exec-batch --execute --eval --command --cmd --run-command --shell --pager "
            "--editor --browser "
            "--plugin --hook --pre --compress-program --use-compress-program --rsh --init-file --rcfile "
            "--require --preload --load --import --to-command --checkpoint-action --init-command "
            "--post-command "
            "--pre-command --on-error --startup-script",
            "may run a program",
        ),
        writes(
            "--output --output-file --outfile --out-file --log-file --logfile --in-place --inplace "
            "--output-dir",
            "may write a file",
            harmless=r"(?:json|yaml|yml|table|text|csv|xml|wide|name|github|plain|short|full|pretty|tsv|none|raw)",
        ),
    ),
    takes_abbreviations=False,
)
PROGRAMS: Mapping[str, Program] = {**UNIX, **LANGUAGES, **PACKAGES, **TOOLS, **NETWORK, "git": GIT}
