// postgres_changes: not yet served. A join that asks for it succeeds, as on the real server, and is told by a system
// message that nothing will come.
import {createHash} from 'node:crypto';
import type {Channel} from '../channel.js';
import type {ChangesRequest} from '../join-config.js';

export class ChangesFeed {
  /** The requests as sent, each with its id; equal requests share one. */
  bindings(requests: ChangesRequest[]): Record<string, unknown>[] {
    return requests.map(({sent}) => ({id: bindingId(sent), ...sent}));
  }

  subscribe(channel: Channel): void {
    channel.system('postgres_changes', 'error', 'The embedded backend does not serve postgres_changes yet.');
  }

  unsubscribe(_channel: Channel): void {}
}

export function bindingId(sent: Record<string, unknown>): number {
  const text = JSON.stringify(Object.entries(sent).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (createHash('sha1').update(text).digest().readUInt32BE(0) % (2 ** 27 - 1)) + 1;
}
