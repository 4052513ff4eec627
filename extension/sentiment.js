// The chart with its legend, and the same in words and in tables for those who cannot see it.

import { chart, closeUpOf, LARGE } from "./chart.js";
import { make, put } from "./dom.js";
import { cutoffOf, gapsOf, isOn, WINDOW_MS } from "./mood.js";
import { heard } from "./outlook.js";

const KEYS = ["mood", "forecast", "silent", "unseen"];
const ROW = 10; // windows in a row of the table: five minutes

/** Mean of windows, weighted by messages, and their number: null and 0 where nobody spoke. */
function meanOf(windows) {
  const spokenIn = windows.filter(({ mood, n }) => mood !== null && n > 0);
  const n = spokenIn.reduce((sum, point) => sum + point.n, 0);
  const mean = spokenIn.reduce((sum, point) => sum + point.n * point.mood, 0) / n;
  return { n, mean: n ? mean : null };
}

/** From what to what the mood went in the half hour; "" where that cannot be told. */
function trend(history, words) {
  const [from, to] = [history.slice(0, ROW), history.slice(-ROW)].map((part) => meanOf(part).mean);
  if (history.length < 2 * ROW || from === null || to === null) return "";
  return words.say("chart.trend", { from: words.spoken(from), to: words.spoken(to) });
}

/** The chart in words. metrics: what the streamer shows; reach: how far from 0 it is drawn. */
function description({ history, forecast }, words, metrics, reach) {
  const spokenIn = history.filter(({ mood }) => mood !== null);
  const { silent, unseen, other } = gapsOf(history);
  const gap = (name, { length }) =>
    length ? words.say(`chart.${name}`, { span: words.minutes((length * WINDOW_MS) / 1000) }) : "";
  if (!spokenIn.length) return gap("other", other) || words.say("chart.nobody");
  const low = spokenIn.reduce((a, b) => (b.mood < a.mood ? b : a));
  const high = spokenIn.reduce((a, b) => (b.mood > a.mood ? b : a));
  const last = spokenIn.at(-1);
  return [
    words.say("chart.scale", { low: words.spoken(-reach), high: words.spoken(reach) }),
    trend(history, words),
    words.say("chart.last", { mood: words.spoken(last.mood), time: words.clock(last.at) }),
    words.say("chart.range", {
      low: words.spoken(low.mood),
      lowTime: words.clock(low.at),
      high: words.spoken(high.mood),
      highTime: words.clock(high.at),
    }),
    gap("silent", silent),
    gap("unseen", unseen),
    gap("other", other),
    ...(forecast ? outlook(forecast, words, metrics) : [words.say("chart.none")]),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Of the five minutes; where a body has them only window by window, of all windows' bands. */
function outlook(forecast, words, metrics) {
  const { steps, five } = forecast;
  const { low, mid, high } = five ?? {
    mid: steps.at(-1).mid,
    low: Math.min(...steps.map((step) => step.low)),
    high: Math.max(...steps.map((step) => step.high)),
  };
  const [from, about, to] = [low, mid, high].map((mood) => words.spoken(mood));
  const said = words.say("chart.outlook", { mid: about, low: from, high: to });
  return five ? [said, ...heard(forecast, words, metrics)] : [said];
}

/** Five minutes of history in one row: [time, mean weighted by messages, messages]. */
function summed(windows, words) {
  const seen = windows.filter(({ n }) => n !== null);
  const { n, mean } = meanOf(seen);
  return [
    words.clock(windows[0].at),
    mean === null ? words.say("table.none") : words.spoken(mean),
    seen.length ? words.count(n) : words.say("table.unseen"),
  ];
}

function table(caption, head, rows) {
  const cells = (name, texts) => make("tr", {}, ...texts.map((text) => make(name, {}, text)));
  return make(
    "table",
    {},
    make("caption", {}, caption),
    make("thead", {}, cells("th", head)),
    make("tbody", {}, ...rows.map((row) => cells("td", row))),
  );
}

function tables({ history, forecast }, words) {
  const say = (key) => words.say(`table.${key}`);
  const rows = [];
  for (let i = 0; i < history.length; i += ROW) {
    rows.push(summed(history.slice(i, i + ROW), words));
  }
  const found = [table(say("history"), [say("time"), say("mood"), say("messages")], rows)];
  if (!forecast) return found;
  const steps = forecast.steps.map(({ low, mid, high }, index) => [
    words.seconds(forecast.cutoff + index * WINDOW_MS),
    words.spoken(mid),
    `${words.spoken(low)}, ${words.spoken(high)}`,
  ]);
  return [...found, table(say("forecast"), [say("time"), say("mood"), say("range")], steps)];
}

/** What of the mood is drawn: the streamer may have switched the forecast off. */
function drawn({ mood, choices }) {
  return { history: mood.history, forecast: choices.metrics.forecast ? mood.forecast : null };
}

function textsOf(data, { status, words, choices }, reach) {
  const end = cutoffOf(data.history);
  const ends = { low: words.plain(-reach), high: words.plain(reach) };
  return {
    title: words.say("chart.title"),
    description: description(data, words, choices.metrics, reach),
    closeUp: reach < 1 ? words.say("closeUp", ends) : "",
    number: words.plain,
    positive: `\u25b2 ${words.say("positive")}`,
    negative: `\u25bc ${words.say("negative")}`,
    now: isOn(status) ? words.say("now") : words.clock(end),
    time: words.clock,
    window: (point) => words.window(point),
  };
}

/** The part of a view: {node, show(state)}. */
export function sentiment(size = LARGE) {
  const title = make("h2", { id: "sentiment-name", class: "unseen-text" });
  const picture = make("div", { id: "chart" });
  const keys = KEYS.map((name) => make("li", { class: `key-${name}` }));
  const legend = make("ul", { id: "legend", "aria-hidden": "true" }, ...keys);
  const asTables = make("div", { id: "chart-tables", class: "unseen-text" });
  const named = { id: "sentiment", "aria-labelledby": "sentiment-name" };
  const node = make("section", named, title, picture, legend, asTables);
  return {
    node,
    show(state) {
      const { mood, words, choices } = state;
      node.hidden =
        !mood?.supported || mood.waits || !mood.history.length || !choices.metrics.chart;
      if (node.hidden) return;
      const data = drawn(state);
      const { silent, unseen } = gapsOf(data.history);
      const present = [true, data.forecast, silent.length, unseen.length];
      put(title, words.say("sentiment"));
      const reach = choices.scale === "close" ? closeUpOf(data) : 1;
      picture.replaceChildren(chart(data, textsOf(data, state, reach), size, reach));
      asTables.replaceChildren(...tables(data, words));
      keys.forEach((key, index) => {
        put(key, words.say(`keys.${KEYS[index]}`));
        key.hidden = !present[index];
      });
    },
  };
}
