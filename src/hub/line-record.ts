// What the service worker needs to send for somebody when no tab is left: whom and where, kept beside the outbox. Where the page
// signs people in, their last token is part of it; it is used until it ends, and forgotten at sign-out.
import type {HubConfig} from '../wire/protocol.js';
import type {Store} from './environment.js';

export interface LineRecord {
  config: HubConfig;
  /** The last token of a page that brings its own; null where the hub signs in by itself. */
  token: {text: string; userId: string; expiresAt: number} | null;
}

/** Whose things something in the store is: one name a project and person. */
export function ownerOf({url, identity}: HubConfig): string {
  return `${url} ${identity.kind} ${identity.kind === 'anonymous' ? identity.name : identity.userId}`;
}

/** A store that refuses costs only the sending without a tab. */
export async function keepLine(store: Store, record: LineRecord): Promise<void> {
  await store.setItem(keyOf(ownerOf(record.config)), JSON.stringify(record)).catch(() => {});
}

export async function readLine(store: Store, owner: string): Promise<LineRecord | null> {
  return JSON.parse((await store.getItem(keyOf(owner))) ?? 'null') as LineRecord | null;
}

export async function forgetLine(store: Store, owner: string): Promise<void> {
  await store.removeItem(keyOf(owner));
}

function keyOf(owner: string): string {
  return `trunkline:line:${owner}`;
}
