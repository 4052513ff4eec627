"""report.json for a person: OUT/report.md. Every figure comes from the report, none from here."""

from collections.abc import Iterable, Sequence
from typing import Any

from models.inputs.targets import MOST_SPOKE
from models.judging.comparisons import BUSY_ABOVE, QUIET_BELOW, networks
from models.judging.tally import USUAL
from warehouse.figures import MISSING, fixed, percent, signed
from warehouse.forecast_metrics import REFERENCE
from warehouse.records import FIVE, HORIZON, STEPS

SHOWN = (FIVE, 1, 2, 3, 5, 10)  # steps
ENOUGH = 500  # targets below which a channel's coverage at a step is chance, not a finding
BAND_HEADS = ("80 %", "95 %", "width of 80 %")
MARKS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
Report = dict[str, Any]
Lines = list[str]


def markdown(report: Report) -> str:
    """The report as Markdown."""
    parts = [
        _judged(report),
        _skill(report),
        _rivals(report),
        _bands(report),
        _relative(report),
        _sizes(report),
        _channels(report),
    ]
    return "\n".join(line for part in parts for line in [*part, ""])


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """A Markdown table; every column but the first is right-aligned."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return ["| " + " | ".join(row) + " |" for row in [heads, rule, *rows]]


def show(value: float | None, digits: int = 3) -> str:
    return fixed(value, digits)


def step_name(step: int) -> str:
    return "five minutes" if step == FIVE else f"step {step}"


def _judged(report: Report) -> Lines:
    of = report["all"]
    lines = [
        "# Backtest",
        "",
        f"{of['cutoffs']} cutoffs in {of['streams']} streams of {len(report['channels'])} "
        "channels: at the end of every window from a stream's 60th on, each model forecast the "
        f"next {HORIZON} windows of 30 seconds, and the mean of all their messages together, and "
        "was judged by what came. Windows in which nobody spoke, or that were not seen whole, are "
        f"no targets, and five minutes where fewer than {MOST_SPOKE} windows have chat; the others "
        "count by their messages. "
        "Streams that a model was trained on are judged like any other: only channels held out "
        "from its training (see its card) say how good it is on new ones.",
    ]
    if report["too_short"]:
        lines += ["", f"Streams too short to judge: {report['too_short']}."]
    if report["left_out"]:
        lines += ["", f"Streams left out, since they make no sense: {len(report['left_out'])}", ""]
        lines += [f"- {why}" for why in report["left_out"]]
    return lines


def _skill(report: Report) -> Lines:
    """Latent skill; a network's is marked where it beats every baseline."""
    models = report["all"]["models"]
    rows = [
        [
            m,
            *(show(of["latent_skill"][h]) + beats_all(report["comparisons"], m, h) for h in SHOWN),
        ]
        for m, of in models.items()
    ]
    return [
        "## Latent skill",
        "",
        "The share of what can be known that is known: 1 is perfect, 0 is no better than the "
        "stream's running mean, below 0 is worse. Most of a window's mean is chance (it rests on "
        "few messages) and is taken off first.",
        "",
        *table(["model", *map(step_name, SHOWN)], rows),
        "",
        "Stars: better than every baseline, by the paired bootstrap over streams with p below "
        f"{', '.join(f'{p:g} ({mark})' for p, mark in reversed(MARKS))}, one-sided, each step by "
        "itself.",
    ]


def beats_all(comparisons: Sequence[Any], model: str, step: int) -> str:
    """The mark of the weakest p against a rival that is no network; '' where there is none."""
    p_values = [
        pair["squared"]["p"][step]
        for pair in comparisons
        if pair["model"] == model and not networks([pair["rival"]])
    ]
    return mark(max(p_values)) if p_values and None not in p_values else ""


def mark(p: float) -> str:
    return next((stars for limit, stars in MARKS if p < limit), "")


def _rivals(report: Report) -> Lines:
    """Every network's error and CRPS against each rival's, in per cent of the rival's."""
    if not report["comparisons"]:
        return ["## Against each rival", "", "No network was judged, or only one stream."]
    lines = [
        "## Against each rival",
        "",
        "A model's error less its rival's, in per cent of the rival's: below 0, the model is "
        "better. In brackets the 95 % interval, and p, the chance that it is not, had other "
        "streams been drawn. Squared error is mostly chance that no model can foresee, so small "
        "per cents are much.",
    ]
    for key, of, title in (("squared", "nmse", "squared error"), ("crps", "crps", "CRPS")):
        rows = [
            [
                f"{pair['model']} - {pair['rival']}",
                *(_change(report, pair, key, of, h) for h in SHOWN),
            ]
            for pair in report["comparisons"]
        ]
        lines += ["", *table([title, *map(step_name, SHOWN)], rows)]
    return lines


def _change(report: Report, pair: Any, key: str, figure: str, step: int) -> str:
    usual = report["all"]["models"][pair["rival"]][figure][step]
    values = [pair[key][k][step] for k in ("difference", "low", "high", "p")]
    if not usual or None in values:
        return MISSING
    off, low, high = (100 * v / usual for v in values[:3])
    return f"{signed(off, 1)} ({signed(low, 1)} to {signed(high, 1)}, p {values[3]:.4f})"


def _bands(report: Report) -> Lines:
    rows = []
    for m, of in report["all"]["models"].items():
        spans = [
            f"{percent(low, 1)} to {percent(high, 1)}" for low, high in map(_span, _coverages(of))
        ]
        five = [*(percent(values[FIVE], 1) for values in _coverages(of)), show(of["width80"][FIVE])]
        rows.append([m, *five, *spans, show(of["width80"][1]), show(of["crps"][1], 4)])
    lines = [
        "## Bands",
        "",
        "How many of 100 came out inside the band, each counting once: the nearer to its level, "
        "the more honest. First of the five minutes; then of the windows, least and most over the "
        "steps, with the width (in mood, −1 to 1) and CRPS (error of the whole distribution, lower "
        "is better) at step 1.",
        "",
        *table(["model", *(f"five minutes: {h}" for h in BAND_HEADS), *BAND_HEADS, "CRPS"], rows),
    ]
    for model in networks(report["all"]["models"]):
        lines += ["", *_worst(report, model)]
    return lines


def _coverages(of: Any) -> tuple[list[float | None], list[float | None]]:
    return of["coverage80"], of["coverage95"]


def _span(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    figures = [v for v in values[1:] if v is not None]
    return (min(figures), max(figures)) if figures else (None, None)


def _worst(report: Report, model: str) -> Lines:
    """The channel and step whose coverage is farthest from its level, of each band."""
    lines = []
    for key, level in (("coverage80", 0.80), ("coverage95", 0.95)):
        misses = [
            (abs(value - level), channel, step, value)
            for channel, of in report["channels"].items()
            for step, value, targets in zip(
                range(STEPS), of["models"][model][key], of["models"][model]["targets"], strict=True
            )
            if value is not None and targets >= ENOUGH
        ]
        if misses:
            off, channel, step, value = max(misses)
            lines.append(
                f"{model}, {percent(level)} band, farthest off: {percent(value, 1)} on {channel} "
                f"at {step_name(step)}, {100 * off:.1f} points from its level."
            )
    return lines or [f"{model}: no channel has {ENOUGH} targets, too few to name the worst."]


def _relative(report: Report) -> Lines:
    rows = []
    for m, of in report["all"]["models"].items():
        for name, key in (("CRPS", "crps_to_ewma"), ("messages", "volume_mae_to_ewma")):
            rows.append([f"{m}, {name}", *(show(of[key][h]) for h in SHOWN)])
    return [
        f"## Against {USUAL}",
        "",
        f"CRPS, and mean absolute error of the message count, divided by {USUAL}'s: below 1 is "
        "better.",
        "",
        *table(["model", *map(step_name, SHOWN)], rows),
    ]


def _sizes(report: Report) -> Lines:
    rows = []
    for name, of in report["sizes"].items():
        where = f"{name} ({len(of['channels'])} channels, {of['streams']} streams)"
        for m, figures in of["models"].items():
            if m != REFERENCE:
                skills = [
                    show(figures["latent_skill"][h]) + beats_all(of["comparisons"], m, h)
                    for h in SHOWN
                ]
                coverages = [percent(figures[k][FIVE], 1) for k in ("coverage80", "coverage95")]
                rows.append([f"{where}: {m}", *skills, *coverages])
    return [
        "## By how busy a channel is",
        "",
        f"Quiet: below {QUIET_BELOW:g} messages a window; busy: above {BUSY_ABOVE:g}. Latent skill "
        "by step, and the bands of the five minutes.",
        "",
        *table(["channels, model", *map(step_name, SHOWN), "80 %", "95 %"], rows),
    ]


def _channels(report: Report) -> Lines:
    lines = ["## By channel", "", "Latent skill by step, and the least and most of the bands."]
    for model in networks(report["all"]["models"]) or list(report["all"]["models"])[-1:]:
        rows = []
        for channel, of in report["channels"].items():
            figures = of["models"][model]
            skills = [show(figures["latent_skill"][h]) for h in SHOWN]
            coverages = [
                f"{percent(a, 1)} to {percent(b, 1)}" for a, b in map(_span, _coverages(figures))
            ]
            rows.append([channel, show(of["rate"], 1), str(of["cutoffs"]), *skills, *coverages])
        heads = [model, "messages", "cutoffs", *map(step_name, SHOWN), "80 %", "95 %"]
        lines += ["", *table(heads, rows)]
    return lines
