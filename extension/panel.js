// Joins the parts: Twitch's helper -> token -> api -> mood -> what is shown.

import { follow } from "./api.js";
import { chart, cutoffOf } from "./chart.js";
import { readMood, WINDOW_MS } from "./mood.js";
import { EBS } from "./settings.js";
import * as words from "./words.js";

const STALE_MS = 90_000;
const HELPER_MS = 5_000;
const LOOK_MS = 10_000;

const element = (id) => document.getElementById(id);
const panel = element("panel");
let mood = null; // the newest body, and by which clock it was new
let receivedAt = 0;
let serverAge = 0; // ms: how old the body was when it came, by the server's own clock
let trouble = "loading";

function put(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

function bold(text) {
  const made = document.createElement("b");
  made.textContent = text;
  return made;
}

/**
 * The status by the viewer's own passing of time: data grows old while the network is away. A
 * new body of old windows (the pipeline is catching up) is not live either.
 */
function statusNow() {
  const age = serverAge + performance.now() - receivedAt;
  const behind = mood.generatedAt - cutoffOf(mood.history);
  const old = age > STALE_MS || (behind > STALE_MS && mood.history.length > 0);
  return old && mood.status !== "offline" ? "stale" : mood.status;
}

function showNotice(status) {
  if (trouble && trouble !== "loading") return put("notice", words.NOTICES[trouble]);
  if (!mood) return put("notice", words.NOTICES.loading);
  return put("notice", status === "stale" ? words.stale(cutoffOf(mood.history) || mood.generatedAt) : "");
}

function showHeader(status) {
  put("login", mood?.login || "DLD");
  put("status", words.STATUS[status] ?? "");
  const source = words.SOURCES[mood?.source] ?? "";
  put("source", source);
  element("source").hidden = !source;
}

function showChart(status) {
  const { history, forecast } = mood;
  const end = cutoffOf(history);
  const texts = {
    title: "Mood of this chat in the last half hour, and its forecast",
    description: words.description(mood),
    positive: "\u25b2 positive",
    negative: "\u25bc negative",
    now: status === "live" || status === "quiet" ? "now" : words.clock(end),
    time: words.clock,
    window: words.told,
  };
  element("sentiment").hidden = !mood.supported;
  element("chart").replaceChildren(chart({ history, forecast }, texts));
  const silent = history.some(({ mood: value, n }) => value === null && n !== null);
  const unseen = history.some(({ mood: value, n }) => value === null && n === null);
  document.querySelector(".key-forecast").hidden = !forecast;
  document.querySelector(".key-silent").hidden = !silent;
  document.querySelector(".key-unseen").hidden = !unseen;
}

function showReceived() {
  const { n, top } = mood.now;
  const from = cutoffOf(mood.history) - WINDOW_MS;
  const seen = bold(n === null ? "Not observed" : words.messages(n));
  const readable = n ? words.readable(mood.readable) : "";
  element("count").replaceChildren(seen, readable && ` \u00b7 ${readable}`);
  put("window", mood.history.length ? `${words.seconds(from)}, 30 s` : "");
  const items = top.map(({ name, n: uses }) => {
    const item = document.createElement("li");
    item.append(bold(name), uses === null ? "" : ` \u00d7${uses}`);
    return item;
  });
  element("top").replaceChildren(...items);
}

/** What the score is of: the newest window or, after it, the whole stream. */
function scored(status) {
  if (!mood.supported) return { value: null, word: words.unsupported };
  if (status === "quiet") return { value: null, word: words.quiet };
  const { mood: value, label } = mood.now;
  if (status !== "offline") return { value, word: label || (value !== null && words.sign(value).word) };
  const mean = mood.recap?.mood ?? null;
  return { value: mean, word: mean === null ? "" : words.overall(words.sign(mean).word) };
}

function showScore(status) {
  const { value, word } = scored(status);
  const { glyph, side } = value === null ? { glyph: "\u2013", side: "level" } : words.sign(value);
  put("glyph", glyph);
  element("glyph").dataset.side = side;
  put("number", value === null ? "" : words.score(value));
  put("word", word || (status === "offline" ? words.STATUS.offline : words.quiet));
}

function showNext(status) {
  const { forecast, why } = mood;
  const next = element("next");
  if (!forecast?.steps.length || status === "stale") {
    const said = why && status !== "offline" && status !== "stale";
    next.replaceChildren(...(said ? [bold(words.noForecast), why] : []));
    return;
  }
  const { low, mid, high } = forecast.steps[0];
  next.replaceChildren("next 30 s", bold(words.score(mid)), words.band(low, high));
}

function showMoment() {
  const target = element("moment");
  if (!mood.moment?.text || !mood.supported) return target.replaceChildren();
  return target.replaceChildren(bold(words.clock(mood.moment.at)), ` ${mood.moment.text}`);
}

function showRecord() {
  const target = element("record");
  if (!mood.forecast) return target.replaceChildren();
  return target.replaceChildren(bold(words.forecast), ` ${words.record(mood.forecast)}`);
}

function showRecap(status) {
  const { recap } = mood;
  const shown = status === "offline" && recap !== null;
  element("recap").hidden = !shown;
  element("received").hidden = shown;
  if (!shown) return;
  const { startedAt, endedAt, n, mood: mean, title, text } = recap;
  const parts = [
    startedAt && `${words.day(startedAt)}, ${words.clock(startedAt)}`,
    endedAt && `to ${words.clock(endedAt)}`,
  ];
  put("recap-when", parts.filter(Boolean).join(" "));
  const facts = [
    n !== null && words.messages(n),
    mean !== null && mood.supported && `mood ${words.score(mean)}`,
  ];
  put("recap-text", [title, facts.filter(Boolean).join(", "), text].filter(Boolean).join(". "));
}

function show() {
  const status = mood ? statusNow() : "waiting";
  panel.dataset.state = status;
  showNotice(status);
  showHeader(status);
  if (!mood) return;
  showChart(status);
  showReceived();
  showScore(status);
  showNext(status);
  showMoment();
  showRecap(status);
  showRecord();
}

const feed = follow({
  base: EBS,
  onBody(text, { serverNow }) {
    const read = readMood(text);
    mood = read;
    receivedAt = performance.now();
    serverAge = Math.max(0, serverNow - read.generatedAt);
    trouble = "";
    show();
    return read;
  },
  onTrouble(kind) {
    trouble = kind;
    if (kind === "unknown") mood = null; // what was known of it is withdrawn
    show();
  },
});

function start() {
  const helper = window.Twitch?.ext;
  if (!helper) return false;
  helper.onAuthorized(({ token }) => feed.authorise(token));
  helper.onContext(({ theme }) => {
    if (theme) document.documentElement.dataset.theme = theme === "light" ? "light" : "dark";
  });
  helper.onVisibilityChanged?.((visible) => visible && feed.wake());
  return true;
}

setInterval(() => mood && panel.dataset.state !== statusNow() && show(), LOOK_MS);
show();
if (!start()) {
  setTimeout(() => {
    if (start()) return;
    trouble = "helper";
    show();
  }, HELPER_MS);
}
