// The few commands of W3C WebDriver (https://www.w3.org/TR/webdriver2/) that the tests need to drive WebKitGTK, which no other driver here
// can. A display of its own (Xvfb), one driver, one browser; whoever started them ends them. Knows nothing of the pages.
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createServer, type AddressInfo} from 'node:net';
import type {Readable} from 'node:stream';

/** The key under which the protocol gives an element's id. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** What WebDriver calls the Enter key. */
export const ENTER = '\uE007';
/** How long the driver may take to listen, in ms. */
const START_MS = 15_000;

export interface WebKitPrograms {
  driver: string;
  browser: string;
  display: string;
}

/** One browser with any number of tabs. */
export class WebKit {
  readonly #base: string;
  readonly #children: ChildProcess[];

  private constructor(base: string, children: ChildProcess[]) {
    this.#base = base;
    this.#children = children;
  }

  static async start({driver, browser, display}: WebKitPrograms): Promise<WebKit> {
    const children: ChildProcess[] = [];
    try {
      // 1. A display: Xvfb chooses a free number and says it.
      const screen = spawn(display, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      });
      children.push(screen);
      const [number] = (await once(screen.stdio[3] as Readable, 'data')) as [Buffer];
      // 2. The driver, at a free port. WebKitGTK without a graphics card needs to be told so.
      const port = await freePort();
      const env = {
        ...process.env,
        DISPLAY: `:${String(number).trim()}`,
        WEBKIT_DISABLE_DMABUF_RENDERER: '1',
        LIBGL_ALWAYS_SOFTWARE: '1',
      };
      children.push(spawn(driver, [`--port=${port}`, '--host=127.0.0.1'], {env, stdio: 'ignore'}));
      await listening(port);
      // 3. The browser.
      const server = `http://127.0.0.1:${port}`;
      const options = {binary: browser, args: ['--automation']};
      const alwaysMatch = {browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options};
      const {sessionId} = await command<{sessionId: string}>('POST', `${server}/session`, {
        capabilities: {alwaysMatch},
      });
      return new WebKit(`${server}/session/${sessionId}`, children);
    } catch (error) {
      end(children);
      throw error;
    }
  }

  /** A new tab, at this address. */
  async open(url: string): Promise<WebKitTab> {
    const {handle} = await this.#do<{handle: string}>('POST', 'window/new', {type: 'tab'});
    const tab = new WebKitTab(handle, (method, path, body) => this.#do(method, path, body));
    await tab.goto(url);
    return tab;
  }

  async close(): Promise<void> {
    await this.#do('DELETE', '').catch(() => {});
    end(this.#children);
  }

  #do<T>(method: string, path: string, body?: unknown): Promise<T> {
    return command(method, path ? `${this.#base}/${path}` : this.#base, body);
  }
}

type Do = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** A driver has one current tab, so two tabs must not be used at the same time. */
export class WebKitTab {
  readonly #handle: string;
  readonly #do: Do;

  constructor(handle: string, act: Do) {
    this.#handle = handle;
    this.#do = act;
  }

  async goto(url: string): Promise<void> {
    await this.#front();
    await this.#do('POST', 'url', {url});
  }

  async back(): Promise<void> {
    await this.#front();
    await this.#do('POST', 'back', {});
  }

  /** Runs a function of the page; it must stand by itself, and take and give JSON. */
  async evaluate<A extends unknown[], R>(task: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    await this.#front();
    return this.#do<Awaited<R>>('POST', 'execute/sync', {script: `return (${task}).apply(null, arguments)`, args});
  }

  /** Presses keys in the element that `find` gives. */
  async type(find: () => Element | null | undefined, keys: string): Promise<void> {
    const element = (await this.evaluate(find)) as unknown as Record<string, string> | null;
    if (!element) throw new Error(`There is no ${find}.`);
    await this.#do('POST', `element/${element[ELEMENT]}/value`, {text: keys});
  }

  async close(): Promise<void> {
    await this.#front();
    const left = await this.#do<string[]>('DELETE', 'window');
    if (left[0]) await this.#do('POST', 'window', {handle: left[0]});
  }

  #front(): Promise<unknown> {
    return this.#do('POST', 'window', {handle: this.#handle});
  }
}

async function command<T>(method: string, url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, body === undefined ? {method} : {method, body: JSON.stringify(body)});
  const {value} = (await response.json()) as {value: T & {error?: string; message?: string}};
  if (!response.ok)
    throw new Error(`WebDriver: ${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/status`);
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error('The WebDriver did not start.', {cause: error});
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}

function end(children: readonly ChildProcess[]): void {
  for (const child of [...children].reverse()) child.kill();
}
