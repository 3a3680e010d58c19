// The manager's one-time code: counts down, and reads itself anew when it has changed.

let ends = 0;

function start() {
  const card = document.querySelector("[data-once]");
  ends = performance.now() + Number(card.dataset.left) * 1000;
}

async function renew() {
  const answer = await fetch("/override", { signal: AbortSignal.timeout(10000) });
  if (!answer.ok || answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-once]");
  if (!fresh) return location.reload();
  document.querySelector("[data-once]").replaceWith(document.importNode(fresh, true));
  start();
}

async function tick() {
  const left = Math.ceil((ends - performance.now()) / 1000);
  document.querySelector("[data-seconds]").textContent = Math.max(0, left);
  if (left <= 0) await renew().catch(() => {}); // the next tick tries again
  setTimeout(tick, 500);
}

start();
tick();
