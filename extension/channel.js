// The streamer's own channel: whether DLD follows it, and the three things to ask for. What cannot
// be undone is asked twice, in the page: Twitch allows no dialogs.

import { request, stateOf } from "./channel_api.js";
import { make, put } from "./dom.js";
import { EBS } from "./settings.js";
import { isOver, newest } from "./token.js";

const LOGIN = /^[A-Za-z0-9_]{1,25}$/;
const ASK_AGAIN_MS = 20_000; // a request waits for the pipeline to take it

/** The part: {node, show({setup}), authorise(token)}. */
export function channel() {
  const title = make("h2", { id: "channel-name" });
  const status = make("p", { id: "followed", role: "status" });
  const login = make("input", {
    ...{ id: "login-field", name: "login", autocomplete: "off", spellcheck: "false" },
    ...{ maxlength: 25, "aria-describedby": "login-wrong" },
  });
  const label = make("label", { for: "login-field" });
  const wrong = make("p", { id: "login-wrong", class: "wrong" });
  const follow = make("button", { type: "submit", class: "main" });
  const form = make("form", { id: "opt-in" }, label, make("div", { class: "row" }, login, follow), wrong);
  const leave = make("button", { type: "button", id: "opt-out" });
  const erase = make("button", { type: "button", id: "delete", class: "grave" });
  const yes = make("button", { type: "button", id: "yes", class: "grave" });
  const no = make("button", { type: "button", id: "no" });
  const question = make("p", { id: "question" });
  const row = make("div", { class: "row" }, yes, no);
  const sure = make("div", { id: "sure", role: "group", "aria-labelledby": "question" }, question, row);
  const asks = make("div", { class: "row", id: "asks" }, leave, erase);
  const done = make("p", { id: "done", role: "status" });
  const refusal = make("span");
  const reason = make("span", { lang: "en" }); // as the pipeline wrote it
  const refused = make("p", { id: "refused", class: "wrong", role: "status" }, refusal, " ", reason);
  const named = { id: "channel", "aria-labelledby": "channel-name" };
  const node = make("section", named, title, status, form, asks, sure, done, refused);

  let words = null;
  let token = null;
  let known = null; // {state, login, refused} of the EBS
  let awaited = null; // the state before what was asked for: another one says that it was done
  let asked = ""; // what the streamer is asked to be sure of
  let trouble = null;
  let notice = "";
  let busy = false;
  let timer = 0;

  function statusText() {
    if (trouble) return words.say(trouble.kind === "server" ? "notTold" : `failed.${trouble.kind}`);
    if (!known) return words.say("asking");
    return words.say(`state.${known.state}`, { login: known.login || words.say("yours") });
  }

  function texts() {
    put(title, words.say("channel"));
    put(status, statusText());
    put(label, words.say("login"));
    put(follow, words.say("optIn"));
    put(leave, words.say("optOut"));
    put(erase, words.say("delete"));
    put(question, asked && words.say(`sure.${asked}`));
    put(yes, asked && words.say(`yes.${asked}`));
    put(no, words.say("no"));
    put(done, notice && words.say(notice));
    put(refusal, known?.refused ? words.say("refused") : "");
    put(reason, known?.refused ?? "");
  }

  function show() {
    if (!words) return;
    texts();
    const state = known?.state;
    form.hidden = !["unknown", "opted_out"].includes(state) || asked !== "";
    leave.hidden = !["followed", "requested"].includes(state);
    asks.hidden = !known || asked !== "";
    sure.hidden = asked === "";
    refused.hidden = !known?.refused;
    for (const button of [follow, leave, erase, yes, no]) button.disabled = busy;
  }

  /** Asks with the token; once more where the helper holds a newer one by then. */
  async function withToken(question) {
    try {
      return await question(token);
    } catch (error) {
      const newer = error.kind === "unauthorised" ? newest(token) : token;
      if (newer === token) throw error;
      token = newer;
      return question(token);
    }
  }

  /** The token was refused, and it is over: it is not sent again, the next one is waited for. */
  const isRefused = () => trouble?.kind === "unauthorised" && isOver(token, Date.now());

  async function look() {
    clearTimeout(timer);
    if (!token) return;
    if (isRefused()) token = newest(token);
    if (isRefused()) {
      timer = setTimeout(look, ASK_AGAIN_MS);
      return;
    }
    try {
      known = await withToken((own) => stateOf(EBS, own));
      trouble = null;
      if (known.login && !login.value) login.value = known.login;
    } catch (error) {
      trouble = error;
    }
    settle();
    const waits = awaited !== null || known?.state === "requested";
    if (trouble || waits) timer = setTimeout(look, ASK_AGAIN_MS);
    show();
  }

  /** What was asked for has been done, or refused. */
  function settle() {
    if (trouble || awaited === null) return;
    if (!known.refused && [awaited, "requested"].includes(known.state)) return;
    awaited = null;
    notice = "";
  }

  async function send(what) {
    busy = true;
    notice = "";
    show();
    try {
      await withToken((own) => request(EBS, own, what, login.value.trim().toLowerCase()));
      notice = `done.${what}`;
      awaited = known?.state ?? "";
    } catch (error) {
      notice = `failed.${error.kind ?? "server"}`;
    }
    busy = false;
    await look();
  }

  function askFor(what) {
    asked = what;
    notice = "";
    show();
    no.focus(); // the harmless answer is the nearest
  }

  function close() {
    const from = asked === "delete" ? erase : leave;
    asked = "";
    show();
    from.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fits = LOGIN.test(login.value.trim());
    login.setAttribute("aria-invalid", String(!fits));
    put(wrong, fits ? "" : words.say("loginWrong"));
    if (fits) send("opt-in");
    else login.focus();
  });
  leave.addEventListener("click", () => askFor("opt-out"));
  erase.addEventListener("click", () => askFor("delete"));
  no.addEventListener("click", close);
  sure.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  yes.addEventListener("click", async () => {
    const what = asked;
    asked = "";
    await send(what);
  });

  return {
    node,
    show(state) {
      words = state.setup;
      show();
    },
    authorise(newToken) {
      const first = !token || trouble;
      token = newToken;
      if (first) look();
    },
  };
}
