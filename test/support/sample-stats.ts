// What a hub may know of itself, quiet or busy, for tests of what shows it.
import type {ChannelStats, HubStats, SendTiming, TabStats} from '../../src/wire/stats.js';

export const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

/** A hub that has just begun, with what is said otherwise. */
export function hubStats(change: Partial<HubStats> = {}): HubStats {
  return {
    at: NOW,
    hub: 'hub-1',
    startedAt: NOW - 90_000,
    tabs: [],
    transitions: [],
    latency: {samplesMs: [], p50Ms: null, p95Ms: null},
    budget: 90,
    channels: [],
    traffic: {framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0},
    counters: {catchUps: 0, caughtUp: 0, duplicates: 0, gaps: 0},
    catchUps: [],
    outbox: {queued: 0, failed: 0, oldestAt: null, newestAt: null},
    sends: [],
    problems: [],
    ...change,
  };
}

/** Ten tabs, 90 channels joined and five parked, and a bit of everything. @param here the tab that looks */
export function busyStats(here: string): HubStats {
  const topic = (n: number) => `chat:0b5f2c1e-7d1a-4c53-9f3e-${String(n).padStart(12, '0')}`;
  const holds = {
    ...Object.fromEntries(Array.from({length: 95}, (_, n) => [topic(n), 1])),
    'presence:global': 2,
    stats: 1,
    latency: 1,
  };
  const tabs = Array.from({length: 10}, (_, n): TabStats => {
    return n === 3
      ? {id: here, visible: true, lastActive: NOW - 400, holds}
      : {id: `tab-${n}`, visible: n < 2, lastActive: NOW - n * 61_000, holds: n < 2 ? {[topic(0)]: 1, stats: 1} : {}};
  });
  const channels = Array.from({length: 95}, (_, n): ChannelStats => {
    return {topic: topic(n), state: n < 89 ? 'joined' : 'parked', users: 1, presenceCallsLeft: null};
  });
  channels.push({topic: 'presence:global', state: 'joined', users: 1, presenceCallsLeft: 3});
  const sends = Array.from({length: 12}, (_, n): SendTiming => {
    const queuedAt = NOW - (12 - n) * 4_000;
    const [sentAt, ackedAt, echoedAt] =
      n === 11 ? [null, null, null] : [queuedAt + 4, queuedAt + 31, queuedAt + 38 + n];
    return {messageId: `5e2d${n}a4f-aaaa`, chatId: topic(0), queuedAt, sentAt, ackedAt, echoedAt};
  });
  const samplesMs = Array.from({length: 60}, (_, n) => 18 + (n % 7) * 3 + (n === 40 ? 160 : 0));
  return hubStats({
    tabs,
    channels,
    sends,
    latency: {samplesMs, p50Ms: 27, p95Ms: 36},
    traffic: {framesIn: 48_211, framesOut: 1_904, bytesIn: 21_400_000, bytesOut: 310_400},
    counters: {catchUps: 14, caughtUp: 231, duplicates: 9, gaps: 2},
    catchUps: [{chatId: topic(0).slice('chat:'.length), at: NOW - 58_000, tookMs: 212, found: 17}],
    outbox: {queued: 1, failed: 2, oldestAt: NOW - 75_000, newestAt: NOW - 4_000},
    transitions: [
      {at: NOW - 90_000, state: 'connecting', reason: 'opening'},
      {at: NOW - 89_500, state: 'connected', reason: 'open'},
      {at: NOW - 61_000, state: 'disconnected', reason: 'heartbeat-timeout'},
      {at: NOW - 58_000, state: 'connected', reason: 'open'},
    ],
    problems: [{at: NOW - 61_000, code: 'rejected'}],
  });
}
