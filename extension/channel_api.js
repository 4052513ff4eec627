// The streamer's questions to the EBS: is my channel followed; follow it, leave it, delete its data.

const TIMEOUT_MS = 10_000;
const LONGEST = 10_000; // characters; an answer has about 100
const KINDS = { 401: "unauthorised", 403: "forbidden", 429: "busy" };
const STATES = new Set(["followed", "requested", "opted_out", "unknown"]);

const textOf = (value, most) => (typeof value === "string" ? value.slice(0, most) : "");

/** What went wrong: a key of the set-up words' "failed", and the EBS's own sentence (English). */
export class Refused extends Error {
  constructor(kind, detail = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
  }
}

async function answerOf(base, token, path, body) {
  const method = body === undefined ? "GET" : "POST";
  const headers = { Authorization: `Bearer ${token}` };
  if (method === "POST") headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(`${base}/v1/channel${path}`, {
      ...{ method, headers, body: body && JSON.stringify(body) },
      ...{ cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: answer.status, text: (await answer.text()).slice(0, LONGEST) };
  } catch {
    throw new Refused("network");
  }
}

async function ask(base, token, path, body) {
  const { status, text } = await answerOf(base, token, path, body);
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    // not JSON: nothing of it is shown
  }
  if (status >= 200 && status < 300 && value !== null) return value;
  throw new Refused(KINDS[status] ?? "server", textOf(value?.detail, 240));
}

/**
 * {state, login, refused}: state as in the set-up words, login "" where it is not known; why the
 * last request was refused (English), "" where it was not.
 */
export async function stateOf(base, token) {
  const { state, login, refused } = await ask(base, token, "");
  if (!STATES.has(state)) throw new Refused("server");
  return { state, login: textOf(login, 25), refused: textOf(refused, 240) };
}

/** Asks for "opt-in", "opt-out" or "delete"; returns when the EBS has taken the request. */
export async function request(base, token, what, login) {
  await ask(base, token, `/${what}`, what === "opt-in" ? { login } : {});
}
