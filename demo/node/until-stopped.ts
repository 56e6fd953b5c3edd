// When a command has to end: on the signals, and when the shell npm started it through is gone. Does not end anything itself.

/** Aborts once, when this process is asked to stop. Whoever calls this has to stop then: the signals no longer do. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  // Every time, not once: npm hands on the Ctrl-C that this process has had from the terminal already, and the second one must
  // not end it in the middle of tidying up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
  // SIGTERM to `npm run` ends npm and its shell, and no word of it reaches us; but then we have another parent.
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      stop.abort('SIGTERM');
    }, 500);
    watch.unref();
  }
  return stop.signal;
}
