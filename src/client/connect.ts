// Where a page starts: turns a few options into a HubClient and ties it to this document's life (hidden, offline, left,
// restored). The only file of the client that listens to the document.
import {countCharacters} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {HubConfig} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import {lateModule} from '../wire/late-module.js';
import {readClaims} from '../wire/token.js';
import {availableHosts, openHost} from './host.js';
import {HubClient} from './hub-client.js';
import type {SiteUpdate} from './service-worker.js';
import {Signal} from './source.js';

export interface ConnectOptions {
  /** The project's URL, `https://<ref>.supabase.co`. */
  url: string;
  /** The project's publishable or anon key. Never the secret one. */
  key: string;
  /** Display name. Without `accessToken`, also which anonymous account of this browser profile is meant. */
  userName?: string;
  /** http(s) URL of a picture. */
  avatarUrl?: string;
  /**
   * Gives a valid JWT of the signed-in person; called whenever the hub needs a fresh one. Without it the hub signs in
   * anonymously and remembers the account in this browser profile.
   */
  accessToken?: () => Promise<string>;
  /**
   * Where `trunkline-worker.js` is, when it is not beside this script, or a file of one line that imports it: a URL of the page's own
   * origin. When it fails, `problem` says `worker-failed`, and a lower rung serves.
   */
  workerUrl?: string | URL;
  /**
   * Where the site's service worker is: `trunkline-sw.js`, or one of the site's own that imports it. A URL of the page's own
   * origin. Default: none. With it, what waits is sent even when no tab is left, where the browser has Background Sync
   * (Chromium). When it can't be registered, `problem` says `service-worker-failed`, and all else works.
   */
  serviceWorkerUrl?: string | URL;
  /** Forces one rung of the host ladder, for tests and support: `shared-worker`, `relay`, `leader` or `page`. */
  host?: HostKind;
}

/** The longest display name, in characters, as the table's constraint counts them. */
const MAX_NAME = 80;
/** The rungs that can be had, whether or not this browser has them. */
const HOSTS: readonly HostKind[] = ['shared-worker', 'relay', 'leader', 'page'];
/** A person counts as active in a tab for as long as this passes between two signs of it, in ms. */
const ACTIVITY_MS = 10_000;
/** A battery that is not charging is low from here on. */
const LOW_BATTERY = 0.2;

/**
 * Connects this tab to the hub that all tabs of this project and person share. Never throws: what is wrong with the options
 * shows in `status` (`error`, with reason `no-config` or `bad-config`) and `problem`.
 */
export function connect(options: ConnectOptions): HubClient {
  const end = new AbortController();
  const update = new Signal<SiteUpdate | null>(null);
  const client = new HubClient({
    hosts: options.host ? [options.host] : availableHosts(),
    promised: options.workerUrl ? 'shared-worker' : null,
    openHost: (kind, config, isDoubted) => openHost(kind, config, {workerUrl: options.workerUrl, isDoubted}),
    locks: globalThis.navigator?.locks ?? null,
    uuid: makeUuid,
    now: () => Date.now(),
    storage: () => localStorage,
    embeddedIn: embeddingOrigin(),
    identify: () => identify(options),
    cleanUp: () => end.abort(),
    update,
  });
  if (typeof document !== 'undefined') {
    followDocument(client, end.signal);
    if (options.serviceWorkerUrl) void startServiceWorker(options.serviceWorkerUrl, client, update, end.signal);
  }
  return client;
}

const loadServiceWorker = lateModule(() => import('./service-worker.js'), 'followServiceWorker');

async function startServiceWorker(
  url: string | URL,
  client: HubClient,
  update: Signal<SiteUpdate | null>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const followServiceWorker = await loadServiceWorker();
    await followServiceWorker(url, {update, status: client.status, signal});
  } catch (error) {
    if (!signal.aborted) client.report(TrunkError.from(error));
  }
}

type Identified = {config: HubConfig; token: string | null};

function identify({
  url,
  key,
  userName = '',
  avatarUrl = '',
  accessToken,
  host,
}: ConnectOptions): Identified | Promise<Identified> {
  if (!url || !key) {
    throw new TrunkError(
      'no-config',
      `No ${url ? 'key' : 'URL'} of a Supabase project was given. Set "url" and "key".`,
    );
  }
  let project: URL;
  try {
    project = new URL(url);
  } catch (cause) {
    throw new TrunkError('bad-config', `"${url}" is not the URL of a Supabase project.`, cause);
  }
  if (project.protocol !== 'https:' && project.protocol !== 'http:') {
    throw new TrunkError(
      'bad-config',
      `The URL of a Supabase project starts with https://, not ${project.protocol}//.`,
    );
  }
  if (key.startsWith('sb_secret_') || readClaims(key)?.['role'] === 'service_role') {
    throw new TrunkError(
      'bad-config',
      'This is the project’s secret key. It must never reach a browser: use the publishable or anon key.',
    );
  }
  if (host && !HOSTS.includes(host)) {
    throw new TrunkError('bad-config', `"${host}" is not a host. Use ${HOSTS.join(', ')}, or leave it out.`);
  }
  if (countCharacters(userName) > MAX_NAME) {
    throw new TrunkError('bad-config', `The display name is longer than ${MAX_NAME} characters. Shorten it.`);
  }
  const base = {url: project.href.replace(/\/+$/, ''), key, userName, avatarUrl};
  if (accessToken) return identifyByToken(base, accessToken);
  return {config: {...base, identity: {kind: 'anonymous', name: userName}}, token: null};
}

async function identifyByToken(
  base: Omit<HubConfig, 'identity'>,
  accessToken: () => Promise<string>,
): Promise<Identified> {
  let token: string;
  try {
    token = await accessToken();
  } catch (cause) {
    throw new TrunkError('sign-in-failed', 'accessToken() failed, so nobody is signed in.', cause);
  }
  const userId = readClaims(token)?.['sub'];
  if (typeof userId !== 'string') {
    throw new TrunkError('sign-in-failed', 'accessToken() gave no JWT of a signed-in person (it has no "sub").');
  }
  return {config: {...base, identity: {kind: 'token', userId}}, token};
}

/** The origin of the outermost page around this one when it is another's; else empty. */
function embeddingOrigin(): string {
  if (globalThis.top === globalThis.self) return '';
  // Firefox has no `ancestorOrigins`, and says only which page loaded the frame.
  const [origin = URL.parse(document.referrer)?.origin ?? ''] = [...(location.ancestorOrigins ?? [])].reverse();
  return origin === self.origin ? '' : origin;
}

/** `crypto.randomUUID` is missing on plain-http pages; its ingredients are not. */
function makeUuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(....)(....)(....)/, '$1-$2-$3-$4-');
}

/** What Chromium alone tells of a battery and of the person's wish to save data. */
interface Frugality {
  connection?: {saveData: boolean};
  getBattery?(): Promise<EventTarget & {charging: boolean; level: number}>;
}

function followDocument(client: HubClient, signal: AbortSignal): void {
  const visible = () => document.visibilityState === 'visible';
  let lastActive = Date.now();
  let isAway = false;
  const leave = () => {
    isAway = true;
    client.suspend();
  };
  const comeBack = () => {
    if (isAway) client.resume();
    isAway = false;
  };
  const look = () => {
    if (visible()) lastActive = Date.now();
    client.setAttention({visible: visible(), focused: document.hasFocus(), lastActive});
  };
  look();
  for (const type of ['focus', 'blur']) addEventListener(type, look, {signal});
  document.addEventListener(
    'visibilitychange',
    () => {
      look();
      if (visible()) client.poke('visible');
    },
    {signal},
  );
  for (const type of ['pointerdown', 'pointermove', 'keydown', 'scroll'] as const) {
    addEventListener(
      type,
      () => {
        if (Date.now() - lastActive < ACTIVITY_MS) return;
        lastActive = Date.now();
        client.setAttention({lastActive});
      },
      {signal, passive: true, capture: true},
    );
  }
  addEventListener('online', () => client.poke('online'), {signal});
  addEventListener('offline', () => client.poke('offline'), {signal});
  addEventListener('pagehide', leave, {signal});
  addEventListener('pageshow', comeBack, {signal});
  // A frozen page hears nothing: what is said to it would pile up, and a lock it held would stay.
  document.addEventListener('freeze', leave, {signal});
  document.addEventListener('resume', comeBack, {signal});
  void followFrugality(client, signal);
}

async function followFrugality(client: HubClient, signal: AbortSignal): Promise<void> {
  const {connection}: Frugality = navigator as never;
  const battery = await (navigator as Frugality).getBattery?.().catch(() => undefined);
  const tell = () => {
    const isLow = battery && !battery.charging && battery.level <= LOW_BATTERY;
    if (!signal.aborted) client.setAttention({frugal: isLow || !!connection?.saveData});
  };
  // A charger shows in the level soon.
  battery?.addEventListener('levelchange', tell, {signal});
  if (battery || connection) tell();
}
