// The browser source for OBS: parts of the extension on a page without a background. There is no
// Twitch around it: the channel is the link's, the rest is in the address.

import * as parts from "../extension/components.js";
import { make, put } from "../extension/dom.js";
import { sentiment } from "../extension/sentiment.js";
import { run } from "../extension/view.js";
import { choicesOf } from "./address.js";
import { fit, WIDTH } from "./fit.js";
import { meter } from "./meter.js";
import { gone } from "./words.js";

const CHART = { width: 304, height: 112, left: 18, right: 2, top: 6, bottom: 17, letter: 5.6 };
const ON_AIR = ["live", "quiet"];
const { body, documentElement: page } = document;
const main = document.getElementById("dld");
const choices = choicesOf(location.search, navigator.language);

const part = (name, { node, show }) => ({
  node: make("section", { class: `part ${name}` }, node),
  show,
});
const MAKERS = {
  meter,
  chart: () => part("chart", sentiment(CHART)),
  emotes: () => part("emotes", parts.received()),
  moment: () => part("moment", parts.moment()),
};

const header = parts.header();
const notice = parts.notice(document.getElementById("notice"));
const shown = choices.parts.map((name) => MAKERS[name]());
page.dataset.theme = choices.theme;
[main.dataset.first] = choices.parts;
main.prepend(header.node);
main.append(...shown.map(({ node }) => node));

/**
 * Lays the parts out anew: their heights are those of the style sheets, a streamer's own too. A part
 * that is empty for a window keeps its place, or those below it would jump; at the end none is seen.
 */
function layOut() {
  if (main.hidden) return;
  const nodes = shown.map(({ node }) => node);
  for (const node of nodes) node.classList.remove("no-room", "empty");
  const isEmpty = nodes.map((node) => !node.innerText.trim());
  const noChart = nodes.map((node, index) => isEmpty[index] && node.matches(".chart"));
  const heights = nodes.map((node, index) => (noChart[index] ? 0 : node.offsetHeight));
  const around = main.offsetHeight - nodes.reduce((sum, node) => sum + node.offsetHeight, 0);
  const room = { width: window.innerWidth, height: window.innerHeight };
  const { scale, shown: fits } = fit(heights, around, room);
  nodes.forEach((node, index) => {
    const isLast = isEmpty.slice(index).every(Boolean);
    node.classList.toggle("no-room", !fits[index]);
    node.classList.toggle("empty", isLast || noChart[index]);
  });
  main.style.transform = `scale(${scale * choices.size})`;
}

function draw(state) {
  const isOn = ON_AIR.includes(state.status);
  body.dataset.state = main.dataset.state = state.status;
  main.hidden = choices.hides && !isOn;
  main.setAttribute("aria-label", state.words.say("name"));
  [header, notice, ...shown].forEach((each) => each.show(state));
  if (state.trouble === "unknown") put(notice.node, gone(state.words.lang));
  notice.node.hidden = isOn; // while there is something to show, a lost connection is no news
  layOut();
}

main.style.width = `${WIDTH}px`;
window.addEventListener("resize", layOut);
new MutationObserver(layOut).observe(document.head, { childList: true }); // OBS's own CSS comes late
run({
  draw,
  joins: ({ onToken }) => onToken("link", ""),
  first: choices.language,
  source: { path: `${location.pathname}/mood`, signed: false },
});
