// The base of every view: token, language, theme, choices and the newest mood. A view draws.

import { follow } from "./api.js";
import { readChoices } from "./choices.js";
import { readMood, statusAt } from "./mood.js";
import { EBS } from "./settings.js";
import { firstLanguage, join } from "./twitch.js";
import { ENGLISH, wordsOf } from "./words.js";

const LOOK_MS = 5_000; // how often what has grown old is noticed

/**
 * Runs a view. draw(state) is called whenever anything has changed:
 * {status: one of the body's or "waiting", mood: of mood.js or null, trouble: a key of
 * words.notices or "", words, choices, context: of Twitch}. onToken(token) is told each token.
 * polls: whether the view shows the mood at all. joins, first, source: of a page that is not
 * Twitch's: what stands for the helper, its language, and what `follow` asks.
 */
export function run({
  draw,
  onToken = () => {},
  polls = true,
  joins = join,
  first = firstLanguage,
  source = {},
}) {
  const state = {
    status: "waiting",
    mood: null,
    trouble: "loading",
    words: ENGLISH,
    choices: readChoices(undefined),
    context: {},
  };
  let channel = "";
  let language = "";
  let bornAt = 0; // when the body was made, by this page's own monotonic clock

  function show() {
    state.status = state.mood ? statusAt(state.mood, performance.now() - bornAt) : "waiting";
    draw(state);
  }

  async function speak(tag) {
    if (!tag || tag === language) return;
    language = tag;
    const words = await wordsOf(tag);
    if (language !== tag) return; // switched again meanwhile
    state.words = words;
    document.documentElement.lang = words.lang;
    document.title = words.say("title");
    show();
  }

  function take(text, { serverNow, heard }) {
    const mood = readMood(text);
    const known = state.mood?.generatedAt ?? -Infinity;
    if (heard && (mood.channelId !== channel || mood.generatedAt <= known)) return null;
    if (channel && mood.channelId !== channel) throw new TypeError("of another channel");
    const before = { mood: state.mood, trouble: state.trouble };
    const bornBefore = bornAt;
    bornAt = performance.now() - Math.max(0, (serverNow ?? mood.generatedAt) - mood.generatedAt);
    Object.assign(state, { mood, trouble: "" });
    try {
      show();
    } catch (error) {
      bornAt = bornBefore;
      Object.assign(state, before); // what cannot be drawn must not be tried again and again
      throw error;
    }
    return mood;
  }

  /** The channel whose token came. Twitch names another only for a page that it uses again. */
  function watch(channelId) {
    const named = String(channelId ?? "");
    const isOther = channel !== "" && named !== channel;
    channel = named;
    if (isOther) Object.assign(state, { mood: null, trouble: "loading" });
    if (isOther) show();
    return isOther;
  }

  function inTrouble(kind) {
    state.trouble = kind;
    if (kind === "unknown") state.mood = null; // what was known of it is withdrawn
    show();
  }

  const feed = follow({ base: EBS, ...source, onBody: take, onTrouble: inTrouble });
  const spoken = speak(first);
  setInterval(() => {
    if (state.mood && statusAt(state.mood, performance.now() - bornAt) !== state.status) show();
  }, LOOK_MS);
  // In the right language from the first text on.
  spoken.then(() =>
    joins({
      onToken(token, channelId) {
        if (["helper", "alone"].includes(state.trouble)) inTrouble("loading");
        const isOther = watch(channelId);
        if (polls) feed.authorise(token, isOther);
        else inTrouble("");
        onToken(token);
      },
      onContext(context) {
        Object.assign(state.context, context);
        const { theme } = state.context;
        if (theme) document.documentElement.dataset.theme = theme === "light" ? "light" : "dark";
        speak(context.language);
        show();
      },
      onVisible: (visible) => feed.shown(visible),
      onBroadcast: (text) => polls && feed.heard(text),
      onChoices(segment) {
        state.choices = readChoices(segment);
        show();
      },
      onTrouble: inTrouble,
    }),
  );
}
