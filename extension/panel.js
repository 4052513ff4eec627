// The panel below the video, and the same on a phone.

import * as parts from "./components.js";
import { prospects, record } from "./outlook.js";
import { sentiment } from "./sentiment.js";
import { run } from "./view.js";

const main = document.getElementById("panel");
const { view } = main.dataset;
const notice = parts.notice(document.getElementById("notice"));
const shown = [
  parts.header(),
  sentiment(),
  parts.received(),
  parts.recap(),
  parts.result(),
  prospects(),
  parts.signs(),
  parts.moment(),
  record(),
  parts.aloud(),
];
const header = shown[0];
main.prepend(header.node);
main.append(...shown.slice(1).map((part) => part.node));

run({
  draw(state) {
    const off = !state.choices.views[view];
    const current = off ? { ...state, mood: null, status: "waiting", trouble: "off" } : state;
    main.dataset.state = current.status;
    main.setAttribute("aria-label", current.words.say("name"));
    [notice, ...shown].forEach((part) => part.show(current));
  },
});
