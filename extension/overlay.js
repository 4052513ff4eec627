// The views over the video, component and overlay: the score on a button, and a card that the
// button opens. Only while there is chat to tell about; at other times nothing is in the way.

import { SMALL } from "./chart.js";
import { make, put } from "./dom.js";
import * as parts from "./components.js";
import { outlook, prospects, record } from "./outlook.js";
import { sentiment } from "./sentiment.js";
import { run } from "./view.js";

const KEPT = "dld-open";
const main = document.getElementById("small");
const { view } = main.dataset;
const score = parts.score("span");
const heading = make("h1", { class: "unseen-text" });
const shown = [
  sentiment({ size: SMALL, titled: false }),
  parts.received(),
  parts.signs(),
  outlook(),
  prospects(),
  record(),
];
const button = make("button", { id: "toggle", type: "button", "aria-controls": "card" }, score.node);
const card = make("div", { id: "card" }, ...shown.map((part) => part.node));
const body = make("div", { id: "body" }, heading, button, card);
main.append(body);

let words = null;
let open = remembered();

/** Storage may be closed to a frame: then each visit begins with the card closed. */
function remembered() {
  try {
    return localStorage.getItem(KEPT) === "1";
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(KEPT, open ? "1" : "0");
  } catch {
    // the next visit begins with the card closed
  }
}

function fold() {
  card.hidden = !open;
  main.dataset.open = String(open);
  button.setAttribute("aria-expanded", String(open));
  button.title = words?.say(open ? "close" : "open") ?? "";
}

function toggle(wanted) {
  open = wanted;
  remember();
  fold();
}

button.addEventListener("click", () => toggle(!open));
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !open) return;
  toggle(false);
  button.focus();
});

const notice = parts.notice(document.getElementById("notice"));
const framed = window.top !== window;

run({
  draw(state) {
    ({ words } = state);
    const on = state.choices.views[view] && ["live", "quiet"].includes(state.status);
    main.dataset.state = on ? state.status : "away";
    if (view === "overlay") main.dataset.corner = state.choices.corner; // a component has a place
    main.setAttribute("aria-label", words.say("name"));
    put(heading, words.say("name"));
    body.hidden = !on;
    notice.show(state);
    // Over the video a trouble is not the viewer's: told only to whoever opened this by itself.
    notice.node.hidden = on || framed;
    fold();
    if (on) [score, ...shown].forEach((part) => part.show(state));
  },
});
