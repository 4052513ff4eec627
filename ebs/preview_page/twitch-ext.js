// The stand-in for Twitch's helper: the part of window.Twitch.ext that the extension uses.
// Its channel comes with the page's address; theme and the like come from the preview page.
(() => {
  const channelId = new URLSearchParams(location.search).get("channel_id") ?? "0";
  const context = { theme: "dark", language: "en", mode: "viewer", isVisible: true };
  const heard = { context: [], authorized: [], visibility: [], broadcast: [] };
  let authorization = null;

  const tell = (callbacks, ...values) => callbacks.forEach((callback) => callback(...values));

  async function authorize() {
    let retry = 5;
    try {
      const answer = await fetch(`token?channel_id=${encodeURIComponent(channelId)}`);
      if (answer.ok) {
        const { token, expires_in } = await answer.json();
        authorization = { token, channelId, clientId: "preview", userId: "APREVIEW" };
        tell(heard.authorized, authorization);
        retry = expires_in * 0.8; // as Twitch does: a new token before the old one ends
      }
    } catch {
      // the EBS is away: the panel says so itself
    }
    setTimeout(authorize, retry * 1000);
  }

  window.Twitch = {
    ext: {
      onAuthorized(callback) {
        heard.authorized.push(callback);
        if (authorization) callback(authorization);
      },
      onContext(callback) {
        heard.context.push(callback);
        callback({ ...context }, Object.keys(context));
      },
      onVisibilityChanged(callback) {
        heard.visibility.push(callback);
      },
      onError() {},
      listen(_topic, callback) {
        heard.broadcast.push(callback);
      },
      unlisten(_topic, callback) {
        heard.broadcast = heard.broadcast.filter((known) => known !== callback);
      },
      configuration: { onChanged() {}, broadcaster: undefined, global: undefined },
    },
  };

  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.data?.kind !== "context") return;
    Object.assign(context, event.data.context);
    tell(heard.context, { ...context }, Object.keys(event.data.context));
  });
  authorize();
})();
