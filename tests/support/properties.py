"""How long Hypothesis looks: briefly in `make test`, long in `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

from tests.support.availability import is_ci

settings.register_profile(
    "test",
    max_examples=50,
    # Two busy cores: a slow example is no finding.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Without `explain`, which traces every line and makes a failing database test take minutes to report.
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
    # The same examples each time where a run must be repeatable; new ones at a desk.
    derandomize=is_ci(),
)
settings.register_profile("fuzz", settings.get_profile("test"), max_examples=3000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
