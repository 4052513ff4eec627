// Every text a viewer reads, and how numbers and times are said. English; more languages go here.

const SIGN = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
const COUNT = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** A mood as shown: "+0.21", "-0.05", "0.00". */
export const score = (mood) => SIGN.format(mood);
export const percent = (share) => `${Math.round(share * 100)}\u00a0%`;
export const clock = (at) => CLOCK.format(at);
export const seconds = (at) => SECONDS.format(at);
export const day = (at) => DAY.format(at);

/** A number for ears: screen readers skip a leading hyphen. */
const spoken = (mood) => `${mood < 0 ? "minus " : ""}${Math.abs(mood).toFixed(2)}`;

/** Only what can be read is scored: said wherever a message count stands. */
export const readable = (share) => (share === null ? "" : `${percent(share)} readable`);

export const messages = (n) => (n === 1 ? "1 message" : `${COUNT.format(n)} messages`);

/** The sign by shape and word, never by colour alone: VADER's own limits of +-0.05. */
export function sign(mood) {
  if (mood >= 0.05) return { glyph: "\u25b2", word: "positive", side: "up" };
  if (mood <= -0.05) return { glyph: "\u25bc", word: "negative", side: "down" };
  return { glyph: "\u25cf", word: "neutral", side: "level" };
}

export const STATUS = {
  live: "live",
  quiet: "quiet",
  offline: "offline",
  stale: "out of date",
};

/** Chat that is not live says so. */
export const SOURCES = { simulated: "simulated", replay: "replay" };

export const NOTICES = {
  loading: "Reading the mood of this chat\u2026",
  helper: "Twitch\u2019s helper did not load. Reload the page to try again.",
  network: "No connection. Trying again\u2026",
  unauthorised: "Twitch\u2019s sign-in for this panel ran out. Waiting for a new one\u2026",
  unknown: "DLD does not follow this channel yet.",
  server: "DLD has a problem. Trying again\u2026",
  garbage: "DLD\u2019s answer could not be read. Trying again\u2026",
};

export const FOLLOWED = (login, at) => `DLD follows ${login}; its last data is of ${at}.`;
export const stale = (at) => `No new data since ${clock(at)}`;
export const quiet = "too quiet to tell";
export const unsupported = "unsupported language";
export const band = (low, high) => `${percent(0.8)}: ${score(low)} to ${score(high)}`;
export const overall = (word) => `${word} overall`;

export const forecast = "Forecast:";
export const noForecast = "no forecast";

/** How far the forecast can be trusted, in plain words. */
export function record({ record: told, skill }) {
  if (told) return told;
  if (skill === null) return "too new to have a record";
  if (skill <= 0) return "no better lately than this stream\u2019s average";
  return `lately knows ${percent(skill)} of what can be known beyond this stream\u2019s average`;
}

/** A window of the history, for whoever points at it. */
export function told({ at, mood, n }) {
  if (n === null) return `${seconds(at)}: not observed`;
  return `${seconds(at)}: ${mood === null ? "silence" : `${score(mood)}, ${messages(n)}`}`;
}

/** The chart in words, for those who cannot see it. */
export function description({ history, forecast, why }) {
  const spokenIn = history.filter(({ mood }) => mood !== null);
  if (!spokenIn.length) return "Nobody spoke in the last half hour.";
  const low = spokenIn.reduce((a, b) => (b.mood < a.mood ? b : a));
  const high = spokenIn.reduce((a, b) => (b.mood > a.mood ? b : a));
  const last = spokenIn.at(-1);
  const silent = history.filter(({ mood, n }) => mood === null && n !== null).length;
  const unseen = history.filter(({ mood, n }) => mood === null && n === null).length;
  return [
    `From minus 1 to 1. Last: ${spoken(last.mood)} at ${clock(last.at)}.`,
    `Lowest: ${spoken(low.mood)} at ${clock(low.at)}; highest: ${spoken(high.mood)} at ${clock(high.at)}.`,
    silent ? `Nobody spoke in ${silent} of the windows of 30 seconds.` : "",
    unseen ? `${unseen} windows were not observed.` : "",
    forecast ? outlook(forecast.steps) : `No forecast${why ? `: ${why}` : ""}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

function outlook(steps) {
  const low = Math.min(...steps.map((step) => step.low));
  const high = Math.max(...steps.map((step) => step.high));
  return (
    `Forecast for the next five minutes: about ${spoken(steps.at(-1).mid)}, ` +
    `with 80 percent certainty between ${spoken(low)} and ${spoken(high)}.`
  );
}
