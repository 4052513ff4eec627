// A mood as a face: told by its mouth, and by its colour only besides.

import { draw } from "./dom.js";

const MOUTHS = { positive: "M5 9.8q3 3.2 6 0", neutral: "M5.2 10.8h5.6", negative: "M5 11.8q3-3.2 6 0" };

/** The face of a label ("positive", "neutral" or "negative") as an <svg>. */
export function face(label) {
  return draw(
    "svg",
    { class: "face", "data-mood": label, viewBox: "0 0 16 16" },
    draw("circle", { class: "head", cx: 8, cy: 8, r: 7.1 }),
    draw("circle", { class: "eye", cx: 5.5, cy: 6.2, r: 1.05 }),
    draw("circle", { class: "eye", cx: 10.5, cy: 6.2, r: 1.05 }),
    draw("path", { class: "mouth", d: MOUTHS[label] }),
  );
}
