// Fetches the mood: in step with the windows, with the newest token, patient when it fails.

const WINDOW_MS = 30_000;
const HIDDEN_MS = 120_000; // nobody looks: less often
const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
const UNKNOWN_MS = 60_000; // 404: the channel may be followed soon
const AFTER_PUBLISH_MS = 1_500; // ask a little after a body was made, not on its stroke
const SPREAD_MS = 3_000; // and not every viewer in the same moment
const LONGEST_BODY = 65_536; // characters; the contract says 5 KB

const kindOf = (status) => ({ 401: "unauthorised", 404: "unknown" })[status] ?? "server";

/**
 * Polls GET {base}/v1/mood from the first token on.
 *
 * onBody(text, {serverNow}): a body as text; serverNow is the server's clock (ms since
 * the epoch) when it answered. Throw in it, and it counts as garbage. Returns {generatedAt} (ms).
 * onTrouble(kind): "network", "unauthorised", "unknown" (404), "server" (other) or "garbage".
 */
export function follow({ base, onBody, onTrouble }) {
  let token = null;
  let timer = 0;
  let failures = 0;
  let running = null;
  let lastAsked = 0;

  function plan(delay) {
    clearTimeout(timer);
    timer = setTimeout(ask, delay);
  }

  function planAfter(generatedAt, serverNow) {
    failures = 0;
    if (document.hidden) return plan(HIDDEN_MS);
    const due = generatedAt + WINDOW_MS + AFTER_PUBLISH_MS - serverNow;
    const wait = due > 0 && due <= WINDOW_MS + AFTER_PUBLISH_MS ? due : WINDOW_MS / 3;
    return plan(wait + Math.random() * SPREAD_MS);
  }

  function planRetry(atLeast = 0) {
    const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
    plan(Math.max(atLeast, backoff * (0.75 + Math.random() / 2)));
  }

  async function ask() {
    if (!token || running) return;
    running = new AbortController();
    const { signal } = running;
    const timeout = setTimeout(() => running?.abort(), TIMEOUT_MS);
    lastAsked = Date.now();
    try {
      const answer = await fetch(`${base}/v1/mood`, {
        headers: { Authorization: `Bearer ${token}` },
        cache: "no-cache", // asks with the ETag: an unchanged body costs a 304
        credentials: "omit",
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
    const serverNow = Date.parse(answer.headers.get("date") ?? "") || Date.now();
    const text = await answer.text();
    let taken = null;
    try {
      if (text.length > LONGEST_BODY) throw new RangeError("longer than any body of DLD");
      taken = onBody(text, { serverNow });
    } catch (error) {
      console.error("the EBS answered what is not a mood:", error.message);
      onTrouble("garbage");
      return planRetry();
    }
    return planAfter(taken.generatedAt, serverNow);
  }

  function refused(answer) {
    const kind = kindOf(answer.status);
    onTrouble(kind);
    if (kind === "unknown") return plan(UNKNOWN_MS * (1 + Math.random() / 4));
    const asked = Number(answer.headers.get("retry-after")) * 1000 || 0;
    return planRetry(Math.min(asked, LONGEST_RETRY_MS));
  }

  /** Asks now where the last answer is older than a window. */
  function wake() {
    if (!document.hidden && Date.now() - lastAsked > WINDOW_MS) plan(0);
  }

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", () => plan(0));
  return {
    /** A token from Twitch's helper: the first starts the polling, a later one replaces it. */
    authorise(newToken) {
      const waiting = !token || failures > 0;
      token = newToken;
      if (waiting) plan(0);
    },
    wake,
  };
}
