// The streamer's texts, which viewers never load, in the language of the given words.

import { languageOf, Words } from "./words.js";
import english from "./words/setup/en.js";

const LOADERS = {
  de: () => import("./words/setup/de.js"),
  es: () => import("./words/setup/es.js"),
  fr: () => import("./words/setup/fr.js"),
  ja: () => import("./words/setup/ja.js"),
  pt: () => import("./words/setup/pt.js"),
  zh: () => import("./words/setup/zh.js"),
};

export const SETUP = new Words(english, "en");

/** Words of the set-up pages, in the language of these words. */
export async function setupWords(words) {
  try {
    const { default: texts } = await LOADERS[languageOf(words.lang)]();
    return new Words({ ...english, ...texts, lang: words.lang }, words.locale);
  } catch {
    return new Words({ ...english, lang: "en" }, words.locale);
  }
}
