// What being away costs: catching up with what was missed, sending what was written meanwhile, and what keeping a message on disk adds
// to showing it. Each beside the same work done with supabase-js in the same run.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import {chromium, type Browser, type Page} from 'playwright';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import type {Bench, Project} from './page.js';
import {percentile, type Figure, type Progress, type Table} from './table.js';

const missed = [1, 26, 100, 5_000];
const offline = 1_000;
/** Rows of one request, as the outbox sends them. */
const batch = 50;
const sends = 100;

/** One transaction a request. */
const COUNT_REQUESTS = `
  create table bench_requests (chat_id uuid, request xid8, primary key (chat_id, request));
  create function count_request() returns trigger language plpgsql security definer set search_path = public as $$
  begin
    insert into bench_requests values (new.chat_id, pg_current_xact_id()) on conflict do nothing;
    return null;
  end; $$;
  create trigger count_request after insert on messages for each row execute function count_request();
`;

declare const window: {bench: Bench};

export async function benchOffline(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Table> {
  const backend = await BackendProcess.start({limits: 'off', faults: true}, []);
  const site = await servePage('test/bench/page.html');
  const browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
  const database = new pg.Client({connectionString: backend.serving.systemUrl});
  await database.connect();
  await database.query(COUNT_REQUESTS);
  try {
    const away = new Away(backend, site.url, browser, database, runs);
    const figures: Figure[] = [];
    for (const count of missed) {
      progress(`${count} missed`);
      figures.push(...(await away.catchUp(count)));
    }
    progress(`${offline} written offline`);
    figures.push(...(await away.drain()));
    progress('written in a tab that is closed');
    figures.push(await away.handOver());
    progress('send to bubble');
    figures.push(...(await away.bubbles()));
    return {
      title: 'Away and back',
      about:
        `${runs} runs, one tab, on 127.0.0.1. Away: every socket cut and every request refused by the backend; the time begins when the ` +
        'tab says that the network is back, and ends when all messages are in its list. supabase-js reads or writes the same rows, ' +
        'connected all the time.',
      figures,
    };
  } finally {
    await browser.close();
    await database.end();
    await site.close();
    await backend.stop();
  }
}

class Away {
  readonly #backend: BackendProcess;
  readonly #url: string;
  readonly #browser: Browser;
  readonly #database: pg.Client;
  readonly #runs: number;

  constructor(backend: BackendProcess, url: string, browser: Browser, database: pg.Client, runs: number) {
    this.#backend = backend;
    this.#url = url;
    this.#browser = browser;
    this.#database = database;
    this.#runs = runs;
  }

  async catchUp(count: number): Promise<Figure[]> {
    const [ours, plain] = [[], []] as [number[], number[]];
    for (let run = 0; run < this.#runs; run++) {
      await this.#withPage({}, async (page, project) => {
        const chat = await page.evaluate(given => window.bench.open(given, ''), project);
        await page.evaluate(given => window.bench.openPlain(given), project);
        await this.#goAway(page);
        await this.#insert(chat, count);
        await this.#fault({reset: true});
        ours.push(await page.evaluate(n => window.bench.back(n), count));
        plain.push(await page.evaluate(n => window.bench.readPlain(0, n), count));
        // By now a second notice, if there were one, would be there.
        const told = await page.evaluate(() => window.bench.continuity());
        if (told.join() !== `caught-up ${count}`)
          throw new Error(`${count} missed, and the thread was told: ${told.join()}`);
      });
    }
    const goal = count === 100 ? '≤ 1,000' : count === 5_000 ? '≤ 5,000' : undefined;
    const name = `${count.toLocaleString('en-US')} missed`;
    return [
      {name: `${name}: all there, in order, one notice`, unit: 'ms', values: ours, ...(goal ? {goal} : {})},
      ...(count === 5_000
        ? [{name: `${name}: a second`, unit: 'messages', values: ours.map(ms => (count * 1_000) / ms)}]
        : []),
      {name: `${name}: supabase-js reads the rows`, unit: 'ms', values: plain},
    ];
  }

  async drain(): Promise<Figure[]> {
    const [kept, sent, requests]: [number[], number[], number[]] = [[], [], []];
    const [single, batched]: [number[], number[]] = [[], []];
    for (let run = 0; run < this.#runs; run++) {
      await this.#withPage({}, async (page, project) => {
        const chat = await page.evaluate(given => window.bench.open(given, ''), project);
        await page.evaluate(given => window.bench.openPlain(given), project);
        await this.#goAway(page);
        kept.push(await page.evaluate(n => window.bench.write(n, 'offline'), offline));
        await this.#fault({reset: true});
        sent.push(await page.evaluate(n => window.bench.back(n), offline));
        const {rows} = await this.#database.query<{requests: number; body: string[]}>(
          `select (select count(*)::int from bench_requests r where r.chat_id = m.chat_id) as requests,
             array_agg(body order by seq) as body from messages m where chat_id = $1 group by chat_id`,
          [chat],
        );
        const [row = {requests: 0, body: []}] = rows;
        const isWhole = row.body.length === offline && row.body.every((body, n) => body === `offline ${n}`);
        if (!isWhole) throw new Error('What was written offline is not in the table once and in order.');
        requests.push(row.requests);
        single.push(await page.evaluate(n => window.bench.writePlain(n, 1), offline));
        batched.push(await page.evaluate(([n, of]) => window.bench.writePlain(n, of), [offline, batch] as const));
      });
    }
    const name = `${offline.toLocaleString('en-US')} written offline`;
    return [
      {name: `${name}: until all are kept on disk`, unit: 'ms', values: kept},
      {name: `${name}: sent, in order`, unit: 'ms', values: sent, goal: '≤ 5,000'},
      {name: `${name}: sent a second`, unit: 'messages', values: sent.map(ms => (offline * 1_000) / ms)},
      {name: `${name}: requests`, unit: '', values: requests, goal: '≤ 25'},
      {
        name: `${name}: supabase-js, connected, inserts of ${batch} rows one after another`,
        unit: 'ms',
        values: batched,
      },
      {name: `${name}: supabase-js, connected, one insert after another`, unit: 'ms', values: single},
    ];
  }

  /** Written without a network in a tab that is closed; the next tab is opened once the network is back. */
  async handOver(): Promise<Figure> {
    const values: number[] = [];
    for (let run = 0; run < this.#runs; run++) {
      await this.#withPage({}, async (page, project) => {
        const chat = await page.evaluate(given => window.bench.open(given, ''), project);
        await this.#goAway(page);
        await page.evaluate(() => window.bench.write(1, 'left behind'));
        const context = page.context();
        await page.close();
        await this.#fault({reset: true});
        const next = await context.newPage();
        const start = performance.now();
        await next.goto(this.#url);
        await next.waitForFunction(() => 'bench' in window);
        await next.evaluate(given => window.bench.open(given, ''), project);
        await next.evaluate(() => window.bench.back(1));
        values.push(performance.now() - start);
        const {rows} = await this.#database.query('select id from messages where chat_id = $1', [chat]);
        if (rows.length !== 1) throw new Error(`One message was written, and ${rows.length} are in the table.`);
      });
    }
    return {
      name: 'written in a closed tab: shown as sent by the next, from its navigation',
      unit: 'ms',
      values,
      goal: '≤ 2,000',
    };
  }

  async bubbles(): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [where, host, isInMemory] of [
      ['on disk, SharedWorker', '', false],
      ['on disk, page', 'page', false],
      ['in memory, page', 'page', true],
    ] as const) {
      const [shown, kept] = [[], []] as [number[], number[]];
      for (let run = 0; run < this.#runs; run++) {
        await this.#withPage({isInMemory}, async (page, project) => {
          await page.evaluate(([given, rung]) => window.bench.open(given, rung), [project, host] as const);
          const storage = await page.evaluate(() => window.bench.storage());
          if (storage !== (isInMemory ? 'memory' : 'durable')) throw new Error(`The store is ${storage}.`);
          const times: {shown: number; kept: number}[] = [];
          for (let n = -10; n < sends; n++) {
            const time = await page.evaluate(text => window.bench.sendOne(text), `message ${n} of ${run}.`);
            if (n >= 0) times.push(time);
          }
          shown.push(
            percentile(
              times.map(time => time.shown),
              0.95,
            ),
          );
          kept.push(
            percentile(
              times.map(time => time.kept),
              0.95,
            ),
          );
        });
      }
      const goal = isInMemory ? {} : {goal: '≤ 16'};
      figures.push({name: `send() to bubble, p95, ${where}`, unit: 'ms', values: shown, ...goal});
      figures.push({name: `send() to kept, p95, ${where}`, unit: 'ms', values: kept});
    }
    const plain: number[] = [];
    for (let run = 0; run < this.#runs; run++) {
      await this.#withPage({}, async (page, project) => {
        await page.evaluate(given => window.bench.openPlain(given), project);
        const times: number[] = [];
        for (let n = 0; n < sends; n++)
          times.push(await page.evaluate(text => window.bench.sendOnePlain(text), `plain ${n}`));
        plain.push(percentile(times, 0.95));
      });
    }
    figures.push({name: 'supabase-js: insert, then shown, p95', unit: 'ms', values: plain});
    return figures;
  }

  /** A browser profile of its own, a chat of its own. */
  async #withPage(
    {isInMemory = false}: {isInMemory?: boolean},
    task: (page: Page, project: Project) => Promise<void>,
  ): Promise<void> {
    const context = await this.#browser.newContext();
    try {
      if (isInMemory) {
        // As in a browser that refuses to store anything. Text, because a compiled function may lean on a helper that pages lack.
        const refuse = "() => { throw new DOMException('no', 'SecurityError'); }";
        await context.addInitScript(`Object.defineProperty(globalThis, 'indexedDB', {value: {open: ${refuse}}})`);
      }
      const page = await context.newPage();
      await page.goto(this.#url);
      await page.waitForFunction(() => 'bench' in window);
      const {url, anonKey} = this.#backend.serving;
      await task(page, {url, key: anonKey, user: 'Ada', chat: `bench-${randomUUID().slice(0, 8)}`});
    } finally {
      await context.close();
    }
  }

  async #goAway(page: Page): Promise<void> {
    await this.#fault({refuseForMs: 600_000});
    await this.#fault({cut: true});
    await page.evaluate(() => window.bench.untilDown());
  }

  async #fault(order: Record<string, unknown>): Promise<void> {
    const {url} = this.#backend.serving;
    const response = await fetch(`${url}/faults`, {method: 'POST', body: JSON.stringify(order)});
    if (!response.ok) throw new Error(`POST /faults: ${response.status}`);
  }

  /** Somebody else writes, as the database sees it. */
  async #insert(chat: string, count: number): Promise<void> {
    await this.#database.query(
      `insert into messages (id, chat_id, sender_id, body)
       select gen_random_uuid(), $1, (select user_id from chat_members where chat_id = $1 limit 1), 'missed ' || n
       from generate_series(1, $2::int) n order by n`,
      [chat, count],
    );
  }
}
