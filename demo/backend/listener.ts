// One connection that listens to Postgres notifications, and comes back when it is lost. It doesn't know what a
// notification means.
import pg from 'pg';

export class Listener {
  readonly #url: string;
  readonly #handlers = new Map<string, (payload: string) => void>();
  readonly #onConnect: () => void;
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onConnect called after each successful connection, the first included */
  constructor(url: string, onConnect: () => void = () => {}) {
    this.#url = url;
    this.#onConnect = onConnect;
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  on(channel: string, handler: (payload: string) => void): this {
    this.#handlers.set(channel, handler);
    return this;
  }

  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'trunkline listener',
      keepAlive: true,
    });
    client.on('notification', note => this.#handlers.get(note.channel)?.(note.payload ?? ''));
    client.on('error', () => {}); // 'end' follows
    client.on('end', () => this.#lost(client));
    await client.connect();
    await client.query([...this.#handlers.keys()].map(name => `listen ${pg.escapeIdentifier(name)}`).join(';'));
    this.#client = client;
    this.#onConnect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => {});
  }

  #lost(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.start().catch(() => this.#lost(client)), 100);
  }
}
