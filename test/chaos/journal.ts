// Writes down what is done and seen while a run goes on, as evidence for the checker and as a log for whoever reads a failure.
import type {Confirmed, Evidence, FaultRecord, Op, Sighting} from './evidence.js';
import type {Begun, Standing, Tale} from './page.js';
import type {Order} from './schedule.js';

export class Journal {
  readonly ops = new Map<number, Op>();
  readonly sightings: Sighting[] = [];
  readonly confirmed: Confirmed[] = [];
  readonly faults: FaultRecord[] = [];
  /** Other things worth a line: tabs that come and go. */
  readonly notes: {at: number; text: string}[] = [];
  /** How the connection stood in each tab, as each saw it. */
  readonly standings: (Standing & {life: string})[] = [];
  readonly #places = new Set<string>();
  readonly #stored = new Set<string>();
  readonly #waiting = new Set<string>();

  note(text: string): void {
    this.notes.push({at: Date.now(), text});
  }

  /** A tab is given these, and may die before it tells what became of them. */
  ordered(life: string, person: string, orders: readonly Order[]): void {
    const given = Date.now();
    for (const {n, kind, chat, body} of orders) {
      const nothing = {id: null, begun: null, settled: null, code: null, reason: ''};
      this.ops.set(n, {n, kind, person, chat, body, life, given, ...nothing});
    }
  }

  begun(life: string, all: readonly Begun[]): void {
    for (const {n, at, id, body} of all) {
      const op = this.ops.get(n);
      if (!op) continue;
      // There was nothing to do it to.
      if (id === null && op.kind !== 'send') this.ops.delete(n);
      else Object.assign(op, {life, id, begun: at, body});
      if (op.kind === 'send' && id !== null && !this.#stored.has(id)) this.#waiting.add(id);
    }
  }

  tale(life: string, tale: Tale): void {
    switch (tale.kind) {
      case 'begun':
        this.begun(life, tale.begun);
        break;
      case 'settled': {
        const op = this.ops.get(tale.n);
        if (!op) break;
        Object.assign(op, {settled: tale.at, code: tale.code, reason: tale.reason});
        if (op.kind === 'discard' && op.code === null) this.#waiting.delete(op.id ?? '');
        break;
      }
      case 'sighting':
        this.sightings.push({...tale.sighting, life});
        break;
      case 'confirmed':
        for (const each of tale.confirmed) {
          this.#stored.add(each.id);
          this.#waiting.delete(each.id);
          // The first to show it there speaks for all.
          if (this.#places.has(`${each.id} ${each.seq}`)) continue;
          this.#places.add(`${each.id} ${each.seq}`);
          this.confirmed.push({...each, life});
        }
        break;
      case 'status':
        this.standings.push({...tale.status, life});
        break;
      case 'ready':
        break;
    }
  }

  /** Sends begun. */
  get sent(): number {
    return [...this.ops.values()].filter(({kind, begun}) => kind === 'send' && begun !== null).length;
  }

  /** Messages begun that nobody has seen stored, as far as is known. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether a tab was given these. */
  wasGiven([first]: readonly Order[]): boolean {
    return first !== undefined && this.ops.has(first.n);
  }

  /** Whether one of these sends is on its way: begun, and not known to be stored. */
  isMidSend(orders: readonly Order[]): boolean {
    return orders.some(({n, kind}) => {
      const id = this.ops.get(n)?.id;
      return kind === 'send' && id !== null && id !== undefined && !this.#stored.has(id);
    });
  }

  evidence(): Omit<Evidence, 'rows' | 'tabs'> {
    const {sightings, confirmed, faults} = this;
    return {ops: [...this.ops.values()], sightings, confirmed, faults};
  }
}
