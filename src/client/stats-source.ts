// What the hub knows of itself, asked for only while somebody listens: counting costs nothing, telling does.
import type {HubStats} from '../wire/stats.js';
import {Signal} from './source.js';
import type {TabOwnStats} from './tab-record.js';

/** What the hub knows of itself, and the tab that listens of itself. */
export interface ClientStats extends HubStats {
  here: TabOwnStats;
}

/** Null while nobody listens. */
export class StatsSource extends Signal<ClientStats | null> {
  readonly #open: () => () => void;
  #listeners = 0;
  #close: () => void = () => {};

  /** @param open asks the hub; the answer stops that */
  constructor(open: () => () => void) {
    super(null);
    this.#open = open;
  }

  override subscribe(listener: (stats: ClientStats | null) => void): () => void {
    let undo: (() => void) | null = super.subscribe(listener);
    if (++this.#listeners === 1) this.#close = this.#open();
    return () => {
      if (!undo) return;
      undo();
      undo = null;
      if (--this.#listeners) return;
      this.#close();
      this.set(null);
    };
  }
}
