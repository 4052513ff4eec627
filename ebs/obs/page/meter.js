// The mood as a needle between -1 and 1, with the band in which it lies where that is known.

import { score, scored } from "../extension/components.js";
import { make } from "../extension/dom.js";

const share = (mood) => `${((mood + 1) * 50).toFixed(1)}%`;

/** The part: {node, show(state)}. */
export function meter() {
  const said = score();
  const band = make("span", { class: "meter-band" });
  const needle = make("span", { class: "meter-needle" });
  const bar = make("div", { class: "meter-bar", "aria-hidden": "true" }, band, needle);
  const worst = make("span", {}, "\u25bc");
  const best = make("span", {}, "\u25b2");
  const ends = make("div", { class: "meter-ends", "aria-hidden": "true" }, worst, best);
  const node = make("section", { class: "part meter" }, said.node, bar, ends);
  return {
    node,
    show(state) {
      said.show(state);
      const { mood, status } = state;
      const { value } = mood ? scored(state) : { value: null };
      const five = status === "live" ? (mood?.now.five ?? null) : null;
      needle.hidden = value === null;
      band.hidden = value === null || five === null;
      if (!needle.hidden) needle.style.left = share(value);
      if (!band.hidden) {
        band.style.left = share(five.low);
        band.style.right = share(-five.high);
      }
    },
  };
}
