// Signs in anonymously and keeps the account in the hub's store, one a name and project. A chunk of its own: sites that bring
// their own tokens never load it.
import {AuthClient, isAuthApiError, isAuthRetryableFetchError} from '@supabase/auth-js';
import {TrunkError} from '../../wire/error.js';
import type {HubConfig} from '../../wire/protocol.js';
import type {Store} from '../environment.js';
import type {Credential} from '../transport.js';

/** A token with less left than this is exchanged at once, in ms. The hub asks for a new one a minute before the end. */
const FRESH_MS = 90_000;

/**
 * The account of this name in this browser profile, made on first use.
 * @throws TrunkError `key-refused`, `sign-in-failed`, `unreachable`, `rate-limited`
 */
export async function signInAnonymously(
  config: HubConfig,
  store: Store,
  name: string,
  now: number,
): Promise<Credential> {
  const {url, key} = config;
  const auth = new AuthClient({
    url: `${url}/auth/v1`,
    headers: {apikey: key, authorization: `Bearer ${key}`},
    storageKey: `trunkline:session:${url}:${name}`,
    storage: store,
    persistSession: true,
    autoRefreshToken: false, // the hub knows when
    detectSessionInUrl: false,
  });
  const kept = await auth.getSession();
  const session = kept.data.session;
  if (session) {
    const credential = {
      token: session.access_token,
      userId: session.user.id,
      expiresAt: (session.expires_at ?? 0) * 1000,
    };
    if (credential.expiresAt - now > FRESH_MS) return credential;
    const {data, error} = await auth.refreshSession(session);
    if (data.session) return credentialOf(data.session);
    // An account that is gone is replaced; whatever may pass is waited for, or the person would lose their name's account.
    if (!isAuthApiError(error) || error.status >= 500 || error.status === 429) throw refusal(error, url);
    await store.removeItem(`trunkline:session:${url}:${name}`);
  } else if (kept.error && !isAuthApiError(kept.error)) throw refusal(kept.error, url);
  const {data, error} = await auth.signInAnonymously({options: {data: {display_name: name}}});
  if (!data.session) throw refusal(error, url);
  return credentialOf(data.session);
}

function credentialOf(session: {access_token: string; expires_at?: number; user: {id: string}}): Credential {
  return {token: session.access_token, userId: session.user.id, expiresAt: (session.expires_at ?? 0) * 1000};
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
