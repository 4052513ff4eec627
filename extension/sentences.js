// The sentences that the pipeline writes in English, recognised and said in the viewer's language.
// One that is not recognised is shown as it came, marked as English.

const asItCame = (text) => ({ text, lang: "en" });

/** The forecast's record: {text, lang}; lang is "" where it is in the viewer's language. */
export function record({ record: sentence, skill }, words) {
  const say = (key, values) => ({ text: words.say(`record.${key}`, values), lang: "" });
  const skilled = (share) =>
    share > 0 ? say("skill", { share: words.percent(share) }) : say("even");
  if (!sentence) return skill === null ? say("new") : skilled(skill);
  if (sentence === "too new to have a record") return say("new");
  const short = /^too short a record to judge: (\d+) of (\d+) half minutes of chat$/.exec(sentence);
  if (short) return say("short", { n: words.count(+short[1]), of: words.count(+short[2]) });
  if (/^no better lately than .+, so that is what is shown$/.test(sentence)) return say("beaten");
  const known = /^lately knows (\d+)% of what can be known beyond/.exec(sentence);
  if (known) return say("skill", { share: words.percent(+known[1] / 100) });
  return asItCame(sentence);
}

/** A moment's sentence, in the same shape. */
export function moment({ text }, words) {
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
