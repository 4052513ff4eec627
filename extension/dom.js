// Elements from plain data. Text only ever goes in as text.

const SVG = "http://www.w3.org/2000/svg";

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** An HTML element; attributes of null or false are left out, of true are there without a value. */
export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function draw(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

export const bold = (text) => make("b", {}, text);

/** Writes a text only where it differs: a screen reader hears of changes, not of repetitions. */
export function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A text that may be in no language but English, marked so for screen readers and translators. */
export function sentenceNode({ text, lang }) {
  return lang ? make("span", { lang }, text) : text;
}
