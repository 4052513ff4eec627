// Plain data -> SVG: the mood of the last half hour, and the forecast of the next five minutes.
// x: time, a step is a window of 30 s; y: -1 to 1, or a close-up of it that says so. A window is
// drawn at its middle.

import { draw } from "./dom.js";
import { cutoffOf, isSilent, isUnseen, STEPS, WINDOW_MS, WINDOWS } from "./mood.js";

const LABEL_EVERY = 600_000; // ms between times on the x axis
const round = (value) => Math.round(value * 100) / 100;

/** Sizes in px: of the panel, and of what lies over the video. `letter`: a Latin one's, at most. */
export const LARGE = { width: 294, height: 152, left: 20, right: 2, top: 8, bottom: 20, letter: 6 };
export const SMALL = { width: 236, height: 96, left: 18, right: 2, top: 6, bottom: 17, letter: 5.6 };

const WIDE = /[\u2e80-\uffff]/g; // letters of Chinese and Japanese: as wide as they are high
const WIDE_LETTER = 10; // px

/** The width of a label, at most. */
function widthOf(label, { letter }) {
  const wide = label.match(WIDE)?.length ?? 0;
  return wide * WIDE_LETTER + (label.length - wide) * letter;
}

const WHOLE = 1; // the mood's own range is from -1 to 1
const CLOSE_UPS = [0.1, 0.2, 0.3, 0.4, 0.5];

/** How far from 0 a close-up reaches: the nearest one that cuts nothing off, else the whole. */
export function closeUpOf({ history, forecast }) {
  const drawn = [
    ...history.map(({ mood }) => mood ?? 0),
    ...(forecast?.steps ?? []).flatMap(({ low, high }) => [low, high]),
  ];
  const furthest = Math.max(...drawn.map(Math.abs));
  return CLOSE_UPS.find((reach) => furthest <= reach) ?? WHOLE;
}

const plotOf = ({ width, height, left, right, top, bottom }) => ({
  left,
  right: width - right,
  top,
  bottom: height - bottom,
});

/** Functions from ms and mood to px, for a chart of this size, "now" and reach from 0. */
export function scales(end, size = LARGE, reach = WHOLE) {
  const plot = plotOf(size);
  const from = end - WINDOWS * WINDOW_MS;
  const perMs = (plot.right - plot.left) / ((WINDOWS + STEPS) * WINDOW_MS);
  const middle = (plot.top + plot.bottom) / 2;
  return {
    ...{ size, plot, from, reach },
    x: (at) => round(plot.left + (at - from) * perMs),
    y: (mood) => round(middle - ((mood / reach) * (plot.bottom - plot.top)) / 2),
  };
}

/** Runs of windows that follow each other and share `what`: [[point, ...], ...]. */
function runs(history, what) {
  const found = [];
  let before = null;
  for (const point of history) {
    if (what(point)) {
      const goesOn = before && what(before) && point.at - before.at === WINDOW_MS;
      if (goesOn) found.at(-1).push(point);
      else found.push([point]);
    }
    before = point;
  }
  return found;
}

/** The history's path: one line for each unbroken run; a window alone is a dot. */
export function historyPath(history, { x, y }) {
  return runs(history, ({ mood }) => mood !== null)
    .map((run) => {
      const corners = run.map(({ at, mood }) => `${x(at + WINDOW_MS / 2)} ${y(mood)}`);
      return `M${corners.join("L")}${run.length === 1 ? "h0" : ""}`;
    })
    .join("");
}

/** Windows between gaps: as dots, since a line of one point can hardly be seen. */
function dots(history, { x, y }) {
  return runs(history, ({ mood }) => mood !== null)
    .filter((run) => run.length === 1)
    .map(([{ at, mood }]) =>
      draw("circle", { class: "mood-dot", cx: x(at + WINDOW_MS / 2), cy: y(mood), r: 1.75 }),
    );
}

/** Spans in px of the windows in which nobody spoke, and of those that nobody saw. */
export function gaps(history, { x }) {
  const spans = (what) =>
    runs(history, what).map((run) => [x(run[0].at), x(run.at(-1).at + WINDOW_MS)]);
  return {
    silent: spans(isSilent),
    unseen: spans(isUnseen),
  };
}

/** The forecast's middle as a path, and its 80 % band as a polygon's points. */
export function forecastShapes({ cutoff, steps }, { x, y }) {
  const at = (index) => x(cutoff + (index + 0.5) * WINDOW_MS);
  const upper = steps.map(({ high }, index) => `${at(index)},${y(high)}`);
  const lower = steps.map(({ low }, index) => `${at(index)},${y(low)}`);
  return {
    line: `M${steps.map(({ mid }, index) => `${at(index)} ${y(mid)}`).join("L")}`,
    band: [...upper, ...lower.reverse()].join(" "),
  };
}

function grid({ x, y, from, plot, reach }, end, number) {
  const lines = [1, 0.5, 0, -0.5, -1].map((part) => part * reach).map((mood) =>
    draw("line", {
      class: mood === 0 ? "zero" : "grid",
      x1: plot.left,
      x2: plot.right,
      y1: y(mood),
      y2: y(mood),
    }),
  );
  const names = [reach, 0, -reach].map((mood) =>
    draw("text", { class: "y-label", x: plot.left - 5, y: y(mood) + 3.5 }, number(mood)),
  );
  const ticks = [];
  for (let at = from; at <= end + STEPS * WINDOW_MS; at += WINDOW_MS) {
    const long = at % LABEL_EVERY === 0 ? 5 : 2.5;
    ticks.push(`M${x(at)} ${plot.bottom}v${long}`);
  }
  return [...lines, ...names, draw("path", { class: "ticks", d: ticks.join("") })];
}

function times({ x, from, plot, size }, end, words) {
  const made = [];
  for (let at = Math.ceil(from / LABEL_EVERY) * LABEL_EVERY; at < end; at += LABEL_EVERY) {
    const label = words.time(at);
    const half = widthOf(label, size) / 2;
    const free = x(end) - widthOf(words.now, size) / 2 - size.letter;
    if (x(at) - half < plot.left - 8 || x(at) + half > free) continue;
    made.push(draw("text", { class: "x-label", x: x(at), y: size.height - 4 }, label));
  }
  return made;
}

/** Says that what is drawn is not the whole range, beside the line of now. */
function closeUpLabel({ x, plot }, end, text) {
  const at = { class: "side close-up", x: x(end) - 5, y: plot.top + 11 };
  return text ? [draw("text", at, text)] : [];
}

function nowLine({ x, plot, size }, end, label) {
  const line = { class: "now", x1: x(end), x2: x(end), y1: plot.top - 4, y2: plot.bottom + 5 };
  return [
    draw("line", line),
    draw("text", { class: "x-label now-label", x: x(end), y: size.height - 4 }, label),
  ];
}

function bands(spans, kind, top, height) {
  return spans.map(([from, to]) =>
    draw("rect", { class: kind, x: from, y: top, width: round(to - from), height }),
  );
}

/** An unseen column over each window: pointing at it tells what is there. */
function columns(history, { x, plot }, words) {
  return history.map((point) => {
    const from = x(point.at);
    const width = round(x(point.at + WINDOW_MS) - from);
    const height = plot.bottom - plot.top;
    const column = draw("rect", { class: "column", x: from, y: plot.top, width, height });
    column.append(draw("title", {}, words.window(point)));
    return column;
  });
}

function forecastNodes(forecast, scale) {
  if (!forecast) return [];
  const { line, band } = forecastShapes(forecast, scale);
  return [
    draw("polygon", { class: "band", points: band }),
    draw("path", { class: "forecast-line", d: line }),
  ];
}

function hatching() {
  const pattern = draw("pattern", {
    id: "hatch",
    width: 5,
    height: 5,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(draw("line", { class: "hatch", y2: 5 }));
  const definitions = draw("defs");
  definitions.append(pattern);
  return definitions;
}

/**
 * The chart as an <svg>. mood: {history, forecast} of mood.js; words: {time(ms),
 * window(point), number(mood), title, description, positive, negative, now, closeUp}: every text
 * in it. reach: how far from 0 it is drawn.
 */
export function chart({ history, forecast }, words, size = LARGE, reach = WHOLE) {
  const end = cutoffOf(history);
  const scale = scales(end, size, reach);
  const { plot } = scale;
  const { silent, unseen } = gaps(history, scale);
  return draw(
    "svg",
    {
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "img",
      "aria-labelledby": "chart-title",
      "aria-describedby": "chart-text",
    },
    draw("title", { id: "chart-title" }, words.title),
    draw("desc", { id: "chart-text" }, words.description),
    hatching(),
    ...bands(unseen, "unseen", plot.top, plot.bottom - plot.top),
    ...grid(scale, end, words.number ?? String),
    ...bands(silent, "silent", plot.bottom - 3, 3),
    ...times(scale, end, words),
    draw("text", { class: "side", x: plot.left + 4, y: plot.top + 11 }, words.positive),
    draw("text", { class: "side", x: plot.left + 4, y: plot.bottom - 7 }, words.negative),
    ...closeUpLabel(scale, end, words.closeUp),
    ...nowLine(scale, end, words.now),
    ...forecastNodes(forecast, scale),
    draw("path", { class: "mood-line", d: historyPath(history, scale) }),
    ...dots(history, scale),
    ...columns(history, scale, words),
  );
}
