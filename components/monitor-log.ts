// What the monitor knows, as JSON to attach to an issue: ids, times, counts and codes. Topics, slugs and scopes that the site made up may be
// people's names, and are numbered: a hash of one could be guessed back. Every group is named here, so that what is added to
// the status or the figures doesn't get out by itself; what a server said of a problem stays behind, since it may quote what somebody wrote.
import type {ClientStats} from '../src/client/stats-source.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import type {Rates} from './monitor-history.js';
import type {Problem} from './monitor-problems.js';

/** Topics that are Trunkline's own and hold no more than ids, and what a tab may hold without a topic. */
const OWN =
  /^(((chat|inbox):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:live)?)|presence:global|changes:\d+:\w*|stats|latency|outbox|chats|alerts)$/;

/**
 * @param now in ms since 1970
 * @param numbered stands for each name in every log, by name; filled here
 */
export function monitorLog(
  stats: ClientStats | null,
  status: ConnectionStatus | null,
  rates: readonly Rates[],
  problems: readonly Problem[],
  now: number,
  numbered: Map<string, string>,
): string {
  const nameless = (topic: string): string => {
    if (OWN.test(topic)) return topic;
    const label = numbered.get(topic) ?? `topic ${numbered.size + 1}`;
    numbered.set(topic, label);
    return label;
  };
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
      // The rung, and the kind of failure; what the browser said of it may name an address.
      hostReason: /^[\w-]+(: \w*Error)?/.exec(status.hostReason)?.[0] ?? '',
      isEmbedded: status.embeddedIn !== '',
      queued: status.queued,
      storage: status.storage,
      outdated: status.outdated,
    },
    hub: stats && {
      at: stats.at,
      hub: stats.hub,
      startedAt: stats.startedAt,
      tabs: stats.tabs.map(({id, visible, lastActive, holds}) => {
        const held = Object.entries(holds).map(([topic, count]) => [nameless(topic), count] as const);
        return {id, visible, lastActive, holds: Object.fromEntries(held)};
      }),
      here: stats.here,
      budget: stats.budget,
      channels: stats.channels.map(({topic, state, users, presenceCallsLeft}) => {
        return {topic: nameless(topic), state, users, presenceCallsLeft};
      }),
      latency: stats.latency,
      traffic: stats.traffic,
      counters: stats.counters,
      catchUps: stats.catchUps,
      outbox: stats.outbox,
      sends: stats.sends,
      transitions: stats.transitions,
    },
    problems: problems.map(({at, code}) => ({at, code})),
    ratesPerSecond: rates,
  };
  return JSON.stringify(log, null, 2);
}

/** A name that sorts by time and is a file's on every system. */
export function monitorLogName(now: number): string {
  return `trunkline-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
}
