// Time for a hub that runs in a page. Knows nothing of hubs.

/**
 * A clock as the hub takes it. Browsers hold the timers of a page in the background back to one a second, later to one a minute, and
 * tabs in view may be served from there.
 */
export const pageClock = {
  now: () => Date.now(),
  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  soon: (ms: number, task: () => void) => (document.hidden ? atOnce(task) : pageClock.after(ms, task)),
};

/** Runs `task` after what is under way, by a message, which no browser slows down. */
function atOnce(task: () => void): () => void {
  const {port1, port2} = new MessageChannel();
  const cancel = () => port1.close();
  port1.onmessage = () => {
    cancel();
    task();
  };
  port2.postMessage(null);
  return cancel;
}
