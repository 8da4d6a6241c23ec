// Asks for the view of a run: once a second; less often while nobody looks, or nobody answers.
"use strict";
(() => {
  const root = document.getElementById("run"), source = root.dataset.source;
  const tell = (name, detail) => root.dispatchEvent(new CustomEvent(name, { detail }));
  let since = null, failures = 0, losses = 0;
  root.dataset.lost = 0;
  const look = async () => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 5000);
    let pause = document.hidden ? 5000 : 1000;
    try {
      const answer = await fetch(source, { cache: "no-store", signal: stop.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const view = await answer.json();
      failures = 0;
      since = null;
      tell("view", view);
      if (view.state === "finished" || view.state === "failed") return;
    } catch {
      failures += 1;
      since = since || Date.now();
      pause = Math.min(5000, 500 * 2 ** failures);
      if (failures === 2) root.dataset.lost = ++losses;
      if (failures > 1) tell("silence", (Date.now() - since) / 1000);
    } finally {
      clearTimeout(timer);
    }
    setTimeout(look, pause);
  };
  look();
})();
