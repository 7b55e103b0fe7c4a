from releases.models.defaults import EngineDefaults
from releases.models.drift import Drift
from releases.models.publication import Publication, PublishLease
from releases.models.release import Release

__all__ = ["Drift", "EngineDefaults", "Publication", "PublishLease", "Release"]
