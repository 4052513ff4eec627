// The parts a view is put together from: each {node, show(state)}; the state is that of view.js.

import { bold, make, put, sentenceNode } from "./dom.js";
import { cutoffOf, rateOf, WINDOW_MS } from "./mood.js";
import { outlook } from "./outlook.js";
import * as sentences from "./sentences.js";

const DOT = " \u00b7 ";

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
  const isRead = n && readable !== null && basis !== "emotes";
  const share = isRead ? words.percent(readable) : "";
  return dotted(
    seen,
    rate !== null && words.say("rate", { n: words.count(rate) }),
    share && make("span", { class: "nowrap" }, words.say("readable", { share })),
  );
}

/** The box of received data: the last window's messages, their rate, the most used emotes. */
export function received() {
  const title = make("h2", { id: "received-name" });
  const window = make("p", { id: "window" });
  const count = make("p", { id: "count" });
  const top = make("ul", { id: "top" });
  const named = { id: "received", "aria-labelledby": "received-name" };
  const node = make("section", named, title, window, count, top);
  return {
    node,
    show({ mood, status, words, choices }) {
      const recapped = status === "offline" && mood?.recap && choices.metrics.recap;
      node.hidden = !mood || recapped || !choices.metrics.received;
      if (node.hidden) return;
      const time = words.seconds(cutoffOf(mood.history) - WINDOW_MS);
      put(title, words.say("received"));
      put(window, mood.history.length ? words.say("window", { time }) : "");
      count.replaceChildren(...countOf(mood.now, mood, words));
      top.hidden = !mood.now.top.length || !choices.metrics.top;
      top.setAttribute("aria-label", words.say("top"));
      top.replaceChildren(
        ...mood.now.top.map(({ name, n }) =>
          make("li", {}, bold(name), n === null ? "" : ` \u00d7${words.count(n)}`),
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

/** What the score is of: the newest window or, after it, the whole stream. */
export function scored({ mood, status, words }) {
  if (!mood.supported) return { value: null, word: words.say("unsupported") };
  if (status === "quiet") return { value: null, word: words.say("quiet") };
  const value = status === "offline" ? (mood.recap?.mood ?? null) : mood.now.mood;
  if (value === null && status === "offline") return { value, word: words.say("status.offline") };
  if (mood.waits) return { value: null, word: words.say("waiting") };
  if (value === null) return { value, word: words.say("quiet") };
  const { word } = words.sign(value);
  return { value, word: status === "offline" ? words.say("overall", { word }) : word };
}

/** Whether what the score is of was read from its emotes alone. */
const isByEmotes = ({ mood, status }) =>
  (status === "offline" ? mood.recap?.basis : mood.basis) === "emotes";

/** The score: sign, number and word, and whether it is read from emotes alone. */
export function score(name = "p") {
  const glyph = make("span", { id: "glyph", "aria-hidden": "true" });
  const number = make("b", { id: "number" });
  const word = make("span", { id: "word" });
  const badge = make("span", { id: "by-emotes", class: "tag" });
  return {
    node: make(name, { id: "score" }, glyph, " ", number, " ", word, " ", badge),
    show(state) {
      if (!state.mood) return;
      const { value, word: text } = scored(state);
      const none = { glyph: "\u2013", side: "level" };
      const { glyph: shape, side } = value === null ? none : state.words.sign(value);
      put(glyph, shape);
      glyph.dataset.side = side;
      put(number, value === null ? "" : state.words.score(value));
      put(word, text);
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

/** The last moment worth telling, with its time. */
export function moment() {
  const node = make("p", { id: "moment" });
  return {
    node,
    show({ mood, words, choices }) {
      const told = mood?.supported && !mood.waits;
      const found = told && mood.moment?.text && choices.metrics.moment;
      node.hidden = !found;
      const { at, text } = mood?.moment ?? {};
      if (found) {
        node.replaceChildren(bold(words.when(at)), " ", sentenceNode(sentences.moment({ text }, words)));
      }
    },
  };
}
