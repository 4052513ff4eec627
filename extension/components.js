// The parts a view is put together from: each {node, show(state)}; the state is that of view.js.

import { bold, make, put, sentenceNode } from "./dom.js";
import { face } from "./face.js";
import { cutoffOf, isOn, leaning, rateOf } from "./mood.js";
import { outlook } from "./outlook.js";
import * as sentences from "./sentences.js";

const DOT = " \u00b7 ";
const WELL_READ = 0.9; // share of messages: what rests on less says so

/** Texts that are there, with dots between; elements are left as they are. */
function dotted(...texts) {
  return texts.filter(Boolean).flatMap((text, index) => (index ? [DOT, text] : [text]));
}

/** Whose chat, from where, and whether it is of now. */
export function header() {
  const login = make("h1", { id: "login" });
  const source = make("span", { id: "source", class: "tag" });
  const status = make("span", { id: "status" });
  return {
    node: make("header", {}, login, source, status),
    show({ mood, words, status: known }) {
      const from = mood ? words.say(`sources.${mood.source}`) : "";
      put(login, mood?.login || "DLD");
      put(source, from);
      source.hidden = !from;
      put(status, mood ? words.say(`status.${known}`) : "");
    },
  };
}

/** What is wrong, in a sentence. It takes the element that is in the page from the start. */
export function notice(node) {
  return {
    node,
    show({ mood, trouble, status, words }) {
      const time = () => words.when(cutoffOf(mood.history) || mood.generatedAt);
      const stale = status === "stale" ? words.say("stale", { time: time() }) : "";
      put(node, trouble && (trouble !== "loading" || !mood) ? words.say(`notices.${trouble}`) : stale);
      node.classList.remove("static");
    },
  };
}

function countOf({ n }, { history, readable, basis }, words) {
  const seen = bold(n === null ? words.say("unobserved") : words.messages(n));
  const rate = rateOf(history);
  const isPart = n && readable !== null && readable < WELL_READ && basis !== "emotes";
  const share = isPart ? words.percent(readable) : "";
  return dotted(
    seen,
    rate !== null && words.say("rate", { n: words.count(rate) }),
    share && make("span", { class: "nowrap" }, words.say("readable", { share })),
  );
}

/** The box of what came in: the last window's messages, their rate, the most used emotes. */
export function received() {
  const title = make("h2", { id: "received-name" });
  const count = make("p", { id: "count" });
  const top = make("ul", { id: "top" });
  const named = { id: "received", "aria-labelledby": "received-name" };
  const node = make("section", named, title, count, top);
  return {
    node,
    show({ mood, status, words, choices }) {
      const recapped = status === "offline" && mood?.recap && choices.metrics.recap;
      node.hidden = !mood || recapped || !choices.metrics.received;
      if (node.hidden) return;
      const time = words.when(cutoffOf(mood.history) || mood.generatedAt);
      put(title, words.say(isOn(status) ? "received" : "receivedUntil", { time }));
      count.replaceChildren(...countOf(mood.now, mood, words));
      top.hidden = !mood.now.top.length || !choices.metrics.top;
      top.setAttribute("aria-label", words.say("top"));
      top.replaceChildren(
        ...mood.now.top.map(({ name, n }) =>
          make("li", {}, bold(name), sentences.counted(n, words)),
        ),
      );
    },
  };
}

function recapFacts({ n, mood: mean }, supported, words) {
  return [
    n !== null && words.messages(n),
    mean !== null && supported && words.say("recapMood", { score: words.score(mean) }),
  ].filter(Boolean);
}

function recapWhen({ startedAt, endedAt }, words) {
  if (!startedAt || !endedAt) return "";
  return words.say("recapWhen", {
    day: words.day(startedAt),
    from: words.clock(startedAt),
    to: words.clock(endedAt),
  });
}

/** The last stream in short, while there is none. */
export function recap() {
  const title = make("h2", { id: "recap-name" });
  const name = make("p", { id: "recap-title", dir: "auto" }); // a streamer's own words
  const when = make("p", { id: "recap-when" });
  const facts = make("p", { id: "recap-text" });
  const named = { id: "recap", "aria-labelledby": "recap-name" };
  const node = make("section", named, title, when, name, facts);
  return {
    node,
    show({ mood, status, words, choices }) {
      node.hidden = status !== "offline" || !mood.recap || !choices.metrics.recap;
      if (node.hidden) return;
      put(title, words.say("recap"));
      put(when, recapWhen(mood.recap, words));
      put(name, mood.recap.title);
      put(facts, recapFacts(mood.recap, mood.supported, words).join(DOT));
    },
  };
}

/** Why there is no score, as a key of the words; "" where there may be one. */
function unscored({ mood, status }) {
  if (!mood.supported) return "unsupported";
  if (status === "quiet") return "quiet";
  if (status === "offline") return typeof mood.recap?.mood === "number" ? "" : "status.offline";
  return mood.waits ? "waiting" : "";
}

/**
 * What the score is of: the last five minutes (from earlier pipelines: the newest window) or, after
 * it, the whole stream. {value: null where there is none, word, label: its side, span: of what}.
 */
export function scored({ mood, status, words }) {
  const ended = status === "offline";
  const five = ended ? null : mood.now.five;
  const value = ended ? (mood.recap?.mood ?? null) : (five?.mid ?? mood.now.mood);
  const why = unscored({ mood, status });
  if (why || value === null) return { value: null, word: words.say(why || "quiet") };
  const label = five?.label ?? leaning(value);
  const word = words.feeling(value, label);
  const span = five && isOn(status) ? words.say("five.last") : "";
  return { value, label, span, word: ended ? words.say("overall", { word }) : word };
}

/** Whether what the score is of was read from its emotes alone. */
const isByEmotes = ({ mood, status }) =>
  (status === "offline" ? mood.recap?.basis : mood.basis) === "emotes";

/** The score: face, number and word, of what, and whether it is read from emotes alone. */
export function score(name = "p") {
  const glyph = make("span", { id: "glyph", "aria-hidden": "true" });
  const span = make("span", { id: "span" });
  const number = make("b", { id: "number" });
  const word = make("span", { id: "word" });
  const badge = make("span", { id: "by-emotes", class: "tag" });
  return {
    node: make(name, { id: "score" }, glyph, " ", number, " ", word, " ", span, " ", badge),
    show(state) {
      if (!state.mood) return;
      const { value, label, word: text, span: of } = scored(state);
      glyph.replaceChildren(value === null ? "\u2013" : face(label));
      put(number, value === null ? "" : state.words.score(value));
      put(word, text);
      put(span, of ?? "");
      put(badge, state.words.say("byEmotes"));
      badge.hidden = value === null || !isByEmotes(state);
    },
  };
}

/** What a mood that is read from emotes rests on, and how much is laughed: no part of it. */
export function signs() {
  const node = make("p", { id: "signs" });
  return {
    node,
    show({ mood, status, words }) {
      const { share, seconds, laughs } = mood?.now ?? {};
      node.hidden = mood?.basis !== "emotes" || !mood.supported || status !== "live";
      if (node.hidden) return;
      const rests = { share: words.percent(share), span: words.minutes(seconds) };
      node.replaceChildren(
        ...dotted(
          share !== null && seconds !== null && words.say("signs", rests),
          laughs !== null && words.say("laughs", { share: words.percent(laughs) }),
        ),
      );
    },
  };
}

/** Score and outlook beside each other. */
export function result() {
  const parts = [score(), outlook()];
  const node = make("section", { id: "result" }, ...parts.map((part) => part.node));
  return {
    node,
    show(state) {
      node.hidden = !state.mood;
      node.setAttribute("aria-label", state.words.say("result"));
      parts.forEach((part) => part.show(state));
    },
  };
}

/** The moment that is told; null for none. */
function momentOf({ mood, choices }) {
  const isTold = mood?.supported && !mood.waits && choices.metrics.moment;
  return isTold && (mood.moment?.kind || mood.moment?.text) ? mood.moment : null;
}

/** The last moment worth telling, with how long ago it was. */
export function moment() {
  const node = make("p", { id: "moment" });
  return {
    node,
    show(state) {
      const found = momentOf(state);
      node.hidden = !found;
      if (!found) return;
      const { mood, status, words } = state;
      const { at } = found;
      const time = isOn(status) ? words.ago(at, cutoffOf(mood.history)) : words.when(at);
      node.replaceChildren(bold(time), " ", sentenceNode(sentences.moment(found, words)));
    },
  };
}

/** For ears: the mood in words and the moment, whenever one of them is another than before. */
export function aloud() {
  const node = make("p", { id: "aloud", class: "unseen-text", role: "status" });
  let before = "";
  return {
    node,
    show(state) {
      if (!state.mood) return;
      const { words } = state;
      const { word } = scored(state);
      const found = momentOf(state);
      const news = [words.lang, word, found?.at].join();
      if (news === before) return;
      before = news;
      put(node, dotted(word, found && sentences.moment(found, words).text).join(""));
    },
  };
}
