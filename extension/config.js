// The streamer's page: the channel, what viewers see, and what is kept.

import { channel } from "./channel.js";
import { choicesForm } from "./choices_form.js";
import { make, put } from "./dom.js";
import * as parts from "./components.js";
import { SETUP, setupWords } from "./setup_words.js";
import { run } from "./view.js";

const main = document.getElementById("config");
const title = main.querySelector("h1"); // there from the first paint: a name needs no language
const intro = make("p", { id: "intro" });
const own = channel();
const choices = choicesForm();
const keptTitle = make("h2");
const keptText = make("p");
const kept = make("section", { id: "kept" }, keptTitle, keptText);
const notice = parts.notice(document.getElementById("notice"));
main.prepend(title, intro);
main.append(own.node, choices.node, kept);

let setup = SETUP;
let spoken = null;

function show(state) {
  const current = { ...state, setup };
  document.title = setup.say("title");
  main.setAttribute("aria-label", setup.say("title"));
  put(title, setup.say("title"));
  put(intro, setup.say("intro"));
  put(keptTitle, setup.say("kept"));
  put(keptText, setup.say("keptText"));
  [notice, own, choices].forEach((part) => part.show(current));
}

run({
  polls: false,
  async draw(state) {
    main.dataset.state = state.trouble ? "waiting" : "ready";
    if (spoken !== state.words) {
      spoken = state.words;
      setup = await setupWords(state.words);
    }
    show(state);
  },
  onToken: (token) => own.authorise(token),
});
