// Time for a hub that runs in a page. Knows nothing of hubs.

/** What takes no longer than this, in ms, is for the eye of somebody who looks at another tab. */
const MOMENT_MS = 100;

/**
 * A clock as the hub takes it. Browsers hold the timers of a page in the background back to one a second, later to one a minute, and
 * tabs in view may be served from there: what is short runs at once then.
 */
export const pageClock = {
  now: () => Date.now(),
  after(ms: number, task: () => void): () => void {
    if (ms <= MOMENT_MS && document.hidden) return soon(task);
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs `task` after what is under way, by a message, which no browser slows down. */
function soon(task: () => void): () => void {
  const {port1, port2} = new MessageChannel();
  const cancel = () => port1.close();
  port1.onmessage = () => {
    cancel();
    task();
  };
  port2.postMessage(null);
  return cancel;
}
