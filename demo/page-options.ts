// What the address bar says: who, where, and which backend.

/** Options of the demo pages, from the query string; the backend comes from `npm run demo` unless the query names another. */
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

export function readOptions(search: string): PageOptions {
  const query = new URLSearchParams(search);
  return {
    user: query.get('user')?.trim() ?? '',
    chat: query.get('chat')?.trim() || 'lobby',
    url: query.get('url') ?? import.meta.env.VITE_SUPABASE_URL ?? '',
    key: query.get('key') ?? import.meta.env.VITE_SUPABASE_ANON_KEY ?? '',
    host: query.get('host') ?? '',
    compact: query.has('compact'),
  };
}
