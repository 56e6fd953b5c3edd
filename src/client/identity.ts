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
  readonly #identify: () => Identified | Promise<Identified>;
  #config: HubConfig | null = null;
  /** Raised when the person leaves: an answer that comes after that is void. */
  #stay = 0;

  constructor(identify: () => Identified | Promise<Identified>) {
    this.#identify = identify;
  }

  /** Whom the hub serves; null while nobody is known. */
  get config(): HubConfig | null {
    return this.#config;
  }

  /** Asks until the page can say, or says that it never will. Who is known without asking is found at once: a worker waits for it. */
  find(found: (config: HubConfig) => void, failed: (error: TrunkError) => void): void {
    const stay = this.#stay;
    const hear = (answer: Identified | TrunkError) => {
      if (stay !== this.#stay) return;
      if (!(answer instanceof TrunkError)) return found((this.#config = answer.config));
      failed(answer);
      // The page's own sign-in may come back; wrong options don't mend themselves.
      if (answer.code === 'sign-in-failed') setTimeout(() => stay === this.#stay && this.find(found, failed), RETRY_MS);
    };
    const answer = this.#answer();
    if (answer instanceof Promise) void answer.then(hear);
    else hear(answer);
  }

  /** What the page says now, or why it can't; null when the person left meanwhile. */
  async ask(): Promise<Identified | TrunkError | null> {
    const stay = this.#stay;
    const answer = await this.#answer();
    return stay === this.#stay ? answer : null;
  }

  #answer(): Identified | TrunkError | Promise<Identified | TrunkError> {
    const refused = (thrown: unknown) => TrunkError.from(thrown);
    try {
      const answer = this.#identify();
      return answer instanceof Promise ? answer.catch(refused) : answer;
    } catch (thrown) {
      return refused(thrown);
    }
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
