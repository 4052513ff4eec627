// As large as the source allows: parts keep their order and their proportions, and what has no room
// is left out.

/** Width in px for which the parts are made; at scale 1 their text is 13 px high. */
export const WIDTH = 320;

/**
 * How parts of these heights (px at scale 1, in their order) fit into a source: {scale, shown:
 * which of them}. The first is always shown. around: height of what is there besides.
 */
export function fit(heights, around, { width, height }) {
  const widest = width / WIDTH;
  const least = Math.min(1, widest); // smaller text cannot be read
  const shown = [];
  let used = around;
  heights.forEach((part, index) => {
    const fits = (used + part) * least <= height;
    if (fits || index === 0) used += part;
    shown.push(fits || index === 0);
  });
  return { scale: Math.min(widest, height / used), shown };
}
