// The feed of moods: broadcasts where they come, questions where they do not.

import { isOver, newest } from "./token.js";

const WINDOW_MS = 30_000;
const HIDDEN_MS = 120_000; // nobody looks: less often
const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
const TOKEN_MS = 5_000; // between looks for a new token: nobody is asked
const UNKNOWN_MS = 60_000; // 404: the channel may be followed soon
const AFTER_PUBLISH_MS = 1_500; // ask a little after a body was made, not on its stroke
const SPREAD_MS = 8_000; // and not every viewer in the same moment
const BROADCAST_LATE_MS = 15_000; // a broadcast may take its time
const BROADCAST_SPREAD_MS = 30_000; // all viewers miss the same one: they must not ask together
const BROADCAST_GONE_MS = 90_000; // none for three windows: there are none
const LONGEST_BODY = 65_536; // characters; the contract says 5 KB

const kindOf = (status) => ({ 401: "unauthorised", 404: "unknown" })[status] ?? "server";

/** The answer's text; a longer one is left unread. Throws a RangeError then. */
async function textOf(answer) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    if (text.length > LONGEST_BODY) {
      reader.cancel().catch(() => {});
      throw new RangeError("longer than any body of DLD");
    }
    if (done) return text;
  }
}

/**
 * Follows GET {base}{path} from the first token on; the token is sent where `signed`.
 *
 * onBody(text, {serverNow, heard}): a body as text; serverNow is the server's clock (ms since the
 * epoch) when it came, or null where it is not known; heard: it was broadcast. Throw in it, and it
 * counts as garbage. Returns {generatedAt} (ms), or null for a broadcast that is not newer.
 * onTrouble(kind): "network", "unauthorised", "unknown" (404), "server" (other) or "garbage".
 */
export function follow({ base, path = "/v1/mood", signed = true, onBody, onTrouble }) {
  let token = null;
  let refusedToken = null; // by the EBS, with 401
  let timer = 0;
  let failures = 0;
  let running = null;
  let away = false; // Twitch hides the view
  let updatedAt = -Infinity; // when a body came last, by this page's clock
  let heardAt = -Infinity; // and when one was broadcast
  let serverClock = null; // ms to add to performance.now() for the server's time

  const unseen = () => document.hidden || away;
  const serverNow = () => (serverClock === null ? null : performance.now() + serverClock);

  function plan(delay) {
    clearTimeout(timer);
    timer = setTimeout(ask, delay);
  }

  function planAfter(generatedAt, now) {
    failures = 0;
    updatedAt = performance.now();
    const due = generatedAt + WINDOW_MS - now;
    if (updatedAt - heardAt < BROADCAST_GONE_MS) {
      const wait = Math.min(Math.max(due, 0), WINDOW_MS) + BROADCAST_LATE_MS;
      return plan(wait + Math.random() * BROADCAST_SPREAD_MS);
    }
    if (unseen()) return plan(HIDDEN_MS);
    const next = due + AFTER_PUBLISH_MS;
    const wait = next > 0 && next <= WINDOW_MS + AFTER_PUBLISH_MS ? next : WINDOW_MS / 3;
    return plan(wait + Math.random() * SPREAD_MS);
  }

  function planRetry(atLeast = 0) {
    const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
    plan(Math.max(atLeast, backoff) * (0.75 + Math.random() / 2));
  }

  /** Whether the token is over: by the EBS's clock, or by the page's where the EBS agrees. */
  const over = () => isOver(token, serverNow() ?? (token === refusedToken ? Date.now() : -Infinity));

  /** A token that is over is not sent again: the helper may come to hold a newer one, or call. */
  function waitForToken() {
    onTrouble("unauthorised");
    plan(TOKEN_MS);
  }

  async function ask() {
    if (!token || running) return;
    if (over() || token === refusedToken) token = newest(token);
    if (over()) return waitForToken();
    running = new AbortController();
    const { signal } = running;
    const timeout = setTimeout(() => running?.abort(), TIMEOUT_MS);
    try {
      const answer = await fetch(`${base}${path}`, {
        headers: signed ? { Authorization: `Bearer ${token}` } : {},
        cache: "no-cache", // asks with the ETag: an unchanged body costs a 304
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal,
      });
      if (answer.ok) await take(answer);
      else refused(answer);
    } catch {
      onTrouble("network");
      planRetry();
    } finally {
      clearTimeout(timeout);
      running = null;
    }
  }

  async function take(answer) {
    const now = Date.parse(answer.headers.get("date") ?? "") || Date.now();
    serverClock = now - performance.now();
    let taken = null;
    try {
      taken = onBody(await textOf(answer), { serverNow: now, heard: false });
    } catch (error) {
      if (error.name === "AbortError" || error.message === "network error") throw error;
      onTrouble("garbage");
      return planRetry();
    }
    return planAfter(taken.generatedAt, now);
  }

  function refused(answer) {
    const kind = kindOf(answer.status);
    if (kind === "unauthorised") {
      refusedToken = token;
      token = newest(token);
      if (token !== refusedToken) return plan(0);
      if (over()) return waitForToken();
    }
    onTrouble(kind);
    if (kind === "unknown") return plan(UNKNOWN_MS * (1 + Math.random() / 4));
    const asked = Number(answer.headers.get("retry-after")) * 1000 || 0;
    return planRetry(Math.min(asked, LONGEST_RETRY_MS));
  }

  /** Asks now where what is known is older than a window. */
  function wake() {
    if (token && !unseen() && performance.now() - updatedAt > WINDOW_MS) plan(0);
  }

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", () => token && plan(Math.random() * 1_000));
  return {
    /**
     * A token from Twitch's helper: the first starts it all, a later one replaces it. isOther: it is
     * another channel's, of which nothing is known.
     */
    authorise(newToken, isOther = false) {
      const waiting = !token || failures > 0 || isOther || token === refusedToken || over();
      token = newToken;
      if (waiting) plan(0);
      else wake();
    },
    /** A message of Extension PubSub; what is not a newer mood is passed over in silence. */
    heard(text) {
      try {
        if (typeof text !== "string" || text.length > LONGEST_BODY) return;
        const taken = onBody(text, { serverNow: serverNow(), heard: true });
        if (!taken) return;
        heardAt = performance.now();
        planAfter(taken.generatedAt, serverNow() ?? taken.generatedAt);
      } catch {
        // the next question brings what this should have been
      }
    },
    /** Whether Twitch shows the view. */
    shown(visible) {
      away = !visible;
      wake();
    },
  };
}
