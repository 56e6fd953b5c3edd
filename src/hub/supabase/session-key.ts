// Where an anonymous account's session is kept, and the lock under which it changes: known also where signing in is not loaded.

export function sessionKey(url: string, name: string): string {
  return `trunkline:session:${url}:${name}`;
}

export function sessionLock(url: string, name: string): string {
  return `trunk:auth:${sessionKey(url, name)}`;
}
