// Reads committed changes of the publication `supabase_realtime` from the log, by polling a temporary slot, as the real
// server does. Runs only while somebody wants changes. It doesn't know who.
import {randomBytes} from 'node:crypto';
import pg from 'pg';
import {type Change, Decoder} from './pgoutput.js';

export class Capture {
  readonly #url: string;
  readonly #pollMs: number;
  readonly #take: (changes: Change[]) => Promise<void>;
  readonly #log: (line: string) => void;
  #client: pg.Client | undefined;
  #starting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The start that counts; a stop in its middle makes it count no more. Undefined: nobody wants changes. */
  #attempt: symbol | undefined;

  /** @param take gets the changes of each poll in commit order; the next poll waits for it */
  constructor(url: string, pollMs: number, take: (changes: Change[]) => Promise<void>, log: (line: string) => void) {
    this.#url = url;
    this.#pollMs = pollMs;
    this.#take = take;
    this.#log = log;
  }

  /** Resolves when every later commit will be seen. */
  start(): Promise<void> {
    if (!this.#starting) {
      const attempt = Symbol();
      this.#attempt = attempt;
      this.#starting = this.#open(attempt).catch(error => {
        if (this.#attempt === attempt) this.#starting = undefined;
        throw error;
      });
    }
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#attempt = undefined;
    this.#starting = undefined;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {}); // the slot goes with its connection
  }

  async #open(attempt: symbol): Promise<void> {
    const client = new pg.Client({connectionString: this.#url, application_name: 'trunkline changes'});
    client.on('error', () => {}); // 'end' follows
    client.on('end', () => this.#lost(client));
    await client.connect();
    const slot = `trunkline_${randomBytes(6).toString('hex')}`;
    try {
      await client.query(`select pg_create_logical_replication_slot($1, 'pgoutput', true)`, [slot]);
    } catch (error) {
      await client.end();
      throw error;
    }
    if (this.#attempt !== attempt) return client.end();
    this.#client = client;
    this.#schedule(client, slot);
  }

  #schedule(client: pg.Client, slot: string): void {
    if (this.#client !== client) return;
    this.#timer = setTimeout(() => {
      void this.#poll(client, slot)
        .catch(error => this.#log(`postgres_changes: ${String(error)}`))
        .then(() => this.#schedule(client, slot));
    }, this.#pollMs);
  }

  async #poll(client: pg.Client, slot: string): Promise<void> {
    const {rows} = await client.query<{data: Buffer}>(
      `select data from pg_logical_slot_get_binary_changes($1, null, null, 'proto_version', '1', 'publication_names', 'supabase_realtime')`,
      [slot],
    );
    const decoder = new Decoder(); // each call describes its relations anew
    const changes = rows.map(row => decoder.decode(row.data)).filter(change => change !== undefined);
    if (changes.length > 0) await this.#take(changes);
  }

  /** What was committed in the meantime is lost, as when the real server loses its slot. */
  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#starting = undefined;
    this.#retry();
  }

  #retry(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#attempt) void this.start().catch(() => this.#retry());
    }, 200);
  }
}
