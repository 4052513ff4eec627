// Texts, numbers and times in the viewer's language. The texts are in words/.

import { rounded } from "./mood.js";
import english from "./words/en.js";

const LOADERS = {
  de: () => import("./words/de.js"),
  es: () => import("./words/es.js"),
  fr: () => import("./words/fr.js"),
  ja: () => import("./words/ja.js"),
  pt: () => import("./words/pt.js"),
  zh: () => import("./words/zh.js"),
};
const MINUTE_MS = 60_000;
const OLD_MS = 12 * 3_600_000; // half a day
const CLEAR = 0.1; // of mood: a weaker one is only a bit positive or negative
const MINUS = "\u2212"; // a hyphen is skipped by screen readers
const DEFAULT_REGION = { pt: "pt-BR", zh: "zh-CN" }; // whose Portuguese and Chinese words/ has

/** "pt" of "pt-BR": the part that says which texts to load. */
export const languageOf = (tag) => String(tag || "en").toLowerCase().split(/[-_]/)[0];

/**
 * The locale for Intl. Twitch's tag seldom has a region; the browser's own languages may: a viewer
 * in London reads 18:30 where one in Boston reads 6:30 PM.
 */
function localeOf(tag, language) {
  if (languageOf(tag) !== language) return language;
  const wanted = String(tag || "en").replace("_", "-");
  const regional = navigator.languages?.find((known) => languageOf(known) === language);
  const best = wanted.includes("-") ? wanted : (regional ?? DEFAULT_REGION[language] ?? wanted);
  try {
    return Intl.getCanonicalLocales(best)[0];
  } catch {
    return language;
  }
}

/** Texts and Intl formats for one locale. */
export class Words {
  constructor(texts, locale) {
    this.texts = texts;
    this.locale = locale;
    this.lang = texts.lang;
    this.plural = new Intl.PluralRules(locale);
    this.formats = {
      signed: new Intl.NumberFormat(locale, {
        minimumFractionDigits: 2,
        maximumFractionDigits: 2,
        signDisplay: "exceptZero",
      }),
      plain: new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
      count: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
      short: new Intl.NumberFormat(locale),
      rough: new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 }),
      list: new Intl.ListFormat(locale, { type: "conjunction" }),
      percent: new Intl.NumberFormat(locale, { style: "percent" }),
      minutes: new Intl.NumberFormat(locale, {
        style: "unit",
        unit: "minute",
        maximumFractionDigits: 1,
      }),
      ago: new Intl.RelativeTimeFormat(locale, { style: "short" }),
      clock: new Intl.DateTimeFormat(locale, { timeStyle: "short" }),
      seconds: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }),
      day: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }),
      dayAndClock: new Intl.DateTimeFormat(locale, {
        day: "numeric",
        month: "short",
        hour: "2-digit",
        minute: "2-digit",
      }),
    };
  }

  /** The text at a path like "status.live"; {names} are filled in. n chooses the plural. */
  say(path, values = {}, n = null) {
    const own = (texts, key) => (Object.hasOwn(texts ?? {}, key) ? texts[key] : null);
    const found = path.split(".").reduce(own, this.texts);
    const text = typeof found === "object" ? (found?.[this.plural.select(n)] ?? found?.other) : found;
    return String(text ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  /** A mood as shown: "+0.21", "−0.05", "0.00". */
  score = (mood) => this.formats.signed.format(rounded(mood)).replace("-", MINUS);
  percent = (share) => this.formats.percent.format(Math.round(share * 100) / 100 || 0); // no -0%
  count = (n) => this.formats.count.format(n);
  /** A number with as few digits as it has: "0.1". */
  plain = (number) => this.formats.short.format(number).replace("-", MINUS);
  /** A count that is only expected, in two digits: "12", "1,200". */
  roughly = (n) => this.formats.rough.format(n);
  list = (texts) => this.formats.list.format(texts);
  minutes = (seconds) => this.formats.minutes.format(seconds / 60);
  clock = (at) => this.formats.clock.format(at);
  seconds = (at) => this.formats.seconds.format(at);
  day = (at) => this.formats.day.format(at);
  /** A time of day, with its day where that may be another than today. */
  when(at) {
    const old = Date.now() - at > OLD_MS;
    return this.formats[old ? "dayAndClock" : "clock"].format(at);
  }
  /** How long before `now` (ms) it was; of what is longer than an hour ago, the time of day. */
  ago(at, now) {
    const minutes = Math.max(1, Math.round((now - at) / MINUTE_MS));
    return minutes < 60 ? this.formats.ago.format(-minutes, "minute") : this.when(at);
  }
  messages = (n) => this.say("messages", { n: this.count(n) }, n);

  /** A mood for ears, with its sign in words. */
  spoken(mood) {
    const shown = rounded(mood);
    const number = this.formats.plain.format(Math.abs(shown));
    return shown < 0 ? this.say("minus", { number }) : number;
  }

  /** A mood in words: "about neutral", "a bit positive". label: of the body, or of leaning(). */
  feeling(mood, label) {
    if (label === "neutral") return this.say("aboutNeutral");
    return this.say(Math.abs(rounded(mood)) < CLEAR ? `aBit.${label}` : label);
  }

  /** "likely between −0.02 and +0.11"; one number where both ends read alike. */
  likely(low, high) {
    const [from, to] = [this.score(low), this.score(high)];
    return from === to ? from : this.say("likely", { low: from, high: to });
  }

  /** A window of the history, for whoever points at it. */
  window({ at, mood, n }) {
    const time = this.seconds(at);
    if (n === null) return this.say("told.unseen", { time });
    if (mood === null && n) return this.say("told.other", { time, messages: this.messages(n) });
    if (mood === null) return this.say("told.silent", { time });
    return this.say("told.spoken", { time, mood: this.score(mood), messages: this.messages(n) });
  }
}

export const ENGLISH = new Words(english, "en");

/** The words of a language tag as Twitch gives it ("de", "pt-BR", "zh-tw"); else English. */
export async function wordsOf(tag) {
  const language = languageOf(tag);
  if (language === "en") return new Words(english, localeOf(tag, "en"));
  try {
    const { default: texts } = await LOADERS[language]();
    return new Words({ ...english, ...texts }, localeOf(tag, language));
  } catch {
    return ENGLISH; // not one of ours, or its file did not come
  }
}
