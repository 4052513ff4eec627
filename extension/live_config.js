// The streamer's dashboard while on air: the mood as viewers see it, and which views are on.

import { switches } from "./choices_form.js";
import { make, put } from "./dom.js";
import * as parts from "./components.js";
import { prospects, record } from "./outlook.js";
import { sentiment } from "./sentiment.js";
import { SETUP, setupWords } from "./setup_words.js";
import { run } from "./view.js";

const main = document.getElementById("config");
const notice = parts.notice(document.getElementById("notice"));
const header = parts.header();
const heading = document.getElementById("on-air"); // there from the first paint
const shown = [
  sentiment(),
  parts.received(),
  parts.recap(),
  parts.result(),
  prospects(),
  parts.moment(),
  record(),
  parts.aloud(),
];
const views = switches();
const mood = make("div", { id: "mood" }, ...shown.map((part) => part.node));
main.prepend(header.node, heading);
main.append(mood, views.node);

let setup = SETUP;
let spoken = null;

run({
  async draw(state) {
    main.dataset.state = state.status;
    if (spoken !== state.words) {
      spoken = state.words;
      setup = await setupWords(state.words);
    }
    const current = { ...state, setup };
    main.setAttribute("aria-label", setup.say("yourChat"));
    put(heading, setup.say("yourChat"));
    mood.hidden = !state.mood;
    [notice, header, ...shown, views].forEach((part) => part.show(current));
  },
});
