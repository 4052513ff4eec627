// The broadcaster's page: says whether DLD follows the channel. It has no settings yet.

import { follow } from "./api.js";
import { readMood } from "./mood.js";
import { EBS } from "./settings.js";
import { clock, FOLLOWED, NOTICES } from "./words.js";

const say = (text) => {
  document.getElementById("followed").textContent = text;
};

const feed = follow({
  base: EBS,
  onBody(text) {
    const mood = readMood(text);
    say(FOLLOWED(mood.login, clock(mood.generatedAt)));
    return mood;
  },
  onTrouble: (kind) => say(NOTICES[kind]),
});

const helper = window.Twitch?.ext;
if (helper) {
  helper.onAuthorized(({ token }) => feed.authorise(token));
  helper.onContext(({ theme }) => {
    if (theme) document.documentElement.dataset.theme = theme === "light" ? "light" : "dark";
  });
} else {
  say(NOTICES.helper);
}
