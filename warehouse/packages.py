"""Packages that running does without: a set of requirements/ each, brought by `make setup-SET`."""

from importlib.util import find_spec

from warehouse.errors import PackageMissing

# the modules that what is done with a set imports
SETS = {"train": ("tensorflow", "optuna"), "learn": ("gensim", "scipy", "sklearn")}


def require_packages(name: str) -> None:
    """Raises PackageMissing where the set is not installed; name: train or learn."""
    missing = [module for module in SETS[name] if find_spec(module) is None]
    if missing:
        raise PackageMissing(
            f"{name}ing needs {', '.join(missing)}; make setup-{name} installs what is missing"
        )
