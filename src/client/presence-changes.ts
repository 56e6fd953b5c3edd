// Who came and went on a topic, in the events of supabase-js: an update of an entry is a join and a leave. Knows no listeners.
import type {PresenceEntries, PresenceEntry} from '../wire/topic.js';

export interface PresenceJoin {
  event: 'join';
  key: string;
  currentPresences: PresenceEntry[];
  newPresences: PresenceEntry[];
}

export interface PresenceLeave {
  event: 'leave';
  key: string;
  currentPresences: PresenceEntry[];
  leftPresences: PresenceEntry[];
}

/**
 * Who is present after a change, and what to tell of it.
 * @param reset `joins` is everybody: who isn't in it has left
 */
export function changePresence(
  before: PresenceEntries,
  joins: PresenceEntries,
  leaves: PresenceEntries,
  reset: boolean,
): {present: PresenceEntries; changes: (PresenceJoin | PresenceLeave)[]} {
  // A client chooses its key, and `constructor` is one that every object has.
  const present = new Map(Object.entries(before));
  const changes: (PresenceJoin | PresenceLeave)[] = [];
  for (const [key, newPresences] of without(joins, before)) {
    const currentPresences = present.get(key) ?? [];
    present.set(key, [...currentPresences, ...newPresences]);
    changes.push({event: 'join', key, currentPresences, newPresences});
  }
  for (const [key, leftPresences] of reset ? without(before, joins) : Object.entries(leaves)) {
    const currentPresences = (present.get(key) ?? []).filter(entry => !isIn(leftPresences, entry));
    if (currentPresences.length > 0) present.set(key, currentPresences);
    else present.delete(key);
    changes.push({event: 'leave', key, currentPresences, leftPresences});
  }
  return {present: Object.fromEntries(present), changes};
}

function without(some: PresenceEntries, others: PresenceEntries): [key: string, entries: PresenceEntry[]][] {
  return Object.entries(some).flatMap(([key, entries]): [string, PresenceEntry[]][] => {
    const there = Object.hasOwn(others, key) ? others[key] : [];
    const rest = entries.filter(entry => !isIn(there, entry));
    return rest.length > 0 ? [[key, rest]] : [];
  });
}

function isIn(entries: readonly PresenceEntry[] = [], {presence_ref}: PresenceEntry): boolean {
  return entries.some(entry => entry.presence_ref === presence_ref);
}
