// A person's browser with many tabs of one kind of page, the last one opened in sight and the others behind it, and what can be measured
// of it: what the pages cost, what the browser's processes hold. Knows nothing of tables.
import {gzipSync} from 'node:zlib';
import type {PageSite} from '../support/page-site.js';
import {memoryBytes, processorMs, withChildren} from './processes.js';
import type {Way} from './room.js';
import {UsualBrowser, type UsualTab} from './usual-browser.js';

/** Longer than anything takes, in ms. */
const PATIENCE_MS = 60_000;

export class TabWindow {
  readonly way: Way;
  readonly tabs: UsualTab[] = [];
  readonly #browser: UsualBrowser;
  readonly #site: PageSite;

  private constructor(way: Way, browser: UsualBrowser, site: PageSite) {
    this.way = way;
    this.#browser = browser;
    this.#site = site;
  }

  /** A browser of its own, so that its processes are its own. */
  static async open(way: Way, site: PageSite): Promise<TabWindow> {
    return new TabWindow(way, await UsualBrowser.start(), site);
  }

  /** Opens one more tab and waits until it is ready. Resolves with what it took, in ms since 1970. */
  async openTab(query: Record<string, string>): Promise<{startedAt: number; readyAt: number}> {
    const address = new URL(this.#site.url.replace(/[^/]+$/, `${this.way}.html`));
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const tab = await this.#browser.open(address.href);
    this.tabs.push(tab);
    await tab.ask('Performance.enable', {timeDomain: 'threadTicks'});
    // The page's script comes with its document.
    for (const end = Date.now() + PATIENCE_MS; !(await tab.evaluate<boolean>('"tab" in window'));) {
      if (Date.now() > end) throw new Error(`${address.href} does not start.`);
      await new Promise(done => setTimeout(done, 5));
    }
    const {startedAt, at} = await withPatience(tab.evaluate<{startedAt: number; at: number}>('tab.whenReady'));
    return {startedAt, readyAt: at};
  }

  /** Has every tab believe that it is in sight. */
  async pretendSeen(): Promise<void> {
    for (const tab of this.tabs) await tab.ask('Emulation.setFocusEmulationEnabled', {enabled: true});
  }

  /** Until each tab shows so many messages. Nothing looks meanwhile: that would be part of what the tab costs. */
  async untilShown(count: number): Promise<void> {
    await withPatience(Promise.all(this.tabs.map(tab => tab.evaluate(`tab.whenShown(${count})`))));
  }

  /** When each numbered message came into each tab, in ms since 1970. */
  async arrivals(): Promise<Map<number, number>[]> {
    return Promise.all(this.tabs.map(async tab => new Map(await tab.evaluate<[number, number][]>('tab.arrivals()'))));
  }

  async misplaced(): Promise<number> {
    const each = await Promise.all(this.tabs.map(tab => tab.evaluate<number>('tab.misplaced()')));
    return each.reduce((sum, count) => sum + count, 0);
  }

  /** What the tabs' main threads were busy, in ms since they were first asked for. */
  async mainThreadMs(): Promise<number> {
    const each = await Promise.all(
      this.tabs.map(async tab => {
        const {metrics} = (await tab.ask('Performance.getMetrics')) as {metrics: {name: string; value: number}[]};
        return (metrics.find(({name}) => name === 'TaskDuration')?.value ?? 0) * 1000;
      }),
    );
    return each.reduce((sum, ms) => sum + ms, 0);
  }

  /** JS heap of a tab after a collection, in bytes; the mean over the tabs. */
  async heapBytes(): Promise<number> {
    let sum = 0;
    for (const tab of this.tabs) {
      await tab.ask('HeapProfiler.collectGarbage');
      sum += ((await tab.ask('Runtime.getHeapUsage')) as {usedSize: number}).usedSize;
    }
    return sum / this.tabs.length;
  }

  /** Proportional set size of all the browser's processes, in bytes, once it rests: a browser that has just started goes up and down. */
  async restingMemoryBytes(): Promise<number> {
    const last: number[] = [];
    for (const end = Date.now() + 15_000; Date.now() < end;) {
      last.push(memoryBytes(await this.#processes()));
      const recent = last.slice(-4);
      if (recent.length === 4 && Math.max(...recent) - Math.min(...recent) < 1e6) break;
      await new Promise(done => setTimeout(done, 500));
    }
    return last.at(-1) ?? NaN;
  }

  /** Processor time of all the browser's processes, in ms. */
  async processorMs(): Promise<number> {
    return processorMs(await this.#processes());
  }

  /** Bytes of script served since this was last asked, compressed as a site would. */
  scriptBytes(): number {
    return this.#site.served().reduce((sum, file) => sum + gzipSync(file, {level: 9}).length, 0);
  }

  async closeLast(): Promise<void> {
    await this.tabs.pop()?.close();
  }

  async closeTabs(): Promise<void> {
    for (const tab of this.tabs.splice(0)) await tab.close();
  }

  /** Ends what the site's tabs have left running. */
  async endWorkers(): Promise<void> {
    await this.#browser.endWorkers();
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #processes(): Promise<number[]> {
    const {processInfo} = (await this.#browser.ask('SystemInfo.getProcessInfo')) as {processInfo: {id: number}[]};
    return withChildren(processInfo.map(({id}) => id));
  }
}

async function withPatience<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`A tab did not get there within ${PATIENCE_MS / 1000} s.`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
