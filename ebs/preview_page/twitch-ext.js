// The stand-in for Twitch's helper: the part of window.Twitch.ext that the extension uses.
// Its channel and role come with the page's address; the rest is told by the preview page around
// it, which is told in turn what the view does.
(() => {
  const first = new URLSearchParams(location.search);
  const channelId = first.get("channel_id") ?? "0";
  const role = first.get("role") ?? "viewer";
  const theme = first.get("theme") ?? "dark";
  const language = first.get("language") ?? "en";
  const context = { theme, language, mode: first.get("mode") ?? "viewer", isVisible: true };
  const heard = { context: [], authorized: [], visibility: [], broadcast: [], configured: [] };
  let authorization = null;
  let renewal = 0;
  let offline = first.get("stream") === "offline";

  const tell = (name, ...values) => heard[name].forEach((callback) => callback(...values));
  const say = (kind, rest) => {
    if (parent !== window) parent.postMessage({ kind, ...rest }, location.origin);
  };
  const did = (text) => say("did", { text });

  /** The mood as it would be were the stream over. */
  function ended(text) {
    try {
      const mood = JSON.parse(text);
      return JSON.stringify({ ...mood, status: "offline", forecast: null, why: "the stream is offline" });
    } catch {
      return text;
    }
  }

  const reallyFetch = window.fetch.bind(window);
  window.fetch = async (address, options = {}) => {
    const url = new URL(address, location.href);
    const asked = `${options.method ?? "GET"} ${url.pathname}`;
    try {
      const answer = await reallyFetch(address, options);
      did(`${asked} \u2192 ${answer.status}`);
      if (!offline || !answer.ok || url.pathname !== "/v1/mood") return answer;
      return new Response(ended(await answer.text()), { headers: answer.headers });
    } catch (error) {
      did(`${asked} \u2192 ${error.name}`);
      throw error;
    }
  };

  async function authorize() {
    clearTimeout(renewal);
    let retry = 5;
    try {
      const query = new URLSearchParams({ channel_id: channelId, role });
      const answer = await reallyFetch(`token?${query}`);
      if (answer.ok) {
        const { token, expires_in } = await answer.json();
        authorization = { token, channelId, clientId: "preview", userId: "APREVIEW" };
        did(`onAuthorized: a token for a ${role}`);
        tell("authorized", authorization);
        retry = expires_in * 0.8; // as Twitch does: a new token before the old one ends
      }
    } catch {
      // the EBS is away: the view says so itself
    }
    renewal = setTimeout(authorize, retry * 1000);
  }

  const configuration = {
    broadcaster: undefined,
    global: undefined,
    onChanged: (callback) => heard.configured.push(callback),
    set(segment, version, content) {
      if (role !== "broadcaster") return did(`configuration.set: refused to a ${role}`);
      did(`configuration.set: ${segment}, ${content.length} characters`);
      return say("configured", { segment: { version, content } });
    },
  };

  window.Twitch = {
    ext: {
      configuration,
      viewer: {
        ...{ role, opaqueId: "APREVIEW", isLinked: role !== "viewer" },
        get sessionToken() {
          return authorization?.token ?? null;
        },
      },
      onAuthorized(callback) {
        heard.authorized.push(callback);
        if (authorization) callback(authorization);
      },
      onContext(callback) {
        heard.context.push(callback);
        callback({ ...context }, Object.keys(context));
      },
      onVisibilityChanged: (callback) => heard.visibility.push(callback),
      onError() {},
      listen(target, callback) {
        did(`listen: ${target}`);
        if (target === "broadcast") heard.broadcast.push(callback);
      },
      unlisten(_target, callback) {
        heard.broadcast = heard.broadcast.filter((known) => known !== callback);
      },
    },
  };

  const orders = {
    context(data) {
      Object.assign(context, data.context);
      tell("context", { ...context }, Object.keys(data.context));
    },
    visibility: (data) => tell("visibility", data.visible, { ...context }),
    broadcast(data) {
      did(`a broadcast of ${data.text.length} characters`);
      const text = offline ? ended(data.text) : data.text;
      tell("broadcast", "broadcast", "application/json", text);
    },
    stream(data) {
      offline = data.offline;
    },
    refresh: authorize,
    configuration(data) {
      configuration.broadcaster = data.segment ?? undefined;
      tell("configured");
    },
  };
  window.addEventListener("message", (event) => {
    if (event.origin === location.origin) orders[event.data?.kind]?.(event.data);
  });
  authorize();
})();
