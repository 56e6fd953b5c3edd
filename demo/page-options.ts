// What the address bar says: who, where, and which backend.
import {readSiteConfig} from './site-config.js';

/** Options of the demo pages, from the query string; the backend comes from the site's configuration unless the query names one. */
export interface PageOptions {
  user: string;
  chat: string;
  url: string;
  key: string;
  /** A rung of the host ladder to force. */
  host: string;
  /** Shown in a frame of tabs.html. */
  compact: boolean;
}

export async function readOptions(search: string): Promise<PageOptions> {
  const query = new URLSearchParams(search);
  const named = {url: query.get('url'), key: query.get('key')};
  const site = named.url !== null && named.key !== null ? {url: '', key: ''} : await readSiteConfig();
  return {
    user: query.get('user')?.trim() ?? '',
    chat: query.get('chat')?.trim() || 'lobby',
    url: named.url ?? site.url,
    key: named.key ?? site.key,
    host: query.get('host') ?? '',
    compact: query.has('compact'),
  };
}
