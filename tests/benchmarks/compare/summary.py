"""The comparison as Markdown: a section a part, its figures from the reports alone."""

from statistics import fmean, stdev
from typing import Any

from models.judging.comparisons import networks
from models.judging.report import SHOWN, show, step_name, table
from warehouse.figures import percent

SEEDED = "lightgbm"
COMPARED = (("squared", "nmse", "squared error"), ("crps", "crps", "CRPS"))
Part = dict[str, Any]


def markdown(parts: dict[str, Part], notes: list[str]) -> str:
    lines = ["# Comparison of forecasters", "", *(f"- {note}" for note in notes)]
    for name, part in parts.items():
        of = part["all"]
        title = f"## {name}: {of['cutoffs']} cutoffs, {of['streams']} streams"
        lines += ["", title, "", *_skills(of)]
        for key, figure, what in COMPARED:
            lines += ["", *_against(part, key, figure, what)]
    return "\n".join([*lines, ""])


def _skills(of: Part) -> list[str]:
    heads = ["latent skill", *map(step_name, SHOWN), "80 %", "95 %", "CRPS"]
    return table(heads, [_row(name, found) for name, found in _grouped(of["models"]).items()])


def _grouped(models: dict[str, Any]) -> dict[str, list[Any]]:
    """Models by name, those that differ by their seed alone together."""
    out: dict[str, list[Any]] = {}
    for name, figures in models.items():
        out.setdefault(SEEDED if name.startswith(SEEDED) else name, []).append(figures)
    return out


def _row(name: str, seeds: list[Any]) -> list[str]:
    skills = [_mean([f["latent_skill"][h] for f in seeds]) for h in SHOWN]
    held = [percent(fmean(f[k][1] for f in seeds), 1) for k in ("coverage80", "coverage95")]
    label = f"{name}, {len(seeds)} seeds" if len(seeds) > 1 else name
    return [label, *skills, *held, show(fmean(f["crps"][1] for f in seeds), 4)]


def _mean(values: list[float | None]) -> str:
    if None in values:
        return "-"
    more = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{more}"


def _against(part: Part, key: str, figure: str, what: str) -> list[str]:
    """Every network's error less each rival's; of seeds the mean, and the range of p."""
    rows = []
    for model in networks(part["all"]["models"]):
        rivals = {p["rival"]: p for p in part["comparisons"] if p["model"] == model}
        for name, pairs in _grouped(rivals).items():
            changes = (_change(part, pairs, key, figure, h) for h in SHOWN)
            rows.append([f"{model} - {name}", *changes])
    return table([f"{what}, % of the rival's (p)", *map(step_name, SHOWN)], rows)


def _change(part: Part, pairs: list[Any], key: str, figure: str, step: int) -> str:
    usual = part["all"]["models"]
    chance = [p[key]["p"][step] for p in pairs]
    if None in chance or not all(usual[p["rival"]][figure][step] for p in pairs):
        return "-"
    off = [100 * p[key]["difference"][step] / usual[p["rival"]][figure][step]
           for p in pairs]  # fmt: skip
    if len(pairs) == 1:
        return f"{off[0]:+.2f} ({chance[0]:.4f})"
    return f"{fmean(off):+.2f} ({min(chance):.4f} to {max(chance):.4f})"
