"""Rules of the house that no linter knows."""

import sys
from importlib.metadata import packages_distributions

from tests.helpers.paths import ROOT


def test_nothing_at_the_top_of_the_dashboard_hides_a_library() -> None:
    """Streamlit puts dashboard/ first on the path: any library's `import NAME` would load ours."""
    ours = {package.parent.name for package in ROOT.glob("*/__init__.py")}
    libraries = {*packages_distributions(), *sys.stdlib_module_names}
    assert not {path.stem for path in (ROOT / "dashboard").iterdir()} & (libraries | ours)
