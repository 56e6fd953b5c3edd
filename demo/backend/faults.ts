// What a fault run may break, on request: `POST /faults` with one fault as JSON. Holds the switches; the servers ask it
// on each request, handshake and frame. Only there when the backend was started with `faults`.
import {type Answer, type Exchange, json} from './http/exchange.js';
import type {Interference} from './http/server.js';
import type {FrameFaults} from './realtime/connection.js';

/** Things only the whole backend can do. */
export interface Breakable {
  /** Destroys every socket, without a close frame. */
  cut(): void;
  /** Asks every socket to go, with 1012, as after a change of settings. */
  disconnect(): void;
  /** Changes the setting and disconnects everybody, as a hosted project does. */
  setPrivateOnly(isOn: boolean): void;
  /** Changes the setting, which on a hosted project disconnects nobody. */
  setMaxUsers(count: number): void;
  /** Makes every access token given out so far an expired one. */
  expireTokens(): void;
  restartPostgres(): Promise<void>;
}

export class Faults implements FrameFaults, Interference {
  #delayMs = 0;
  #refuseUntil = 0;
  #refuseSocketsUntil = 0;
  #stallUntil = 0;
  #tooManyUntil = 0;
  #retryAfterS: number | undefined;
  #dropEveryNth = 0;
  #frames = 0;
  #lose: {path: string; left: number} | undefined;
  #breakable: Breakable | undefined;

  attach(breakable: Breakable): void {
    this.#breakable = breakable;
  }

  get delayMs(): number {
    return this.#delayMs;
  }

  /** Counts frames both ways. In a stall open sockets are black holes, too. */
  drops(): boolean {
    if (Date.now() < this.#stallUntil) return true;
    return this.#dropEveryNth > 0 && ++this.#frames % this.#dropEveryNth === 0;
  }

  async before(path: string, socket: {destroy(): unknown}): Promise<boolean> {
    if (path === '/faults' || path === '/stats') return true;
    const isSocket = path === '';
    if (Date.now() < this.#refuseUntil || (isSocket && Date.now() < this.#refuseSocketsUntil)) {
      socket.destroy();
      return false;
    }
    if (Date.now() < this.#stallUntil) return false;
    if (this.#delayMs > 0) await new Promise(done => setTimeout(done, this.#delayMs));
    return true;
  }

  /** Kong's words for a spent rate limit; it is the gateway's answer, so the service never sees the request. */
  instead(path: string): Answer | undefined {
    if (Date.now() >= this.#tooManyUntil || !path.startsWith('/rest/v1')) return undefined;
    const after = this.#retryAfterS;
    return json(429, {message: 'API rate limit exceeded'}, after === undefined ? {} : {'retry-after': String(after)});
  }

  async after(path: string): Promise<boolean> {
    if (!this.#lose || !path.startsWith(this.#lose.path) || path === '/faults' || path === '/stats') return true;
    if (--this.#lose.left <= 0) this.#lose = undefined;
    return false;
  }

  handle = async (exchange: Exchange): Promise<Answer> => {
    if (exchange.method !== 'POST') return json(405, {message: 'POST one fault as JSON.'});
    let order: Record<string, unknown>;
    try {
      order = JSON.parse(exchange.body.toString()) as Record<string, unknown>;
    } catch {
      return json(400, {message: 'The body is not JSON.'});
    }
    const keys = Object.keys(order ?? {});
    const [name] = keys;
    const isAlone = keys.length === 1 || (name === 'tooManyForMs' && keys.length === 2 && keys[1] === 'retryAfterS');
    if (name === undefined || !isAlone) return json(400, {message: 'POST exactly one fault at a time.'});
    const fault = await this.#apply(name, order[name], order['retryAfterS']);
    return fault === undefined ? json(200, {applied: name}) : json(400, {message: fault});
  };

  /** What is wrong with the order, or undefined when it is done. */
  async #apply(name: string, value: unknown, retryAfterS: unknown): Promise<string | undefined> {
    const isNumber = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    const amount = isNumber ? value : 0;
    switch (name) {
      case 'cut':
        this.#breakable?.cut();
        return undefined;
      case 'disconnect':
        this.#breakable?.disconnect();
        return undefined;
      case 'privateOnly':
        if (typeof value !== 'boolean') return 'privateOnly takes true or false.';
        this.#breakable?.setPrivateOnly(value);
        return undefined;
      case 'maxUsers':
        if (!isNumber) return 'maxUsers takes a number.';
        this.#breakable?.setMaxUsers(amount);
        return undefined;
      case 'refuseForMs':
      case 'refuseSocketsForMs':
      case 'stallForMs':
      case 'delayMs':
      case 'dropEveryNth':
        if (!isNumber) return `${name} takes a number.`;
        if (name === 'refuseForMs') this.#refuseUntil = Date.now() + amount;
        else if (name === 'refuseSocketsForMs') this.#refuseSocketsUntil = Date.now() + amount;
        else if (name === 'stallForMs') this.#stallUntil = Date.now() + amount;
        else if (name === 'delayMs') this.#delayMs = amount;
        else this.#dropEveryNth = amount;
        return undefined;
      case 'tooManyForMs':
        if (!isNumber) return 'tooManyForMs takes a number.';
        if (retryAfterS !== undefined && typeof retryAfterS !== 'number') return 'retryAfterS takes a number.';
        this.#tooManyUntil = Date.now() + amount;
        this.#retryAfterS = retryAfterS;
        return undefined;
      case 'loseAnswers': {
        const {path = '/', count} = (value ?? {}) as {path?: unknown; count?: unknown};
        if (typeof path !== 'string' || typeof count !== 'number') return 'loseAnswers takes {path?, count}.';
        this.#lose = count > 0 ? {path, left: count} : undefined;
        return undefined;
      }
      case 'expireTokens':
        this.#breakable?.expireTokens();
        return undefined;
      case 'restartPostgres':
        return this.#breakable?.restartPostgres().then(
          () => undefined,
          (error: unknown) => String(error),
        );
      case 'reset':
        this.#delayMs = this.#dropEveryNth = 0;
        this.#refuseUntil = this.#refuseSocketsUntil = this.#stallUntil = this.#tooManyUntil = 0;
        this.#lose = undefined;
        return undefined;
      default:
        return `There is no fault "${name}".`;
    }
  }
}
