// One person: a browser profile, a line of their own, and three tabs that share one worker. Opens and ends tabs in every way there
// is; knows nothing of why.
import type {Browser, BrowserContext, CDPSession, Page} from 'playwright';
import {OUTBOX_SYNC} from '../../src/wire/service-worker.js';
import type {Journal} from './journal.js';
import type {Line} from './line.js';
import type {ChaosPage, Pulse, Tale} from './page.js';
import type {Order} from './schedule.js';
import {PAGE_MS, Tab, within} from './tab.js';

export interface Surroundings {
  browser: Browser;
  /** The browser itself, past all pages. */
  cdp: CDPSession;
  journal: Journal;
  pageUrl: string;
  key: string;
  slugs: readonly string[];
  /** The rung that every tab is forced onto; without it the tabs choose, and have a service worker. */
  host?: string;
  /** Runs in every page before anything else. */
  initScript?: string;
}

/** How often a tab without a script is asked before it is reloaded. */
const PATIENCE = 3;
/** Longest wait for anything of the service worker, in ms. */
const SERVICE_WORKER_MS = 5_000;

/** Runs in the service worker. A text, because the compiler puts calls of its own into functions that have names. */
const COUNT_LOCKS = `if (self.outboxLocks === undefined) {
  self.outboxLocks = 0;
  const request = navigator.locks.request.bind(navigator.locks);
  navigator.locks.request = (name, ...rest) => {
    if (name.startsWith('trunk:outbox:')) self.outboxLocks++;
    return request(name, ...rest);
  };
}`;

export class Person {
  readonly name: string;
  readonly line: Line;
  readonly tabs = new Map<number, Tab>();
  readonly #context: BrowserContext;
  readonly #world: Surroundings;
  readonly #threads: ReadonlyMap<number, number>;
  #documents = 0;
  #busy: Promise<unknown> = Promise.resolve();
  #profile = '';

  private constructor(
    name: string,
    line: Line,
    context: BrowserContext,
    world: Surroundings,
    threads: ReadonlyMap<number, number>,
  ) {
    this.name = name;
    this.line = line;
    this.#context = context;
    this.#world = world;
    this.#threads = threads;
  }

  /** @param threads which slot shows which chat in a thread */
  static async arrive(
    name: string,
    line: Line,
    world: Surroundings,
    threads: ReadonlyMap<number, number>,
  ): Promise<Person> {
    const context = await world.browser.newContext();
    if (world.initScript) await context.addInitScript(world.initScript);
    context.setDefaultTimeout(PAGE_MS);
    const person = new Person(name, line, context, world, threads);
    await context.exposeBinding('chaosLife', ({page}) => person.#born(page));
    await context.exposeBinding('chaosTell', ({page}, life: string, tales: Tale[]) => person.#hear(page, life, tales));
    return person;
  }

  /** What ends or brings tabs, or takes the network from their pages, goes one after another. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(task);
    this.#busy = turn.catch(() => {});
    return turn;
  }

  async open(slot: number): Promise<Tab> {
    const page = await this.#context.newPage();
    const tab = new Tab(slot, page);
    this.tabs.set(slot, tab);
    page.once('crash', () => (tab.dead = true));
    page.on('pageerror', error => this.#world.journal.note(`${tab.life}: ${error.stack ?? String(error)}`));
    const {pageUrl, key, slugs, host = ''} = this.#world;
    const thread = this.#threads.get(slot);
    const query = new URLSearchParams({url: this.line.url, key, person: this.name, chats: slugs.join(','), host});
    if (thread !== undefined) query.set('thread', String(thread));
    await page.goto(`${pageUrl}?${query}`, {waitUntil: 'commit'});
    return tab;
  }

  /** Gives orders to a tab. What it began is written down; a tab that dies meanwhile tells nothing. */
  async run(tab: Tab, orders: readonly Order[]): Promise<void> {
    if (orders.length === 0) return;
    await tab.ask(async () => {
      if (tab.dead) throw new Error('The tab is gone.');
      this.#world.journal.ordered(tab.life, this.name, orders);
      const {life} = tab;
      this.#world.journal.begun(life, await within(tab.page.evaluate(all => window.chaos.run(all), orders as Order[])));
    });
  }

  async reload(tab: Tab): Promise<void> {
    await tab.ask(async () => {
      tab.ready = false;
      await tab.page.reload({waitUntil: 'commit'});
    });
    tab.taken = false;
  }

  async end(tab: Tab): Promise<void> {
    await tab.ask(async () => {
      tab.dead = true;
      await tab.page.close();
    });
    this.#world.journal.note(`${tab.life} closed`);
  }

  /** Kills the tab's process. */
  async crash(tab: Tab): Promise<void> {
    await tab.ask(async () => {
      const session = await this.#context.newCDPSession(tab.page);
      const crashed = tab.page.waitForEvent('crash');
      // Never answers: whoever would is gone.
      session.send('Page.crash').catch(() => {});
      await crashed;
      tab.dead = true;
      await tab.page.close();
    });
    this.#world.journal.note(`${tab.life} crashed`);
  }

  /** Leaves the page for another; it stays in the back/forward cache. */
  async goAway(tab: Tab): Promise<void> {
    tab.ready = false;
    await tab.ask(() => tab.page.goto(new URL('/trunkline-sw.js', this.#world.pageUrl).href, {waitUntil: 'commit'}));
    this.#world.journal.note(`${tab.life} navigated away`);
  }

  /** Comes back by the back button. Answers whether the page was still in the cache. */
  async comeBack(tab: Tab): Promise<boolean> {
    const {life} = tab;
    // Waiting for it would wait for a load, which a page from the cache never has.
    await tab.ask(() => tab.page.evaluate(() => void setTimeout(() => history.back())));
    const deadline = Date.now() + PAGE_MS;
    for (; Date.now() < deadline; await new Promise(done => setTimeout(done, 20))) {
      if (tab.life !== life) return false;
      if ((await tab.page.evaluate(() => 'chaos' in window).catch(() => false)) && tab.life === life) {
        this.#world.journal.note(`${life} is back from the cache`);
        return (tab.ready = true);
      }
    }
    return false;
  }

  session(tab: Tab): Promise<CDPSession> {
    return this.#context.newCDPSession(tab.page);
  }

  /** The tab that holds the seat; undefined when no tab does. */
  async leader(): Promise<Tab | undefined> {
    const leads = await this.#each(tab => tab.page.evaluate(() => window.chaos.leads()));
    return [...this.tabs.values()].filter(tab => !tab.dead)[leads.indexOf(true)];
  }

  /** Whether the other tabs can write to what all of them store. */
  async canStoreWithout(tab: Tab): Promise<boolean> {
    const other = [...this.tabs.values()].find(each => each !== tab && each.usable);
    return other === undefined || within(other.page.evaluate(() => window.chaos.canStore()));
  }

  /** The SharedWorker of this person's tabs; undefined when there is none. */
  async findWorker(): Promise<string | undefined> {
    const {targetInfos} = await this.#world.cdp.send('Target.getTargets');
    return targetInfos.find(
      ({type, browserContextId}) => type === 'shared_worker' && browserContextId === this.#profile,
    )?.targetId;
  }

  /** Ends the SharedWorker as the browser does when it runs out of memory. */
  async killWorker(targetId: string): Promise<boolean> {
    const {success} = (await this.#world.cdp.send('Target.closeTarget', {targetId})) as {success: boolean};
    return success;
  }

  /** Starts the service worker, if it sleeps, and has it count how often it asks for the lock of what waits. */
  async watchServiceWorker(tab: Tab): Promise<void> {
    const find = () => this.#context.serviceWorkers().at(-1);
    if (!find()) {
      await this.#withServiceWorkers(tab, async (session, {scopeURL}) => {
        const started = this.#context.waitForEvent('serviceworker', {timeout: SERVICE_WORKER_MS});
        started.catch(() => {}); // heard below
        await session.send('ServiceWorker.startWorker', {scopeURL});
        await started;
      });
    }
    const worker = find();
    if (!worker) throw new Error('There is no service worker.');
    await within(worker.evaluate(COUNT_LOCKS));
  }

  /**
   * Has the browser tell the service worker that it is online again. Answers whether it then asked for the lock of what waits,
   * which it does only when it has found something that waits.
   */
  async syncServiceWorker(tab: Tab): Promise<boolean> {
    const count = async () => {
      const asked = this.#context.serviceWorkers().map(worker => worker.evaluate<number>('self.outboxLocks ?? 0'));
      return (await within(Promise.all(asked), SERVICE_WORKER_MS)).reduce((sum, each) => sum + each, 0);
    };
    const before = await count();
    return this.#withServiceWorkers(tab, async (session, {registrationId}) => {
      const {origin} = new URL(this.#world.pageUrl);
      const sync = {origin, registrationId, tag: OUTBOX_SYNC, lastChance: false};
      session.send('ServiceWorker.dispatchSyncEvent', sync).catch(() => {});
      for (
        const end = Date.now() + SERVICE_WORKER_MS;
        Date.now() < end;
        await new Promise(done => setTimeout(done, 50))
      )
        if ((await count()) > before) return true;
      return false;
    });
  }

  /** Does something with the registration of the site's service worker, through a session with this tab. */
  async #withServiceWorkers<T>(
    tab: Tab,
    task: (session: CDPSession, registration: {registrationId: string; scopeURL: string}) => Promise<T>,
  ): Promise<T> {
    return tab.ask(async () => {
      const session = await this.#context.newCDPSession(tab.page);
      try {
        const registered = new Promise<{registrationId: string; scopeURL: string}>(resolve => {
          session.on('ServiceWorker.workerRegistrationUpdated', ({registrations}) => {
            const {origin} = new URL(this.#world.pageUrl);
            const found = registrations.find(each => !each.isDeleted && each.scopeURL.startsWith(origin));
            if (found) resolve(found);
          });
        });
        await session.send('ServiceWorker.enable');
        return await task(session, await within(registered, SERVICE_WORKER_MS));
      } finally {
        await session.detach();
      }
    });
  }

  setOffline(offline: boolean): Promise<void> {
    return this.#context.setOffline(offline);
  }

  /** How its open tabs stand; null for one that doesn't answer. */
  async pulses(): Promise<(Pulse | null)[]> {
    return this.#each(async tab => {
      const pulse = await tab.page.evaluate(() => ('chaos' in window ? window.chaos.pulse() : null));
      if (pulse) tab.unborn = 0;
      else await this.#revive(tab);
      return pulse;
    });
  }

  /** Its document is there and its script never ran: the process that was to give it died. A person presses reload. */
  async #revive(tab: Tab): Promise<void> {
    if (++tab.unborn < PATIENCE) return;
    tab.unborn = 0;
    this.#world.journal.note(`${this.name}.${tab.slot} was reloaded, because its script never ran`);
    await tab.page.reload({waitUntil: 'commit'});
  }

  /** Asks every open tab. */
  async #each<T>(question: (tab: Tab) => Promise<T>): Promise<(T | null)[]> {
    const tabs = [...this.tabs.values()].filter(tab => !tab.dead);
    return Promise.all(tabs.map(tab => tab.ask(() => within(question(tab))).catch(() => null)));
  }

  async views(
    chats: number,
    all: boolean,
  ): Promise<{life: string; chat: number; view: ReturnType<ChaosPage['view']>}[]> {
    const views = [];
    for (const tab of this.tabs.values()) {
      if (all)
        await within(
          tab.page.evaluate(() => window.chaos.loadAll()),
          3 * PAGE_MS,
        );
      for (let chat = 0; chat < chats; chat++) {
        const view = await within(tab.page.evaluate(index => window.chaos.view(index), chat));
        views.push({life: tab.life, chat, view});
      }
    }
    return views;
  }

  async leave(): Promise<void> {
    await this.#context.close();
    await this.line.close();
  }

  async #born(page: Page): Promise<string> {
    const tab = [...this.tabs.values()].find(each => each.page === page);
    const life = `${this.name}.${tab?.slot ?? '?'}#${++this.#documents}`;
    if (tab) {
      tab.life = life;
      tab.ready = false;
    }
    this.#world.journal.note(`${life} opened`);
    return life;
  }

  #hear(page: Page, life: string, tales: Tale[]): void {
    const tab = [...this.tabs.values()].find(each => each.page === page);
    for (const tale of tales) {
      if (tale.kind === 'ready' && tab?.life === life) tab.ready = true;
      this.#world.journal.tale(life, tale);
    }
  }

  /** Learns which profile the browser calls this person's. Needs a tab. */
  async learnProfile(): Promise<void> {
    const [tab] = this.tabs.values();
    if (!tab) return;
    const session = await this.#context.newCDPSession(tab.page);
    const {targetInfo} = await session.send('Target.getTargetInfo');
    this.#profile = targetInfo.browserContextId ?? '';
    await session.detach();
  }
}
