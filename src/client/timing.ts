// Shows in the browser's developer tools how long things took (User Timing, under `trunk:`). An entry is taken back at once, so that none
// pile up on a page that lives for days: recordings and PerformanceObservers have it by then.

/** @param start as `performance.now()` said it */
export function measure(what: 'connect' | 'open chat' | 'send', start: number): void {
  const name = `trunk:${what}`;
  performance.measure(name, {start, detail: {devtools: {track: 'Trunkline'}}});
  performance.clearMeasures(name);
}
