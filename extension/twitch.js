// Twitch's helper, or its absence. The only file that says window.Twitch.

const HELPER_MS = 5_000; // it is in the page's head: when it is not there by now, it will not come
const SIGN_IN_MS = 10_000;
const FIRST = new URLSearchParams(location.search);

/** The language in the address, as Twitch opens every view: known before the helper speaks. */
export const firstLanguage = FIRST.get("language") || FIRST.get("locale") || "en";

/** Calls `then` with Twitch.ext once it is there, or `missing` when it does not come. */
export function withHelper(then, missing) {
  const here = () => window.Twitch?.ext;
  if (here()) return then(here());
  return setTimeout(() => (here() ? then(here()) : missing()), HELPER_MS);
}

/**
 * Joins the helper's callbacks. onToken(token, channelId); onContext(context): theme, language and
 * the like as they change; onVisible(bool); onBroadcast(text); onChoices(segment); onTrouble(kind):
 * "helper" where it did not load, "alone" where Twitch does not sign in.
 */
export function join({ onToken, onContext, onVisible, onBroadcast, onChoices, onTrouble }) {
  withHelper(
    (helper) => {
      const alone = setTimeout(() => onTrouble("alone"), SIGN_IN_MS);
      helper.onAuthorized(({ token, channelId }) => {
        clearTimeout(alone);
        onToken(token, channelId);
      });
      helper.onContext((context) => onContext(context));
      helper.onVisibilityChanged?.((visible) => onVisible(visible));
      helper.listen?.("broadcast", (_target, _type, message) => onBroadcast(message));
      const { configuration } = helper;
      if (configuration?.broadcaster) onChoices(configuration.broadcaster);
      configuration?.onChanged?.(() => onChoices(configuration.broadcaster));
    },
    () => onTrouble("helper"),
  );
}

/** The token that the helper holds: "" for none; it may be as old as the last one that it told. */
export function sessionToken() {
  const held = window.Twitch?.ext?.viewer?.sessionToken;
  return typeof held === "string" ? held : "";
}

/** Hands the broadcaster's choices to Twitch. */
export function keepChoices(version, content) {
  window.Twitch.ext.configuration.set("broadcaster", version, content);
}
