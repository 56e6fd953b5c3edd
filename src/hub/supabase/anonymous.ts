// Signs in anonymously and keeps the account in the hub's store, one a name and project. Asks by `fetch`: what the hub needs of Supabase's
// Auth is three requests, and its client library would be two thirds of the worker's size.
import {TrunkError} from '../../wire/error.js';
import type {HubConfig} from '../../wire/protocol.js';
import {isRecord} from '../../wire/shape.js';
import {readClaims} from '../../wire/token.js';
import type {Locks, Store} from '../environment.js';
import type {Credential} from '../transport.js';
import {clockKey, sessionKey, sessionLock} from './session-key.js';

/** A token with less left than this is exchanged at once, in ms. The hub asks for a new one a minute before the end. */
const FRESH_MS = 90_000;
/** A request that takes longer counts as unreachable, in ms. */
const REQUEST_MS = 15_000;
/** The longest that a sign-in takes, in ms: two requests. */
export const SIGN_IN_MS = 2 * REQUEST_MS;
/** With this version errors have a code. */
const API_VERSION = '2024-01-01';

/** What is kept of a session, in the form in which Auth gives it. */
interface Session {
  access_token: string;
  refresh_token: string;
  user: {id: string};
}

/**
 * The account of this name in this browser profile, made on first use.
 * @param spent a token that is not good enough any more
 * @throws TrunkError `key-refused`, `sign-in-failed`, `unreachable`, `rate-limited`
 */
export async function signInAnonymously(
  config: HubConfig,
  store: Store,
  locks: Locks | null,
  name: string,
  now: number,
  spent: string | null,
): Promise<Credential> {
  const {url} = config;
  const keep = async (session: Session): Promise<Credential> => {
    const made = Number(readClaims(session.access_token)?.['iat'] ?? now / 1000);
    const ahead = now - made * 1000;
    const written = store.setItem(clockKey(url, name), String(ahead));
    await Promise.all([written, store.setItem(sessionKey(url, name), JSON.stringify(session))]);
    return credentialOf(session, ahead);
  };
  const read = async () => {
    // What this browser's clock was ahead of the server's when the token was made, in ms; written before the session.
    const [text, ahead] = await Promise.all([sessionKey, clockKey].map(key => store.getItem(key(url, name))));
    const session = readSession(text ?? null);
    const credential = session && credentialOf(session, Number(ahead ?? 0));
    const isGood = credential && credential.token !== spent && credential.expiresAt - now > FRESH_MS;
    return {session, good: isGood ? credential : null};
  };
  const signIn = async () => {
    const {session, good} = await read();
    if (good) return good;
    if (session) {
      try {
        return await keep(await ask(config, 'token?grant_type=refresh_token', {refresh_token: session.refresh_token}));
      } catch (error) {
        // An account that is gone is replaced; whatever may pass is waited for, or the person would lose their name's account.
        if (!(error instanceof TrunkError) || error.code !== 'sign-in-failed') throw error;
        await store.removeItem(sessionKey(url, name));
      }
    }
    return keep(await ask(config, 'signup', {data: {display_name: name}}));
  };
  if (!locks) return signIn();
  // A refresh token is good once: hub and service worker must not both use it, or the project ends the session. To read needs no lock.
  return (await read()).good ?? locks.within(sessionLock(url, name), signIn, SIGN_IN_MS);
}

/** Tells the project that a kept session has ended. */
export async function endSession({url, key}: HubConfig, session: string): Promise<void> {
  const token = readSession(session)?.access_token;
  if (!token) return;
  await fetch(`${url}/auth/v1/logout?scope=local`, {
    method: 'POST',
    headers: {apikey: key, authorization: `Bearer ${token}`},
    signal: AbortSignal.timeout(REQUEST_MS),
  });
}

/** @throws TrunkError `sign-in-failed` when the project says no for good; else what may pass */
async function ask({url, key}: HubConfig, path: string, body: unknown): Promise<Session> {
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(`${url}/auth/v1/${path}`, {
      method: 'POST',
      headers: {
        apikey: key,
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'x-supabase-api-version': API_VERSION,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    status = response.status;
    answer = await response.json().catch(() => null);
  } catch (cause) {
    throw new TrunkError('unreachable', `The project at ${url} can't be reached.`, cause);
  }
  if (status < 300 && isSession(answer)) return answer;
  throw refusal(url, status, answer);
}

function refusal(url: string, status: number, answer: unknown): TrunkError {
  const {msg, message} = isRecord(answer) ? answer : {};
  const text = String(msg ?? message ?? `status ${status}`);
  if (status === 429) {
    return new TrunkError('rate-limited', 'Too many sign-ins just now. It is tried again by itself.', text);
  }
  if (status === 401 || /api key/i.test(text)) {
    return new TrunkError(
      'key-refused',
      `The project at ${url} refuses the key. Copy its publishable or anon key again.`,
      text,
    );
  }
  // Also what isn't Auth's own answer: a proxy's page, say.
  if (status < 400 || status >= 500 || !isRecord(answer)) {
    return new TrunkError('unreachable', `Signing in failed at the project: ${text}`, text);
  }
  return new TrunkError(
    'sign-in-failed',
    `The project refuses to sign in anonymously: ${text}. Enable anonymous sign-ins in its Auth settings, or pass accessToken.`,
    text,
  );
}

function readSession(text: string | null): Session | null {
  try {
    const session: unknown = JSON.parse(text ?? 'null');
    return isSession(session) ? session : null;
  } catch {
    return null;
  }
}

function isSession(value: unknown): value is Session {
  return (
    isRecord(value) &&
    typeof value['access_token'] === 'string' &&
    typeof value['refresh_token'] === 'string' &&
    isRecord(value['user']) &&
    typeof value['user']['id'] === 'string'
  );
}

function credentialOf({access_token: token, user}: Session, ahead: number): Credential {
  return {token, userId: user.id, expiresAt: Number(readClaims(token)?.['exp'] ?? 0) * 1000 + ahead};
}
