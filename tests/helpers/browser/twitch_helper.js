// A stand-in for Twitch's helper, moved by the tests: window.twitch says what Twitch would say.
(() => {
  const heard = { authorized: [], context: [], visibility: [], broadcast: [], configured: [] };
  const segment = JSON.parse(sessionStorage.getItem("segment") ?? "null") ?? undefined;
  const tell = (name, ...values) => heard[name].forEach((callback) => callback(...values));
  const first = Object.fromEntries(new URLSearchParams(location.search));
  const context = { theme: first.theme ?? "dark", language: first.language ?? "en", mode: "viewer" };
  let token = first.token ?? "first.token";

  const configuration = {
    broadcaster: segment,
    onChanged: (callback) => heard.configured.push(callback),
    set(name, version, content) {
      window.twitch.written.push([name, version, content]);
    },
  };
  window.Twitch = {
    ext: {
      configuration,
      viewer: { sessionToken: first.held ?? null },
      onAuthorized(callback) {
        heard.authorized.push(callback);
        if (token) callback({ token, channelId: "123", clientId: "abc", userId: "A1" });
      },
      onContext(callback) {
        heard.context.push(callback);
        callback({ ...context }, Object.keys(context));
      },
      onVisibilityChanged: (callback) => heard.visibility.push(callback),
      listen: (target, callback) => target === "broadcast" && heard.broadcast.push(callback),
    },
  };
  const ask = window.fetch;
  window.fetch = (...asked) => {
    window.twitch.fetching += 1;
    return ask(...asked).finally(() => {
      window.twitch.fetching -= 1;
    });
  };
  window.twitch = {
    written: [],
    fetching: 0, // questions without an answer
    authorise(newToken, channelId = "123") {
      token = newToken;
      tell("authorized", { token, channelId, clientId: "abc", userId: "A1" });
    },
    context(changed) {
      Object.assign(context, changed);
      tell("context", { ...context }, Object.keys(changed));
    },
    visible: (shown) => tell("visibility", shown, context),
    broadcast: (text) => tell("broadcast", "broadcast", "application/json", text),
    configure(version, content) {
      configuration.broadcaster = { version, content };
      tell("configured");
    },
  };
})();
