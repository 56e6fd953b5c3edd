// Everything a run stands on: backend, page, browser, two people. What was started ends with it, whatever happens.
import {chromium} from 'playwright';
import {Random} from '../backend/fuzz/random.js';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import {servePage} from '../support/page-site.js';
import {Journal} from './journal.js';
import {Line} from './line.js';
import {Person} from './person.js';
import {CHATS, PEOPLE, TABS} from './schedule.js';
import {Server} from './server.js';

export class Stage {
  readonly journal = new Journal();
  readonly people: Person[] = [];
  readonly slugs: readonly string[];
  readonly #undo: (() => Promise<unknown>)[] = [];
  #server: Server | null = null;

  private constructor(seed: number) {
    this.slugs = Array.from({length: CHATS}, (_, chat) => `chaos-${seed}-${chat}`);
  }

  get server(): Server {
    if (!this.#server) throw new Error('The backend is not started.');
    return this.#server;
  }

  /** @param stopped asks to end early, also in the midst of starting */
  static async build(seed: number, stopped: AbortSignal): Promise<Stage> {
    const stage = new Stage(seed);
    try {
      await stage.#build(new Random(seed, 3_000_000), stopped);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (let step = this.#undo.pop(); step; step = this.#undo.pop()) await step().catch(() => {});
  }

  async #build(random: Random, stopped: AbortSignal): Promise<void> {
    const server = await Server.start();
    this.#server = server;
    this.#undo.push(() => server.close());
    stopped.throwIfAborted();
    const site = await servePage('test/chaos/page.html');
    this.#undo.push(() => site.close());
    stopped.throwIfAborted();
    // Playwright's own handlers would end the browser and this process before the rest is tidied up.
    const own = {handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false};
    const browser = await chromium.launch({
      executablePath: ensureBrowser(console.error),
      args: [...BROWSER_ARGS],
      ...own,
    });
    this.#undo.push(() => browser.close());
    const cdp = await browser.newBrowserCDPSession();
    const world = {browser, cdp, journal: this.journal, pageUrl: site.url, key: server.anonKey, slugs: this.slugs};
    for (const name of PEOPLE) {
      stopped.throwIfAborted();
      const line = await Line.open(() => server.port);
      this.#undo.push(() => line.close());
      // One tab of each person has a thread on its screen.
      const threads = new Map([[random.below(TABS), random.below(CHATS)]]);
      const person = await Person.arrive(name, line, world, threads);
      this.#undo.push(() => person.leave());
      this.people.push(person);
      for (let slot = 0; slot < TABS; slot++) await person.open(slot);
      await person.learnProfile();
    }
  }
}
