// The broadcaster's switches: kept by Twitch's configuration service and nowhere else.
// Everybody can read it there; it is at most 5 KB, and may be written 20 times a minute.

export const VERSION = "1";
export const VIEWS = ["panel", "component", "overlay", "mobile"];
export const METRICS = ["chart", "forecast", "received", "top", "moment", "record", "recap"];
export const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"];
export const SCALES = ["whole", "close"]; // of the chart: -1 to 1, or as near as its lines allow
export const LARGEST = 5 * 1024; // bytes

const all = (names, chosen) =>
  Object.fromEntries(names.map((name) => [name, chosen?.[name] !== false]));

const oneOf = (names, chosen) => (names.includes(chosen) ? chosen : names[0]);

/** Choices from anything: what is missing or is not understood is on, or the first of its list. */
function choicesOf(value) {
  return {
    views: all(VIEWS, value?.views),
    metrics: all(METRICS, value?.metrics),
    corner: oneOf(CORNERS, value?.corner),
    scale: oneOf(SCALES, value?.scale),
  };
}

/** The choices of Twitch.ext.configuration's broadcaster segment: {version, content} or undefined. */
export function readChoices(segment) {
  if (segment?.version !== VERSION) return choicesOf(null);
  try {
    return choicesOf(JSON.parse(segment.content));
  } catch {
    return choicesOf(null);
  }
}

/** The segment's content. Throws a RangeError for what Twitch would not take. */
export function writeChoices(choices) {
  const content = JSON.stringify({ v: 1, ...choicesOf(choices) });
  if (new TextEncoder().encode(content).length > LARGEST) throw new RangeError("longer than 5 KB");
  return content;
}
