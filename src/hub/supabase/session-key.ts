// Where an anonymous account's session is kept, and the lock under which it changes: known also where signing in is not loaded.

export function sessionKey(url: string, name: string): string {
  return `trunkline:session:${url}:${name}`;
}

/** What this browser's clock was ahead of the server's when the account's last token was made. */
export function clockKey(url: string, name: string): string {
  return `${sessionKey(url, name)}:clock`;
}

export function sessionLock(url: string, name: string): string {
  return `trunk:auth:${sessionKey(url, name)}`;
}
