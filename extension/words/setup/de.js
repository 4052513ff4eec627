// What the streamer reads, in German.

export default {
  title: "DLD: wie sich dein Chat fühlt",
  intro:
    "DLD zeigt deinen Zuschauern die Stimmung des Chats in der letzten halben Stunde und was die nächsten fünf Minuten bringen können. Es sagt immer, wie weit es danebenliegen kann.",
  channel: "Dein Kanal",
  asking: "Frage, ob DLD deinem Kanal folgt…",
  notTold: "DLD hat nicht gesagt, ob es deinem Kanal folgt. Frage noch einmal…",
  state: {
    followed: "DLD folgt {login}.",
    requested: "Du hast DLD gebeten, {login} zu folgen. Bis es beginnt, dauert es etwa eine Minute.",
    opted_out: "DLD folgt deinem Kanal nicht, wie du es wolltest.",
    unknown: "DLD folgt deinem Kanal noch nicht.",
  },
  yours: "deinem Kanal",
  login: "Name deines Kanals, wie in seiner Adresse",
  loginWrong: "Ein Kanalname hat 1 bis 25 Buchstaben, Ziffern oder Unterstriche.",
  optIn: "Meinem Kanal folgen",
  optOut: "Meinem Kanal nicht mehr folgen",
  delete: "Daten meines Kanals löschen",
  sure: {
    "opt-out":
      "DLD liest deinen Chat dann nicht mehr. Deine Zuschauer sehen, dass es deinem Kanal nicht folgt.",
    delete:
      "Alles, was DLD von deinem Kanal aufbewahrt, wird gelöscht. Das lässt sich nicht rückgängig machen.",
  },
  yes: { "opt-out": "Ja, aufhören", delete: "Ja, alles löschen" },
  no: "Alles lassen, wie es ist",
  done: {
    "opt-in": "Beantragt. Bis es beginnt, dauert es etwa eine Minute.",
    "opt-out": "Beantragt. DLD hört innerhalb einer Minute auf.",
    delete: "Beantragt. Die Daten werden innerhalb einer Minute gelöscht.",
  },
  failed: {
    network: "Keine Verbindung zu DLD. Versuche es noch einmal.",
    unauthorised: "Twitchs Anmeldung ist abgelaufen. Warte kurz und versuche es noch einmal.",
    forbidden: "Das nimmt DLD nur vom Streamer an.",
    busy: "Zu viele Anfragen. Warte eine Minute und versuche es noch einmal.",
    server: "DLD konnte das nicht tun. Versuche es später noch einmal.",
  },
  refused: "DLD hat die letzte Anfrage abgelehnt:",
  shown: "Was deine Zuschauer sehen",
  views: "Ansichten",
  view: {
    panel: "Panel unter dem Video",
    component: "Komponente über dem Video",
    overlay: "Overlay auf dem Video",
    mobile: "Auf dem Handy",
  },
  metrics: "Darin",
  metric: {
    chart: "Das Diagramm der letzten halben Stunde",
    forecast: "Die Prognose: wahrscheinlicher Bereich, Chancen und Nachrichten",
    received: "Die letzten 30 Sekunden: Nachrichten und ihr Tempo",
    top: "Die meistbenutzten Emotes",
    moment: "Der letzte große Moment im Chat",
    record: "Wie gut die Prognose war",
    recap: "Nach dem Stream: ein kurzer Rückblick",
  },
  scale: "Skala des Diagramms",
  scales: { whole: "Ganz: -1 bis 1", close: "Ausschnitt, in dem die Stimmung liegt" },
  corner: "Ecke des Overlays",
  corners: {
    "top-left": "Oben links",
    "top-right": "Oben rechts",
    "bottom-left": "Unten links",
    "bottom-right": "Unten rechts",
  },
  save: "Speichern",
  saved: "Gespeichert. Die Seiten deiner Zuschauer ändern sich sofort.",
  unsaved: "Noch nicht gespeichert.",
  notSaved: "Twitch hat es nicht angenommen. Versuche es in einer Minute noch einmal.",
  kept: "Was aufbewahrt wird",
  keptText:
    "Mittelwerte von 30 Sekunden, und welche Emotes sie bewegten. Nachrichten werden nach einem Tag gelöscht; niemand wird mit Namen geführt. Was du oben wählst, bewahrt Twitch auf, und jeder kann es lesen.",
  yourChat: "Dein Chat",
  switches: "Für deine Zuschauer eingeschaltet",
};
