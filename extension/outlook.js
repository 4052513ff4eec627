// The forecast in words: texts for eyes and ears, and the parts of a view that show them.

import { bold, make, put, sentenceNode } from "./dom.js";
import { isOn, leaning } from "./mood.js";
import * as sentences from "./sentences.js";

const CHANGE = 0.1; // of mood: how far it drops or rises in what chances are told of
/** Chances were found to hold within five points: a finer one would claim more than is known. */
const GRAIN = 0.05;

function chanceOf(share, words) {
  if (share < GRAIN) return words.say("chances.under", { share: words.percent(GRAIN) });
  if (share > 1 - GRAIN) return words.say("chances.over", { share: words.percent(1 - GRAIN) });
  return words.percent(Math.round(share / GRAIN) * GRAIN);
}

/** The chances that are told: [[of what, how likely], ...]. */
function chances({ chances: told }, words) {
  const change = words.plain(CHANGE);
  return Object.entries(told).map(([event, share]) => [
    words.say(`chances.${event}`, { change }),
    chanceOf(share, words),
  ]);
}

/** Messages a minute as far as they can be foreseen; "" where that is not told. */
function activity({ activity: told }, words) {
  if (!told) return "";
  const [low, high] = [Math.round(told.low), Math.round(told.high)];
  const n = words.roughly(high);
  if (!high) return words.say("activity.hardly");
  if (!low) return words.say("activity.upTo", { n }, high);
  if (words.roughly(low) === n) return words.say("activity.about", { n }, high);
  return words.say("activity.between", { low: words.roughly(low), high: n });
}

/** How far to trust it, in words; without the five minutes by its skill, which is all there is. */
function grade({ five, skill }, words) {
  const bySkill = skill > 0 ? "little" : "not";
  const told = five ? five.grade : skill === null ? "new" : bySkill;
  return told && words.say(`grade.${told}`);
}

/** What else is foreseen of the five minutes, as sentences for ears. */
export function heard(forecast, words, { record }) {
  const { five } = forecast;
  const pairs = chances(five, words).map((pair) => pair.join(" "));
  const told = [...pairs, activity(five, words)].filter(Boolean);
  const graded = record && grade(forecast, words);
  return [
    words.say("chart.usual", { usual: words.spoken(five.usual) }),
    told.length ? words.say("chart.expects", { list: words.list(told) }) : "",
    graded ? words.say("chart.record", { record: graded }) : "",
  ];
}

function headline({ low, mid, high, usual }, words) {
  const feeling = words.feeling(mid, leaning(mid, { low, high }));
  const text = words.say("five.usual", { feeling, usual: words.score(usual) });
  const middle = make("span", { id: "middle" }, text);
  return [words.say("five.next"), bold(words.likely(low, high)), middle];
}

function nextOf(state) {
  const { mood, words, choices } = state;
  const { forecast, why } = mood;
  if (!choices.metrics.forecast || !isOn(state.status)) return [];
  if (!forecast?.steps.length) {
    return why ? [bold(words.say("noForecast")), sentenceNode(sentences.why(why, words))] : [];
  }
  if (forecast.five) return headline(forecast.five, words);
  const { low, mid, high } = forecast.steps[0];
  return [words.say("next"), bold(words.score(mid)), words.likely(low, high)];
}

/** What the next five minutes may bring (from earlier pipelines: the next window), or why not. */
export function outlook() {
  const node = make("p", { id: "next" });
  return {
    node,
    show(state) {
      if (state.mood) node.replaceChildren(...nextOf(state));
    },
  };
}

function prospectsOf(five, words) {
  const likely = chances(five, words).map(([what, share]) => [what, " ", bold(share)]);
  const busy = activity(five, words);
  return [...likely, ...(busy ? [[busy]] : [])].map((parts) => make("li", {}, ...parts));
}

/** Chances, and how many messages are expected. */
export function prospects() {
  const node = make("ul", { id: "prospects" });
  return {
    node,
    show(state) {
      const { mood, words, choices } = state;
      const five = choices.metrics.forecast && isOn(state.status) && mood?.forecast?.five;
      const told = five ? prospectsOf(five, words) : [];
      node.hidden = !told.length;
      node.setAttribute("aria-label", words.say("five.next"));
      node.replaceChildren(...told);
    },
  };
}

/** How good the forecast has been: in words; of the five minutes also as a number, on demand. */
export function record() {
  const plain = make("p");
  const summary = make("summary");
  const mark = make("p");
  const more = make("details", {}, summary, mark);
  const node = make("div", { id: "record" }, plain, more);
  return {
    node,
    show({ mood, words, choices }) {
      const forecast = choices.metrics.forecast && choices.metrics.record && mood?.forecast;
      const said = forecast && grade(forecast, words);
      node.hidden = !said;
      if (!said) return;
      const { five } = forecast;
      const isMore = Boolean(five) && five.grade !== "new" && five.skill !== null;
      plain.hidden = isMore;
      more.hidden = !isMore;
      (isMore ? summary : plain).replaceChildren(bold(words.say("forecast")), " ", said);
      put(mark, isMore ? words.say("mark", { share: words.percent(five.skill) }) : "");
    },
  };
}
