// What the monitor knows, as JSON to attach to an issue: ids, topics, times and counts. Every group is named here, so that what is added to
// the status or the figures doesn't get out by itself; what a server said of a problem stays behind, since it may quote what somebody wrote.
import type {ClientStats} from '../src/client/stats-source.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import type {Rates} from './monitor-history.js';

/** @param now in ms since 1970 */
export function monitorLog(
  stats: ClientStats | null,
  status: ConnectionStatus | null,
  rates: readonly Rates[],
  now: number,
): string {
  const log = {
    trunkline: 'monitor log',
    at: new Date(now).toISOString(),
    browser: navigator.userAgent,
    connection: status && {
      state: status.state,
      reason: status.reason,
      since: status.since,
      latencyMs: status.latencyMs,
      host: status.host,
      isEmbedded: status.embeddedIn !== '',
      queued: status.queued,
      storage: status.storage,
      outdated: status.outdated,
    },
    hub: stats && {
      at: stats.at,
      hub: stats.hub,
      startedAt: stats.startedAt,
      tabs: stats.tabs,
      here: stats.here,
      budget: stats.budget,
      channels: stats.channels,
      latency: stats.latency,
      traffic: stats.traffic,
      counters: stats.counters,
      outbox: stats.outbox,
      sends: stats.sends,
      transitions: stats.transitions,
      problems: stats.problems.map(({at, code}) => ({at, code})),
    },
    ratesPerSecond: rates,
  };
  return JSON.stringify(log, null, 2);
}

/** A name that sorts by time and is a file's on every system. */
export function monitorLogName(now: number): string {
  return `trunkline-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
}
