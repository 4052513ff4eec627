// Check boxes for what viewers see. What is chosen goes to Twitch's configuration service.

import { CORNERS, METRICS, SCALES, VERSION, VIEWS, writeChoices } from "./choices.js";
import { make, put } from "./dom.js";
import { keepChoices } from "./twitch.js";

/** Check boxes of one kind in a fieldset, with the texts at `say` in the set-up words. */
function boxes(names, kind, heading, say) {
  const legend = make("legend");
  const items = names.map((name) => {
    const box = make("input", { type: "checkbox", name: `${kind}.${name}` });
    const text = make("span");
    return { name, box, text, label: make("label", { class: "check" }, box, text) };
  });
  return {
    node: make("fieldset", {}, legend, ...items.map(({ label }) => label)),
    show(words, chosen) {
      put(legend, words.say(heading));
      for (const { name, box, text } of items) {
        put(text, words.say(`${say}.${name}`));
        box.checked = chosen[name];
      }
    },
    chosen: () => Object.fromEntries(items.map(({ name, box }) => [name, box.checked])),
  };
}

/** A list to choose one of; its texts are at `id` and `${id}s` in the set-up words. */
function picker(id, names) {
  const options = names.map((name) => make("option", { value: name }));
  const select = make("select", { id }, ...options);
  const label = make("label", { for: id });
  return {
    node: make("p", { class: "row" }, label, select),
    show(words, chosen) {
      put(label, words.say(id));
      options.forEach((option) => put(option, words.say(`${id}s.${option.value}`)));
      select.value = chosen;
    },
    chosen: () => select.value,
  };
}

/** Hands choices to Twitch: the key of the set-up words that says how it went. */
function keep(choices) {
  try {
    keepChoices(VERSION, writeChoices(choices));
    return "saved";
  } catch {
    return "notSaved";
  }
}

/** All choices, kept when the streamer saves: the part {node, show({setup, choices})}. */
export function choicesForm() {
  const title = make("h2");
  const views = boxes(VIEWS, "views", "views", "view");
  const metrics = boxes(METRICS, "metrics", "metrics", "metric");
  const scale = picker("scale", SCALES);
  const corner = picker("corner", CORNERS);
  const save = make("button", { type: "submit", class: "main" });
  const line = make("p", { id: "saved", role: "status" });
  const row = make("div", { class: "row" }, save, line);
  const pairs = make("div", { class: "pair" }, views.node, metrics.node);
  const form = make("form", { id: "choices" }, title, pairs, scale.node, corner.node, row);
  let words = null;
  let message = "";
  let newest = null; // what Twitch has said last
  let savedOver = null; // and had said when ours was saved: it need not repeat ours to us
  const chosen = () => ({
    views: views.chosen(),
    metrics: metrics.chosen(),
    scale: scale.chosen(),
    corner: corner.chosen(),
  });

  function say(key) {
    message = key;
    put(line, message && words.say(message));
  }

  form.addEventListener("change", () => say("unsaved"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(keep(chosen()));
    savedOver = newest;
  });
  return {
    node: form,
    show({ setup, choices }) {
      words = setup;
      newest = choices;
      put(title, words.say("shown"));
      put(save, words.say("save"));
      // never overwrite what is being chosen, nor what was saved with what was before
      const current = message === "unsaved" || savedOver === newest ? chosen() : choices;
      views.show(words, current.views);
      metrics.show(words, current.metrics);
      scale.show(words, current.scale);
      corner.show(words, current.corner);
      say(message);
    },
  };
}

/** The views alone, each switched at once: the part {node, show({setup, choices})}. */
export function switches() {
  const KEEP_AFTER_MS = 3_000; // Twitch takes 20 a minute: quick changes go together
  const views = boxes(VIEWS, "views", "switches", "view");
  const line = make("p", { id: "saved", role: "status" });
  let words = null;
  let newest = null;
  let savedOver = null;
  let timer = 0;
  views.node.addEventListener("change", () => {
    clearTimeout(timer);
    put(line, words.say("unsaved"));
    timer = setTimeout(() => {
      timer = 0;
      put(line, words.say(keep({ ...newest, views: views.chosen() })));
      savedOver = newest;
    }, KEEP_AFTER_MS);
  });
  return {
    node: make("form", { id: "switches" }, views.node, line),
    show({ setup, choices }) {
      words = setup;
      newest = choices;
      views.show(words, timer || savedOver === newest ? views.chosen() : choices.views);
    },
  };
}
