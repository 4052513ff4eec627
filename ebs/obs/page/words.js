// What only the source for OBS says, in the languages of extension/words.

const GONE = {
  en: "This link is not valid any more, or its channel is not followed.",
  de: "Dieser Link gilt nicht mehr, oder seinem Kanal wird nicht gefolgt.",
  es: "Este enlace ya no es válido o su canal no se sigue.",
  fr: "Ce lien n’est plus valable, ou sa chaîne n’est pas suivie.",
  ja: "このリンクは無効か、チャンネルが対象になっていません。",
  pt: "Este link não é mais válido ou o canal não é acompanhado.",
  zh: "此链接已失效，或该频道未被关注。",
};

/** What a link that leads nowhere is told as. lang: of words.js. */
export const gone = (lang) => GONE[lang.slice(0, 2)] ?? GONE.en;
