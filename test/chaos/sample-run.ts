// A made-up run in which all is well, for the checker's tests to plant wrongs in.
import assert from 'node:assert/strict';
import {it} from 'node:test';
import {judge, WRONGS, type Wrong} from './checker.js';
import type {Evidence, FaultRecord, Op, Row, Shown, Sighting, TabView} from './evidence.js';

/** A run in which all is well: two people, two chats, an edit, a deletion, a discard, and a tab that died in mid-send. */
export class SampleRun {
  readonly ops: Op[] = [];
  readonly rows: Row[] = [];
  readonly tabs: TabView[] = [];
  readonly confirmed: Evidence['confirmed'][number][] = [];
  readonly sightings: Sighting[] = [];
  readonly faults: FaultRecord[] = [];
  #n = 0;
  #at = 1_000;

  constructor() {
    const first = this.send('ada', 0);
    const second = this.send('ada', 0);
    this.send('grace', 0);
    const third = this.send('grace', 1);
    this.send('grace', 1);
    this.act('edit', first, `${first.body} edited`);
    this.act('remove', second);
    this.row(first).body = `${first.body} edited`;
    Object.assign(this.row(second), {body: '', deleted: true});
    const discarded = this.send('grace', 1);
    this.drop(discarded);
    this.act('discard', discarded);
    // Two sends of a tab that died: one is stored, one isn't, and nobody was told.
    const [stored, gone] = [this.send('ada', 1), this.send('ada', 1)];
    for (const op of [stored, gone]) op.settled = null;
    this.drop(gone);
    this.act('amend', third, `${third.body} anew`);
    this.row(third).body = `${third.body} anew`;
    this.show();
  }

  send(person: string, chat: number, life = `${person}.0#1`): Op {
    const n = ++this.#n;
    const body = `#${n} text`;
    const op = this.op('send', {person, chat, life, id: `m${n}`, body, n});
    const seq = this.rows.filter(row => row.chat === chat).length + 1;
    this.rows.push({id: `m${n}`, chat, sender: person, seq, body, deleted: false});
    this.confirmed.push({id: `m${n}`, seq, chat, life, at: this.#at});
    return op;
  }

  act(kind: Op['kind'], {id, person, chat, life}: Op, body = ''): Op {
    return this.op(kind, {id, person, chat, life, body, n: ++this.#n});
  }

  op(kind: Op['kind'], about: Pick<Op, 'n' | 'person' | 'chat' | 'life' | 'id' | 'body'>): Op {
    this.#at += 100;
    const op = {kind, ...about, given: this.#at, begun: this.#at, settled: this.#at + 50, code: null, reason: ''};
    this.ops.push(op);
    return op;
  }

  /** A tab is told to act on some message of this one's chat, and dies before it tells on which. */
  untold(kind: Op['kind'], {person, chat, life}: Op): Op {
    const op = this.op(kind, {id: null, person, chat, life, body: '', n: ++this.#n});
    return Object.assign(op, {begun: null, settled: null});
  }

  row({id}: {id: string | null}): Row {
    const row = this.rows.find(each => each.id === id);
    assert(row, `no row ${id}`);
    return row;
  }

  /** It never reached the table. */
  drop({id}: Op): void {
    this.rows.splice(this.rows.indexOf(this.row({id})), 1);
    this.confirmed.splice(
      this.confirmed.findIndex(each => each.id === id),
      1,
    );
  }

  /** Every tab shows the table. */
  show(): void {
    this.tabs.length = 0;
    for (const life of ['ada.0#1', 'grace.0#1']) {
      for (const chat of [0, 1]) {
        const rows = this.rows
          .filter(row => row.chat === chat)
          .map(({id, seq, body, deleted}): Shown => ({id, seq, body, deleted, status: 'sent'}));
        this.tabs.push({life, chat, complete: true, rows});
      }
    }
  }

  view(index = 0): Shown[] {
    return this.tabs[index]?.rows ?? [];
  }

  sight(kind: Sighting['kind'], id: string, detail = ''): void {
    this.sightings.push({at: this.#at, life: 'ada.0#1', chat: 0, where: 'list', kind, id, detail});
  }

  break(kind: string, person: string | null = null): void {
    this.faults.push({kind, person, from: 0, to: this.#at, happened: true, detail: ''});
  }

  find(fits: (op: Op) => boolean): Op {
    const found = this.ops.find(fits);
    assert(found);
    return found;
  }

  get first(): Op {
    return this.find(op => op.kind === 'send');
  }

  /** The table has them in the other order, and so it was shown. */
  swap(one: Op, two: Op): void {
    const [a, b] = [this.row(one), this.row(two)];
    [a.seq, b.seq] = [b.seq, a.seq];
    for (const each of this.confirmed) each.seq = this.rows.find(({id}) => id === each.id)?.seq ?? each.seq;
    this.rows.sort((x, y) => x.chat - y.chat || x.seq - y.seq);
  }
}

/** Plants something and expects exactly these wrongs to be found. */
export function plant(what: string, wrongs: Partial<Record<Wrong, number>>, how: (run: SampleRun) => void): void {
  it(what, () => {
    const run = new SampleRun();
    how(run);
    const {counts, problems} = judge(run);
    const found = Object.fromEntries(WRONGS.map(wrong => [wrong, counts[wrong]]).filter(([, count]) => count !== 0));
    assert.deepEqual(found, wrongs, JSON.stringify(problems));
  });
}
