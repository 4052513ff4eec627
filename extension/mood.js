// The body of /v1/mood -> a plain object to draw; throws on anything that breaks the contract.
// What it says of itself, and what follows from that.

export const WINDOW_MS = 30_000;
export const STEPS = 10;
/** Share of messages below which, in bodies without a basis, a chat cannot be scored. */
const READABLE_LEAST = 0.5;
const STALE_MS = 90_000;
const RATE_WINDOWS = 5;
export const WINDOWS = 60; // of history: half an hour
const LATEST = Date.UTC(2200, 0); // a later time than anything of ours
const MOST = 999_999_999; // messages: more is no count
const STATUS = new Set(["live", "quiet", "offline", "stale"]);
/** What chances are told of: above the stream's usual mood, well below it, well above it. */
const EVENTS = ["above", "drop", "rise"];
const GRADES = new Set(["clearly", "little", "not", "new"]);
const KINDS = new Set(["laughter", "hype", "peak", "silence"]);
const WORST_SKILL = -9.99; // a lower one is no record of anybody's
const LABELS = new Set(["positive", "neutral", "negative"]);
const NEUTRAL = 0.05; // VADER's own limit

const limit = (value) => Math.max(-1, Math.min(1, value));
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const text = (value, most) => (typeof value === "string" ? [...value].slice(0, most).join("") : "");

function time(value) {
  const at = typeof value === "string" ? Date.parse(value) : NaN;
  if (!(at >= 0 && at < LATEST)) throw new TypeError("a time is missing");
  return at;
}

function list(value, name) {
  if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
  return value;
}

const moodOrNull = (value) => (isNumber(value) ? limit(value) : null);
const countOrNull = (value) =>
  isNumber(value) && value >= 0 ? Math.min(Math.round(value), MOST) : null;
const shareOrNull = (value) => (isNumber(value) && value >= 0 && value <= 1 ? value : null);

/**
 * [start, mood, n] -> {at, mood, n}: mood null is silence; n null as well: not observed; with an n
 * that is not 0: read by another basis than the mood of now, which may not stand beside it.
 */
function point(row) {
  const [at, mood, n] = list(row, "a point");
  return { at: time(at), mood: moodOrNull(mood), n: countOrNull(n) };
}

function step(row) {
  const [low, mid, high] = list(row, "a step").map(moodOrNull);
  if (low === null || mid === null || high === null) throw new TypeError("a step is not complete");
  return { low, mid, high };
}

/** [q10, q50, q90] in order and within bounds -> {low, mid, high}; null for anything else. */
function quantiles(value, least, most) {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(isNumber)) return null;
  const [low, mid, high] = value;
  return least <= low && low <= mid && mid <= high && high <= most ? { low, mid, high } : null;
}

/** {event: chance, 0..1} of the events that are told. */
function chances(value) {
  const told = EVENTS.map((event) => [event, shareOrNull(value?.[event])]);
  return Object.fromEntries(told.filter(([, chance]) => chance !== null));
}

/** What is told of the next five minutes as a whole: null where the body has no such forecast. */
function fiveMinutes(value) {
  const range = quantiles(value.five, -1, 1);
  const usual = moodOrNull(value.usual); // mood of the stream so far
  if (!range || usual === null) return null;
  const skill = value.five_skill;
  return {
    ...range,
    usual,
    chances: chances(value.chances),
    activity: quantiles(value.activity, 0, MOST), // messages a minute
    grade: GRADES.has(value.grade) ? value.grade : "",
    skill: isNumber(skill) && skill >= WORST_SKILL && skill <= 1 ? skill : null,
  };
}

/** A forecast from `end` on, or from a little before it: others have no place in the chart. */
function forecast(value, end) {
  if (value === null || typeof value !== "object") return null;
  const cutoff = time(value.cutoff);
  const steps = list(value.steps, "steps").slice(0, STEPS).map(step);
  if (!steps.length || cutoff > end || cutoff <= end - STEPS * WINDOW_MS) return null;
  return {
    cutoff,
    steps,
    five: fiveMinutes(value),
    skill: isNumber(value.skill) ? value.skill : null,
  };
}

/** A mood as it is shown: what is said of a mood is said of this number, never of a finer one. */
export const rounded = (mood) => Number(mood.toFixed(2)) + 0; // no -0

/** "positive", "negative" or "neutral": so near 0 or with 0 in its band a mood is no verdict. */
export function leaning(mood, { low, high } = { low: mood, high: mood }) {
  const shown = rounded(mood);
  const holdsZero = rounded(low) <= 0 && rounded(high) >= 0;
  if (holdsZero || Math.abs(shown) < NEUTRAL) return "neutral";
  return shown > 0 ? "positive" : "negative";
}

/** The mood of the last five minutes with its 80 % band; null where the body does not tell it. */
function lastFive(value) {
  const band = quantiles([value?.low, value?.mood, value?.high], -1, 1);
  if (!band) return null;
  return { ...band, label: LABELS.has(value.label) ? value.label : leaning(band.mid, band) };
}

function newest(value) {
  if (value === null || typeof value !== "object") return newest({});
  const top = Array.isArray(value.top) ? value.top.slice(0, 5) : [];
  return {
    mood: moodOrNull(value.mood),
    five: lastFive(value.five),
    n: countOrNull(value.n),
    share: shareOrNull(value.share),
    seconds: countOrNull(value.seconds),
    laughs: shareOrNull(value.laughs),
    top: top.filter(Array.isArray).map(([name, n]) => ({ name: text(name, 25), n: countOrNull(n) })),
  };
}

/** A moment: of earlier pipelines its text alone (kind ""). times: as busy as usual. */
function moment(value) {
  if (value === null || typeof value !== "object") return null;
  return {
    at: time(value.at),
    text: text(value.text, 160),
    kind: KINDS.has(value.kind) ? value.kind : "",
    term: text(value.term, 25),
    n: countOrNull(value.n),
    times: countOrNull(value.times),
    before: moodOrNull(value.before),
    mood: moodOrNull(value.mood),
  };
}

function timeOrNull(value) {
  try {
    return time(value);
  } catch {
    return null;
  }
}

function recap(value) {
  if (value === null || typeof value !== "object") return null;
  return {
    title: text(value.title, 80),
    text: text(value.text, 240),
    startedAt: timeOrNull(value.started_at),
    endedAt: timeOrNull(value.ended_at),
    basis: text(value.basis, 10),
    mood: moodOrNull(value.mood),
    n: countOrNull(value.n),
  };
}

/** Whether a mood can be told of the chat at all. Older bodies leave it to what is readable. */
function isSupported({ basis, now }, readable) {
  if (basis === undefined) return readable === null || readable >= READABLE_LEAST;
  return now?.label !== "unsupported";
}

/** The windows of the last half hour, oldest first. */
function historyOf(value) {
  const points = list(value, "history").slice(-WINDOWS).map(point);
  points.sort((a, b) => a.at - b.at);
  return points.filter(({ at }) => at > points.at(-1).at - WINDOWS * WINDOW_MS);
}

/** body: the answer as text. Returns what components.js and chart.js draw; times in ms. */
export function readMood(body) {
  const value = JSON.parse(body);
  if (value?.v !== 1) throw new TypeError("not version 1");
  if (!STATUS.has(value.status)) throw new TypeError("an unknown status");
  const history = historyOf(value.history);
  const readable = shareOrNull(value.readable);
  return {
    channelId: text(value.channel_id, 20),
    login: text(value.login, 25),
    source: text(value.source, 12),
    generatedAt: time(value.generated_at),
    status: value.status,
    readable,
    basis: text(value.basis, 10), // what the mood is read from: words, emotes, "": not known
    supported: isSupported(value, readable),
    waits: value.now?.label === "waiting", // its language is still read
    now: newest(value.now),
    history,
    forecast: forecast(value.forecast ?? null, cutoffOf(history)),
    why: text(value.why ?? value.forecast?.why, 160),
    moment: moment(value.moment ?? null),
    recap: recap(value.recap ?? null),
  };
}

/** End of the newest window: where history stops and the forecast may begin (ms). */
export function cutoffOf(history) {
  return history.length ? history.at(-1).at + WINDOW_MS : 0;
}

/**
 * The status of a body that is `age` ms old: data grows old while the network is away. A new body
 * of old windows (the pipeline is catching up) is not live either, but in a replay, whose windows
 * are of its own time.
 */
export function statusAt(mood, age) {
  const behind = mood.source === "replay" ? 0 : mood.generatedAt - cutoffOf(mood.history);
  const old = age > STALE_MS || (behind > STALE_MS && mood.history.length > 0);
  return old && mood.status !== "offline" ? "stale" : mood.status;
}

/** Whether there is a now: the stream runs, and its newest window is new. */
export const isOn = (status) => ["live", "quiet"].includes(status);

/** Messages a minute over the last five windows, those left out that nobody saw; null: none. */
export function rateOf(history) {
  const seen = history.slice(-RATE_WINDOWS).filter(({ n }) => n !== null);
  if (!seen.length) return null;
  return seen.reduce((sum, { n }) => sum + n, 0) / ((seen.length * WINDOW_MS) / 60_000);
}

export const isSilent = ({ mood, n }) => mood === null && n === 0;
export const isUnseen = ({ mood, n }) => mood === null && n === null;
export const isOther = ({ mood, n }) => mood === null && n > 0;

/** Windows that passed without a word, those that nobody saw, and those of another basis. */
export function gapsOf(history) {
  return {
    silent: history.filter(isSilent),
    unseen: history.filter(isUnseen),
    other: history.filter(isOther),
  };
}
