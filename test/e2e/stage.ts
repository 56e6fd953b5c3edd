// What the end-to-end tests stand on: one backend and one site a worker, people with a browser profile each, and the few things
// a person can see or do in a tab. Tests of a worker run one after another, so the backend's counters are theirs.
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import pg from 'pg';
import {test as base, expect, type BrowserContext, type Locator, type Page} from 'playwright/test';
import {startBackend, type Backend} from '../../demo/backend/start-backend.js';
import {serveSite, type Setup, type Site} from './site.js';

export {expect} from 'playwright/test';

/** What may wait for one of the product's own clocks: tries that are up to 30 s apart, and a look at the revisions every 30 s. */
export const PATIENT = {timeout: 45_000};

interface TabOptions {
  setup?: Setup;
  /** Path below the site; default the demo page of this person and the test's chat. */
  path?: string;
  chat?: string;
}

/** One person in one browser profile. */
export class Visitor {
  readonly name: string;
  readonly context: BrowserContext;
  readonly #site: Site;
  readonly #chat: string;

  constructor(name: string, context: BrowserContext, site: Site, chat: string) {
    this.name = name;
    this.context = context;
    this.#site = site;
    this.#chat = chat;
  }

  /** A new tab on the demo page. */
  async open({setup = 'good', chat = this.#chat, path}: TabOptions = {}): Promise<Tab> {
    const page = await this.context.newPage();
    const query = new URLSearchParams({user: this.name, chat});
    await page.goto(this.#site.url(setup) + (path ?? `?${query}`));
    return new Tab(page);
  }

  /** A new tab, once it is connected and its chat is open. */
  async openReady(options: TabOptions = {}): Promise<Tab> {
    const tab = await this.open(options);
    await tab.ready();
    return tab;
  }
}

/** A tab as a person sees it. */
export class Tab {
  readonly page: Page;
  readonly thread: Locator;
  readonly composer: Locator;
  readonly bodies: Locator;
  readonly status: Locator;

  constructor(page: Page, within: Page | ReturnType<Page['frameLocator']> = page) {
    this.page = page;
    this.thread = within.locator('trunk-chat-thread');
    this.composer = this.thread.getByRole('textbox');
    this.bodies = this.thread.locator('[part~="message"] [part~="body"]');
    this.status = within.locator('trunk-connection-status').first();
  }

  async ready(): Promise<void> {
    await expect(this.status).toContainText('Connected');
    await expect(this.composer).toHaveAccessibleName(/^Write to/);
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** The row of the message with this text. */
  row(text: string): Locator {
    return this.thread
      .locator('[part~="message"]')
      .filter({has: this.page.locator('[part~="body"]').getByText(text, {exact: true})});
  }

  /** The rung it stands on. */
  host(): Promise<string | undefined> {
    type Provider = HTMLElement & {client?: {status: {current: {host: string}}}};
    return this.page.evaluate(() => document.querySelector<Provider>('trunk-provider')?.client?.status.current.host);
  }

  /** Somebody shown as here, outside the thread. */
  person(name: string): Locator {
    return this.page.getByRole('img', {name: new RegExp(`^${name}, (online|away)`)});
  }
}

interface Fixtures {
  /** A chat of this test's own. */
  chat: string;
  /** A person with a browser profile of their own, named uniquely after `name`. */
  visitor: (name: string, profile?: Profile) => Promise<Visitor>;
}

/** What is particular about a browser profile. */
interface Profile {
  /** The browser's own setting that no site may keep anything. */
  blocksSiteData?: boolean;
}

interface WorkerFixtures extends EngineOptions {
  backend: Backend;
  site: Site;
}

/** What playwright.config.ts says of a project's engine. */
export interface EngineOptions {
  /** Why this project can't run here, its engine being missing; empty when it can. */
  missing: string;
  /** Whether this engine keeps a page of ours that was left for elsewhere in its back/forward cache. */
  cachesPages: boolean;
}

export const test = base.extend<Fixtures & {skipMissing: void}, WorkerFixtures>({
  missing: ['', {option: true, scope: 'worker'}],
  cachesPages: [false, {option: true, scope: 'worker'}],
  // Before anything is started.
  skipMissing: [
    async ({missing}, use, info) => {
      info.skip(missing !== '', missing);
      await use();
    },
    {auto: true},
  ],
  backend: [
    // Playwright reads the fixtures a function needs from this pattern.
    async ({}, use) => {
      const backend = await startBackend({faults: true});
      await use(backend);
      await backend.close();
    },
    {scope: 'worker', timeout: 60_000},
  ],
  site: [
    async ({backend}, use) => {
      const site = await serveSite(process.env['TRUNKLINE_SITE'] ?? '', backend);
      await use(site);
      await site.close();
    },
    {scope: 'worker'},
  ],
  chat: async ({}, use, info) => {
    await use(`e2e-${info.workerIndex}-${info.testId.slice(-12).replace(/[^a-z0-9]/g, '')}-${info.repeatEachIndex}`);
  },
  visitor: async ({browser, playwright, launchOptions, site, chat, backend}, use) => {
    const contexts: BrowserContext[] = [];
    const folders: string[] = [];
    await use(async (name, {blocksSiteData = false} = {}) => {
      let context: BrowserContext;
      if (blocksSiteData) {
        const folder = makeBlockingProfile();
        folders.push(folder);
        context = await playwright.chromium.launchPersistentContext(folder, {...launchOptions, ...PAGE});
      } else {
        context = await browser.newContext(PAGE);
      }
      contexts.push(context);
      return new Visitor(name, context, site, chat);
    });
    await bringBack(backend);
    await Promise.all(contexts.map(context => context.close()));
    for (const folder of folders) await rm(folder, {recursive: true, force: true, maxRetries: 10});
    // The next test counts sockets from none.
    await expect.poll(() => backend.stats().sockets, 'sockets of closed profiles').toBe(0);
  },
});

/** What all pages have in common. */
const PAGE = {locale: 'en-GB', timezoneId: 'UTC', viewport: {width: 1000, height: 720}};

/** A folder with a profile whose "Sites are not allowed to save data" is on, as a person sets it. */
function makeBlockingProfile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-profile-'));
  mkdirSync(join(folder, 'Default'));
  const preferences = {profile: {default_content_setting_values: {cookies: 2}}};
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  return folder;
}

/** Makes the backend misbehave in these ways, in this order; see demo/backend/faults.ts. Undone after the test. */
export async function fault(backend: Backend, ...faults: Record<string, unknown>[]): Promise<void> {
  for (const each of faults) {
    const response = await fetch(`${backend.url}/faults`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify(each),
    });
    expect(response.ok, `POST /faults ${JSON.stringify(each)}: ${response.status}`).toBe(true);
  }
}

/** Nobody gets through from now on, and who is connected is cut off, until `bringBack()`: however slow the machine is. */
export async function takeDown(backend: Backend): Promise<void> {
  await fault(backend, {refuseForMs: 3_600_000}, {cut: true});
}

/** axe finds nothing to complain about, light or dark. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.addScriptTag({path: createRequire(import.meta.url).resolve('axe-core/axe.min.js')});
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    const violations = await page.evaluate(async () => {
      const {axe} = window as unknown as {
        axe: {run(): Promise<{violations: {id: string; nodes: {target: unknown; failureSummary?: string}[]}[]}>};
      };
      const {violations: found} = await axe.run();
      return found.map(({id, nodes}) => ({
        id,
        nodes: nodes.map(({target, failureSummary}) => `${JSON.stringify(target)} ${failureSummary}`),
      }));
    });
    expect(violations, colorScheme).toEqual([]);
  }
}

/** Ends every fault that lasts. */
export async function bringBack(backend: Backend): Promise<void> {
  await fault(backend, {reset: true});
}

/** Lets no message be stored until the answer is called: whoever tries waits inside the database. */
export async function holdMessages(backend: Backend): Promise<() => Promise<void>> {
  const client = new pg.Client({connectionString: backend.databaseUrl});
  await client.connect();
  await client.query('begin; lock table public.messages in exclusive mode');
  return () => client.end();
}

/** Closes a person's last tab, and ends the hub that a browser lets live on for a while after it. */
export async function closeForGood({page}: Tab): Promise<void> {
  const context = page.context();
  const own = await context.newCDPSession(page);
  const {targetInfo} = await own.send('Target.getTargetInfo');
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error('There is no browser to ask.');
  const workers = async () => {
    const {targetInfos} = await session.send('Target.getTargets');
    const isTheirs = (info: (typeof targetInfos)[number]) => info.browserContextId === targetInfo.browserContextId;
    return targetInfos.filter(info => info.type === 'shared_worker' && isTheirs(info));
  };
  await page.close();
  for (const {targetId} of await workers()) await session.send('Target.closeTarget', {targetId});
  await expect.poll(async () => (await workers()).length, 'hubs that live on').toBe(0);
  await session.detach();
}
