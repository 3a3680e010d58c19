// What a camera sees, every two seconds while somebody looks. One picture is asked for at a time.

const EVERY_MS = 2000;

function next(picture) {
  return new Promise((done) => {
    const fresh = new Image();
    fresh.onload = () => { picture.src = fresh.src; done(); };
    fresh.onerror = done; // the table above says how the camera is
    fresh.src = `${picture.dataset.live}?${Date.now()}`;
  });
}

async function round() {
  if (!document.hidden) {
    for (const picture of document.querySelectorAll("[data-live]")) await next(picture);
  }
  setTimeout(round, EVERY_MS);
}

setTimeout(round, EVERY_MS);
