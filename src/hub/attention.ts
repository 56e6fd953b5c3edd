// What all tabs together know of their person: whether they are here, since when, and how often that is worth saying. Pure.
import type {Attention} from '../wire/protocol.js';

/** A person who touched nothing for this long is away, in ms. */
const AWAY_MS = 5 * 60_000;
/** Between two signs of life that say nothing new but the time, in ms: while seen, while hidden, while hidden and frugal. */
const BEAT_MS = {seen: 30_000, hidden: 120_000, frugal: 300_000};

export interface Whereabouts {
  status: 'online' | 'away';
  lastSeen: number;
  currentChatId: string | null;
  /** When the status becomes `away` by itself; past when it is. */
  onlineUntil: number;
  beatMs: number;
}

/** The tabs of one browser as one person. */
export function foldAttention(tabs: readonly Attention[], now: number): Whereabouts {
  let lastSeen = 0;
  let onlineUntil = 0;
  let latest: Attention | null = null;
  for (const tab of tabs) {
    lastSeen = Math.max(lastSeen, tab.lastActive);
    if (tab.visible) onlineUntil = Math.max(onlineUntil, tab.lastActive + AWAY_MS);
    // What is seen says where the person is; among the seen, or the hidden, what was last used.
    if (!latest || (tab.visible === latest.visible ? tab.lastActive > latest.lastActive : tab.visible)) latest = tab;
  }
  const hidden = tabs.some(({frugal}) => frugal) ? BEAT_MS.frugal : BEAT_MS.hidden;
  return {
    status: now < onlineUntil ? 'online' : 'away',
    lastSeen,
    currentChatId: latest?.currentChatId ?? null,
    onlineUntil,
    beatMs: tabs.some(({visible}) => visible) ? BEAT_MS.seen : hidden,
  };
}
