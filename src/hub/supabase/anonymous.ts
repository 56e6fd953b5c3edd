// Signs in anonymously and keeps the account in the hub's store, one a name and project. A chunk of its own: sites that bring
// their own tokens never load it.
import {AuthClient, isAuthApiError, isAuthRetryableFetchError, type Session} from '@supabase/auth-js';
import {TrunkError} from '../../wire/error.js';
import type {HubConfig} from '../../wire/protocol.js';
import {readClaims} from '../../wire/token.js';
import type {Locks, Store} from '../environment.js';
import type {Credential} from '../transport.js';
import {clockKey, sessionKey, sessionLock} from './session-key.js';

/** A token with less left than this is exchanged at once, in ms. The hub asks for a new one a minute before the end. */
const FRESH_MS = 90_000;

/**
 * The account of this name in this browser profile, made on first use.
 * @param spent a token that is not good enough any more
 * @throws TrunkError `key-refused`, `sign-in-failed`, `unreachable`, `rate-limited`
 */
export function signInAnonymously(
  config: HubConfig,
  store: Store,
  locks: Locks | null,
  name: string,
  now: number,
  spent: string | null,
): Promise<Credential> {
  const signIn = () => signInAlone(config, store, name, now, spent);
  // A refresh token is good once: hub and service worker must not both use it, or the project ends the session.
  return locks ? locks.within(sessionLock(config.url, name), signIn) : signIn();
}

async function signInAlone(
  config: HubConfig,
  store: Store,
  name: string,
  now: number,
  spent: string | null,
): Promise<Credential> {
  const {url} = config;
  const auth = authClient(config, store, name);
  /** What this browser's clock was ahead of the server's when the last token was made, in ms. */
  const aheadKey = clockKey(url, name);
  const issued = async (session: Session): Promise<Credential> => {
    const made = Number(readClaims(session.access_token)?.['iat'] ?? now / 1000);
    const ahead = now - made * 1000;
    await store.setItem(aheadKey, String(ahead));
    return credentialOf(session, ahead);
  };
  const before = await readSession(store, url, name);
  const kept = await auth.getSession();
  const session = kept.data.session;
  if (session) {
    // The client exchanges by itself what its clock says is over.
    if (session.access_token !== before?.access_token) return issued(session);
    const credential = credentialOf(session, Number((await store.getItem(aheadKey)) ?? 0));
    if (session.access_token !== spent && credential.expiresAt - now > FRESH_MS) return credential;
    const {data, error} = await auth.refreshSession(session);
    if (data.session) return issued(data.session);
    // An account that is gone is replaced; whatever may pass is waited for, or the person would lose their name's account.
    if (!isAuthApiError(error) || error.status >= 500 || error.status === 429) throw refusal(error, url);
    await store.removeItem(sessionKey(url, name));
  } else if (kept.error && !isAuthApiError(kept.error)) throw refusal(kept.error, url);
  const {data, error} = await auth.signInAnonymously({options: {data: {display_name: name}}});
  if (!data.session) throw refusal(error, url);
  return issued(data.session);
}

/** Tells the project that a session has ended, if it can be reached. */
export async function endSession(config: HubConfig, store: Store, name: string, session: string): Promise<void> {
  await authClient(config, store, name).admin.signOut((JSON.parse(session) as Session).access_token, 'local');
}

function authClient({url, key}: HubConfig, store: Store, name: string): InstanceType<typeof AuthClient> {
  return new AuthClient({
    url: `${url}/auth/v1`,
    headers: {apikey: key, authorization: `Bearer ${key}`},
    storageKey: sessionKey(url, name),
    storage: store,
    persistSession: true,
    autoRefreshToken: false, // the hub knows when
    detectSessionInUrl: false,
  });
}

async function readSession(store: Store, url: string, name: string): Promise<Session | null> {
  try {
    return JSON.parse((await store.getItem(sessionKey(url, name))) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}

function credentialOf(session: Session, ahead: number): Credential {
  return {
    token: session.access_token,
    userId: session.user.id,
    expiresAt: (session.expires_at ?? 0) * 1000 + ahead,
  };
}

function refusal(error: unknown, url: string): TrunkError {
  if (isAuthRetryableFetchError(error))
    return new TrunkError('unreachable', `The project at ${url} can't be reached.`, error);
  const text = error instanceof Error ? error.message : String(error);
  if (!isAuthApiError(error)) return new TrunkError('unreachable', `Signing in failed: ${text}`, error);
  if (error.status >= 500) return new TrunkError('unreachable', `Signing in failed at the project: ${text}`, error);
  if (error.status === 429)
    return new TrunkError('rate-limited', 'Too many sign-ins just now. It is tried again by itself.', error);
  if (/api key/i.test(text)) {
    return new TrunkError(
      'key-refused',
      `The project at ${url} refuses the key. Copy its publishable or anon key again.`,
      error,
    );
  }
  return new TrunkError(
    'sign-in-failed',
    `The project refuses to sign in anonymously: ${text}. Enable anonymous sign-ins in its Auth settings, or pass accessToken.`,
    error,
  );
}
