// The viewer's token: of the one that came last and the one that Twitch's helper holds, the newer.
// A token is read for its end alone; who may see what is for the EBS to check.

import { sessionToken } from "./twitch.js";

/** When a token ends (ms since the epoch); 0 where it does not say so. */
export function endOf(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(claims));
    return Number.isFinite(exp) ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/** Whether a token is over at `now` (ms); one that does not say when it ends is not. */
export const isOver = (token, now) => endOf(token) > 0 && endOf(token) <= now;

/** The helper's own token where that lasts longer: it does not call for each (it may hold none). */
export function newest(token) {
  const held = sessionToken();
  return endOf(held) > endOf(token) ? held : token;
}
