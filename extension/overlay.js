// The views over the video, component and overlay: the score on a button, and a card that the
// button opens. While there is no score, a line in its place says what is waited for.

import { SMALL } from "./chart.js";
import { make, put } from "./dom.js";
import * as parts from "./components.js";
import { isOn } from "./mood.js";
import { outlook, prospects, record } from "./outlook.js";
import { sentiment } from "./sentiment.js";
import { run } from "./view.js";

const KEPT = "dld-open";
const main = document.getElementById("small");
const { view } = main.dataset;
const score = parts.score("span");
const heading = make("h1", { class: "unseen-text" });
const shown = [
  sentiment(SMALL),
  parts.received(),
  parts.signs(),
  outlook(),
  prospects(),
  parts.moment(),
  record(),
];
const aloud = parts.aloud(); // beside the card: nothing is read from what is folded away
const button = make("button", { id: "toggle", type: "button", "aria-controls": "card" }, score.node);
const card = make("div", { id: "card" }, ...shown.map((part) => part.node));
const body = make("div", { id: "body" }, heading, button, card, aloud.node);
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

run({
  draw(state) {
    ({ words } = state);
    const isWanted = state.choices.views[view];
    const on = isWanted && isOn(state.status);
    main.dataset.state = on ? state.status : "away";
    if (view === "overlay") main.dataset.corner = state.choices.corner; // a component has a place
    main.setAttribute("aria-label", words.say("name"));
    put(heading, words.say("name"));
    body.hidden = !on;
    notice.show(state);
    if (state.status === "offline") put(notice.node, words.say("why.offline"));
    notice.node.hidden = on || !isWanted;
    fold();
    if (on) [score, aloud, ...shown].forEach((part) => part.show(state));
  },
});
