// What the page's address asks for. Whatever it does not know it leaves at its default: an address
// may be anybody's, and nothing of it is shown.

export const PARTS = ["meter", "chart", "emotes", "moment"];
const THEMES = ["none", "dark", "light"];
const LANGUAGE = /^[a-z]{2}(-[a-z]{2,4})?$/i;
const LEAST = 25; // percent

function partsOf(value) {
  const asked = [...new Set((value ?? "").split(","))].filter((name) => PARTS.includes(name));
  return asked.length ? asked : PARTS;
}

/** The size in percent of the largest that fits, as a share: .25 to 1. */
function sizeOf(value) {
  const percent = /^\d{1,3}$/.test(value ?? "") ? Number(value) : 100;
  return percent >= LEAST && percent <= 100 ? percent / 100 : 1;
}

/**
 * Of an address's query: {parts: names in their order, theme, size, language: a tag, hides:
 * whether nothing is shown while there is no chat to tell of}.
 */
export function choicesOf(search, browsers = "en") {
  const query = new URLSearchParams(search);
  const theme = query.get("theme");
  const language = query.get("language") ?? query.get("lang") ?? "";
  return {
    parts: partsOf(query.get("parts")),
    theme: THEMES.includes(theme) ? theme : THEMES[0],
    size: sizeOf(query.get("size")),
    language: LANGUAGE.test(language) ? language : browsers,
    hides: query.get("idle") === "hide",
  };
}
