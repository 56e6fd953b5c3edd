// What a page and the service worker have to agree on. What the page says to let a new version take over, `SKIP_WAITING`, is
// workbox-window's word.

/** The tag of the Background Sync event that has the service worker send what waits. */
export const OUTBOX_SYNC = 'trunk-outbox';
