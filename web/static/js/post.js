// Send something to the station and hand back its answer. An answer is proof; silence is not.

const token = () => document.querySelector('meta[name="packbench-token"]').content;

export class NotRecorded extends Error {}

export async function post(url, body, { timeout = 15000 } = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(timeout),
      headers: { "Content-Type": "application/json", "X-Packbench-Token": token() },
      body: JSON.stringify(body),
    });
  } catch {
    throw new NotRecorded("没有收到回答 · no answer");
  }
  const text = await answer.text();
  if (!answer.ok) throw new NotRecorded(refusal(text, answer.status));
  return text;
}

function refusal(text, status) {
  try {
    const { zh, en } = JSON.parse(text).error;
    return `${zh} · ${en}`;
  } catch {
    return `HTTP ${status}`;
  }
}
