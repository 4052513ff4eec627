// The preview page: which channel, which theme; the panel in its frame hears of both.
const LOOK_AGAIN_MS = 5000;
const UNKNOWN = { channel_id: "0", login: "a channel that DLD does not follow", source: "" };

const select = document.getElementById("channel");
const frame = document.getElementById("frame");
const page = document.getElementById("page");
let shown = "";

function option({ channel_id, login, source }) {
  const item = document.createElement("option");
  item.value = channel_id;
  item.textContent = source ? `${login} (${source})` : login;
  return item;
}

function show() {
  const query = new URLSearchParams({
    channel_id: select.value,
    anchor: "panel",
    mode: "viewer",
    platform: "web",
    language: "en",
  });
  frame.src = `panel.html?${query}`;
}

function sendTheme() {
  const theme = document.querySelector("input[name=theme]:checked").value;
  page.dataset.theme = theme;
  frame.contentWindow?.postMessage({ kind: "context", context: { theme } }, location.origin);
}

async function look() {
  let channels = [];
  try {
    const answer = await fetch("channels");
    if (answer.ok) channels = await answer.json();
  } catch {
    // the EBS is away; look again
  }
  document.getElementById("nothing").hidden = channels.length > 0;
  const found = JSON.stringify(channels);
  if (found !== shown) {
    shown = found;
    const before = select.value;
    select.replaceChildren(...[...channels, UNKNOWN].map(option));
    if (channels.some((channel) => channel.channel_id === before)) select.value = before;
    if (select.value !== before) show();
  }
  setTimeout(look, LOOK_AGAIN_MS);
}

select.addEventListener("change", show);
frame.addEventListener("load", sendTheme);
document.getElementById("controls").addEventListener("change", sendTheme);
look();
