// Who a token says it is. Both sides ask: the tab to find its person's hub, the hub to know until when it may be used.

/** The claims of a JWT, unverified (that is the server's business); null when it is none. */
export function readClaims(token: string): Record<string, unknown> | null {
  try {
    const part = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    return JSON.parse(atob(part)) as Record<string, unknown>;
  } catch {
    return null;
  }
}
