// The preview page: it chooses for the views around it what Twitch would, and shows what they do.
// The choices are in the address, so that what is seen can be passed on.
const LOOK_AGAIN_MS = 5000;
const SOON_MS = 1000; // while there is nothing to show, or something comes first
const MOST_LINES = 200;
const UNKNOWN = { channel_id: "0", login: "a channel that DLD does not follow", source: "" };
const LANGUAGES = {
  en: "English", de: "Deutsch", es: "Español", fr: "Français", pt: "Português", ja: "日本語",
  zh: "中文", nl: "Nederlands (not translated)",
};
const ANCHORS = { video_overlay: "video_overlay", video_component: "component" };
const MODES = { config: "config", live_config: "dashboard" };
const STREAMERS = new Set(["config", "live_config"]); // only they open these

const element = (id) => document.getElementById(id);
const frames = [...document.querySelectorAll("iframe[data-view]")];
const page = element("page");
const asked = new URLSearchParams(location.search);
let shown = "";
let wanted = asked.get("channel") ?? "";
let published = []; // channels, as the EBS lists them
let sent = ""; // the newest mood that was broadcast

const theme = () => document.querySelector("input[name=theme]:checked").value;

function option(value, text) {
  const item = document.createElement("option");
  item.value = value;
  item.textContent = text;
  return item;
}

function start() {
  element("language").append(...Object.entries(LANGUAGES).map((pair) => option(...pair)));
  for (const id of ["language", "role", "stream"]) {
    const value = asked.get(id);
    if (value && [...element(id).options].some((known) => known.value === value)) element(id).value = value;
  }
  if (asked.get("theme") === "light") document.querySelector("input[value=light]").checked = true;
  element("visible").checked = asked.get("visible") !== "no";
  element("broadcasts").checked = asked.get("broadcasts") === "yes";
  page.dataset.theme = theme();
}

/** Writes the choices into the address, without the defaults. */
function remember() {
  const choices = {
    channel: element("channel").value || wanted, // while none is there
    theme: theme(),
    language: element("language").value,
    role: element("role").value,
    stream: element("stream").value,
    visible: element("visible").checked ? "yes" : "no",
    broadcasts: element("broadcasts").checked ? "yes" : "no",
  };
  history.replaceState(null, "", `?${new URLSearchParams(choices)}`);
}

function addressOf(view) {
  const query = new URLSearchParams({
    channel_id: element("channel").value,
    role: STREAMERS.has(view) ? "broadcaster" : element("role").value,
    anchor: ANCHORS[view] ?? "panel",
    mode: MODES[view] ?? "viewer",
    platform: view === "mobile" ? "mobile" : "web",
    language: element("language").value,
    theme: theme(),
    stream: element("stream").value,
  });
  return `${view}.html?${query}`;
}

/** The source for OBS, a page of its own, in the language and theme that were chosen. */
function link() {
  const { obs } = published.find(({ channel_id }) => channel_id === element("channel").value) ?? {};
  const query = new URLSearchParams({ lang: element("language").value, theme: theme() });
  element("obs").hidden = !obs;
  element("obs").href = obs ? `${obs}?${query}` : "";
}

function show() {
  remember();
  link();
  for (const frame of frames) frame.src = addressOf(frame.dataset.view);
}

const tell = (order, to = frames) => {
  for (const frame of to) frame.contentWindow?.postMessage(order, location.origin);
};

// The broadcaster's configuration, which Twitch would keep.
const kept = () => `dld-preview-${element("channel").value}`;
function segment() {
  try {
    return JSON.parse(localStorage.getItem(kept()) ?? "null");
  } catch {
    return null; // not what this page wrote
  }
}
const configure = (to) => tell({ kind: "configuration", segment: segment() }, to);
const showOrHide = (to) => tell({ kind: "visibility", visible: element("visible").checked }, to);

function loaded(frame) {
  tell({ kind: "context", context: { theme: theme(), language: element("language").value } }, [frame]);
  configure([frame]);
  if (!element("visible").checked) showOrHide([frame]);
}

function log(view, text) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  const name = document.createElement("b");
  time.textContent = new Date().toLocaleTimeString();
  name.textContent = view;
  item.append(time, name, text);
  const list = element("did");
  list.prepend(item);
  while (list.children.length > MOST_LINES) list.lastChild.remove();
}

/** Hands the mood to every view as Extension PubSub would: once a window, as it is published. */
async function broadcast(again) {
  const channel_id = element("channel").value;
  if (!channel_id) return again && log("preview", "nothing to broadcast yet");
  const signed = await fetch(`token?${new URLSearchParams({ channel_id })}`);
  const { token } = await signed.json();
  const headers = { Authorization: `Bearer ${token}` };
  // What the browser kept of a view's poll in the same second would be the mood before.
  const answer = await fetch("/v1/mood", { headers, cache: "no-store" });
  const text = await answer.text();
  if (!answer.ok) return again && log("preview", `nothing to broadcast: ${answer.status}`);
  if (text !== sent || again) tell({ kind: "broadcast", text });
  sent = text;
}

const whileAway = () => log("preview", "the EBS is away");

async function look() {
  let channels = [];
  let coming = "";
  try {
    const answer = await fetch("channels");
    if (answer.ok) ({ channels, coming } = await answer.json());
    if (element("broadcasts").checked) await broadcast(false);
  } catch {
    // the EBS is away; look again
  }
  element("coming").textContent = coming;
  element("coming").hidden = !coming;
  element("nothing").hidden = channels.length > 0 || coming;
  published = channels;
  const found = JSON.stringify(channels);
  if (found !== shown && channels.length) {
    shown = found; // without a channel the views wait
    const select = element("channel");
    select.disabled = false;
    const before = select.value;
    const named = ({ channel_id, login, source }) => option(channel_id, source ? `${login} (${source})` : login);
    select.replaceChildren(...[...channels, UNKNOWN].map(named));
    const idOf = (name) =>
      channels.find((one) => one.channel_id === name || one.login === name.toLowerCase())?.channel_id;
    const chosen = idOf(wanted) ?? idOf(before);
    if (chosen) select.value = chosen;
    if (select.value !== before) show();
    else link(); // it may be a new one
  }
  setTimeout(look, coming || !channels.length ? SOON_MS : LOOK_AGAIN_MS);
}

const changes = {
  channel() {
    wanted = element("channel").value;
    show();
  },
  role: show,
  stream: show,
  visible: () => showOrHide(frames),
  language: () => tell({ kind: "context", context: { language: element("language").value } }),
};

element("controls").addEventListener("change", ({ target }) => {
  if (target.name === "theme") {
    page.dataset.theme = theme();
    tell({ kind: "context", context: { theme: theme() } });
  }
  changes[target.id]?.();
  remember();
  link();
});
element("broadcast").addEventListener("click", () => broadcast(true).catch(whileAway));
element("refresh").addEventListener("click", () => tell({ kind: "refresh" }));
for (const frame of frames) frame.addEventListener("load", () => loaded(frame));
window.addEventListener("message", ({ origin, source, data }) => {
  const frame = frames.find(({ contentWindow }) => contentWindow === source);
  if (origin !== location.origin || !frame) return;
  if (data.kind === "did") log(frame.dataset.view, data.text);
  if (data.kind !== "configured") return;
  localStorage.setItem(kept(), JSON.stringify(data.segment));
  configure(frames);
});
start();
look();
