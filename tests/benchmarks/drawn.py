"""When a page of the dashboard is fully drawn in Chromium, told from inside the page."""

import os
from pathlib import Path

CHROMIUM = Path(os.environ.get("DLD_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000

# Drawn: the script has ended, nothing on the page is stale or a place for something to come,
# every chart has its axes. `since` is when that began; it must hold for SETTLED ms.
WATCH = """() => {
  const settled = 250
  const app = () => document.querySelector('[data-testid=stApp]')
  const whole = () => {
    const at = app()
    if (!at || at.dataset.testScriptState !== 'notRunning') return false
    const unfinished = '[data-stale=true],[data-testid=stSkeleton],[data-testid=stSpinner]'
    if (document.querySelector(unfinished)) return false
    const main = document.querySelector('[data-testid=stMain]')
    if (!main || !main.querySelector('.dld-top')) return false
    return [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(
      chart => chart.querySelector('.js-plotly-plot .main-svg'))
  }
  const fresh = () => ({began: performance.now(), since: null, ran: false, done: null})
  const watch = fresh()
  watch.start = () => Object.assign(watch, fresh())
  new MutationObserver(() => {
    const at = app()
    if (at && at.dataset.testScriptState === 'running') watch.ran = true
  }).observe(document, {subtree: true, childList: true, attributes: true,
                        attributeFilter: ['data-test-script-state']})
  const look = () => {
    const now = performance.now()
    if (!whole()) watch.since = null
    else if (watch.since === null) watch.since = now
    else if (watch.ran && watch.done === null && now - watch.since >= settled)
      watch.done = watch.since - watch.began
    requestAnimationFrame(look)
  }
  look()
  window.dldWatch = watch
}"""
SCRIPT = f"({WATCH})()"
DONE = "() => window.dldWatch && window.dldWatch.done"
START = "() => window.dldWatch.start()"
RAN = "() => window.dldWatch.ran"
ERRORS = """() => document.querySelectorAll(
  '[data-testid=stException],[data-testid=stAlertContentError]').length"""
