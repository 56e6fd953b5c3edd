// Whose tab this is: asks the page who is signed in, again while it can't say, and drops what was asked when the person leaves.
// Knows nothing of hubs.
import {TrunkError} from '../wire/error.js';
import type {HubConfig} from '../wire/protocol.js';

/** Whom the hub is to serve, and a fresh token of that person where the page has one to give. */
export interface Identified {
  config: HubConfig;
  token: string | null;
}

/** Pause before the page is asked again who is signed in, when it could not say, in ms. */
const RETRY_MS = 5_000;

export class Identity {
  readonly #identify: () => Promise<Identified>;
  #config: HubConfig | null = null;
  /** Raised when the person leaves: an answer that comes after that is void. */
  #stay = 0;

  constructor(identify: () => Promise<Identified>) {
    this.#identify = identify;
  }

  /** Whom the hub serves; null while nobody is known. */
  get config(): HubConfig | null {
    return this.#config;
  }

  /** Asks until the page can say, or says that it never will. */
  async find(found: (config: HubConfig) => void, failed: (error: TrunkError) => void): Promise<void> {
    const answer = await this.ask();
    if (!answer) return;
    if (!(answer instanceof TrunkError)) return found((this.#config = answer.config));
    failed(answer);
    // The page's own sign-in may come back; wrong options don't mend themselves.
    if (answer.code !== 'sign-in-failed') return;
    const stay = this.#stay;
    setTimeout(() => stay === this.#stay && void this.find(found, failed), RETRY_MS);
  }

  /** What the page says now, or why it can't; null when the person left meanwhile. */
  async ask(): Promise<Identified | TrunkError | null> {
    const stay = this.#stay;
    const answer = await this.#identify().catch((thrown: unknown) => TrunkError.from(thrown));
    return stay === this.#stay ? answer : null;
  }

  /** Whether the page still belongs to the person whom the hub serves. */
  isSame(config: HubConfig): boolean {
    return JSON.stringify(config.identity) === JSON.stringify(this.#config?.identity);
  }

  /** The person leaves; `next` is who came instead. */
  leave(next: HubConfig | null = null): void {
    this.#stay++;
    this.#config = next;
  }
}
