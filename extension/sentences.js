// The sentences that the pipeline writes in English, recognised and said in the viewer's language.
// One that is not recognised is shown as it came, marked as English.

const asItCame = (text) => ({ text, lang: "en" });
const DOT = " \u00b7 ";
/** A name of any script, so that one written from the right turns nothing round it. */
const isolated = (name) => `\u2068${name}\u2069`;

/** An emote with how often it was used; once is nothing to count. */
export const counted = (n, words) => (n > 1 ? ` \u00d7${words.count(n)}` : "");

/** What a moment was: "Laughter: KEKW ×43", how busy, and from what mood to what. */
function told({ kind, term, n, times, before, mood }, words) {
  const say = (key, values) => words.say(`moment.${key}`, values);
  const name = say(kind);
  const [from, to] = [before, mood].map((value) => value !== null && words.score(value));
  return [
    term ? say("named", { kind: name, term: isolated(term) + counted(n, words) }) : name,
    times > 1 && say("times", { n: words.count(times) }),
    from && to && from !== to && say("change", { from, to }),
  ]
    .filter(Boolean)
    .join(DOT);
}

/** A moment's sentence, in the same shape. */
export function moment(found, words) {
  return found.kind ? { text: told(found, words), lang: "" } : asTurn(found, words);
}

/** The sentence of a pipeline that knew of turns alone. */
function asTurn({ text }, words) {
  const found = /^Mood (rose|fell) to ([+-]\d\.\d\d)(?:, with (.+))?$/s.exec(text);
  if (!found) return asItCame(text);
  const [, way, mood, emote = ""] = found;
  const key = `moment.${way}${emote ? "With" : ""}`;
  return { text: words.say(key, { mood: words.score(+mood), emote }), lang: "" };
}

const WHY = new Map([
  ["the stream is offline", "offline"],
  ["the stream has just begun, or too little was said", "begun"],
  ["most of this chat is in a language that cannot be scored", "unread"],
]);

const READING = /^still reading the language of this chat: (\d+) messages in the last half hour$/;
const FEW = /^most of this chat is in a .+, and too few of its messages have emotes: (\d+)%$/;

/** Why there is no forecast, in the same shape. */
export function why(text, words) {
  const say = (key, values) => ({ text: words.say(`why.${key}`, values), lang: "" });
  const key = WHY.get(text);
  if (key) return say(key);
  const reading = READING.exec(text);
  if (reading) return say("reading", { messages: words.messages(+reading[1]) });
  const few = FEW.exec(text);
  return few ? say("few", { share: words.percent(few[1] / 100) }) : asItCame(text);
}
