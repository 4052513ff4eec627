"""Packages that running does without: a set of requirements/ each, brought by `make setup-SET`."""

from importlib.util import find_spec

from warehouse.errors import PackageMissing

# the modules that what is done with a set imports
SETS = {
    "train": ("tensorflow", "optuna", "sklearn"),
    "machines": ("obstore", "nats", "boto3"),
}
_DOING = {"machines": "a queue or a bucket"}


def require_packages(name: str) -> None:
    """Raises PackageMissing where the set is not installed; name: train or machines."""
    missing = [module for module in SETS[name] if find_spec(module) is None]
    if missing:
        raise PackageMissing(
            f"{_DOING.get(name, f'{name}ing')} needs {', '.join(missing)}; "
            f"make setup-{name} installs what is missing"
        )
