import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {judge} from './checker.js';
import type {Op} from './evidence.js';
import {plant, SampleRun} from './sample-run.js';

describe('a clean run', () => {
  plant('passes', {}, () => {});

  it('is counted', () => {
    const {sent, accepted, stored, edited, amended, deleted, discarded} = judge(new SampleRun()).counts;
    assert.deepEqual(
      {sent, accepted, stored, edited, amended, deleted, discarded},
      {sent: 8, accepted: 6, stored: 6, edited: 1, amended: 1, deleted: 1, discarded: 1},
    );
  });

  plant('may hold the same text at the end of two edits that overlapped, in either order', {}, run => {
    const late = run.act('edit', run.first, '#1 one');
    const overlapping = run.act('edit', run.first, '#1 two');
    overlapping.begun = late.begun;
    run.row(run.first).body = '#1 one';
    run.show();
  });

  plant('may hold the text of an edit that was never answered', {}, run => {
    run.act('edit', run.first, '#1 one').settled = null;
    run.act('edit', run.first, '#1 two');
    run.row(run.first).body = '#1 one';
    run.show();
  });

  plant('may send a message that failed after one that was written later', {}, run => {
    const [one, two] = [run.send('ada', 0), run.send('ada', 0)];
    run.swap(one, two);
    run.break('Postgres restarted');
    run.sight('failed', one.id ?? '', 'internal: three tries');
    run.show();
  });

  plant('may refuse calls while the line is broken', {}, run => {
    Object.assign(run.act('edit', run.first, '#1 never'), {code: 'unreachable'});
    run.break('offline', 'ada');
  });

  plant('may have stored a message that was discarded after a try, and deleted it there', {}, run => {
    const {id} = run.find(op => op.kind === 'discard');
    run.rows.push({id: id ?? '', chat: 1, sender: 'grace', seq: 90, body: '', deleted: true});
    run.sight('returned', id ?? '', 'as stored');
    run.show();
  });

  plant('may hold what a tab did that died before it told what it did it to', {}, run => {
    const op = run.act('edit', run.first, '~90 anew');
    Object.assign(op, {id: null, begun: null, settled: null});
    run.row(run.first).body = '#1 ~90 anew';
    run.show();
  });

  plant('may have discarded what a second hub, asked again, found gone', {}, run => {
    Object.assign(run.act('discard', run.first), {code: 'rejected'});
    run.break('worker killed', 'ada');
    run.drop(run.first);
    run.show();
  });

  plant('may refuse to discard what is being sent', {}, run => {
    Object.assign(run.act('discard', run.first), {code: 'rejected'});
  });
});

describe('the table', () => {
  plant('lacks an accepted message: lost', {lost: 1}, run => {
    run.drop(run.first);
    run.show();
  });

  plant('lacks an accepted message that nobody could discard any more: lost', {lost: 1}, run => {
    Object.assign(run.act('discard', run.first), {code: 'rejected'});
    run.drop(run.first);
    run.show();
  });

  plant('lacks a message that every tab still shows: lost, and not in the table', {lost: 1, phantoms: 3}, run => {
    run.rows.splice(0, 1);
  });

  plant('holds a message under two ids: duplicated', {duplicated: 1}, run => {
    run.rows.push({...run.row(run.first), id: 'again', seq: 90});
    run.show();
  });

  plant('holds a row that nobody sent: phantom', {phantoms: 1}, run => {
    run.rows.push({id: 'forged', chat: 0, sender: 'ada', seq: 90, body: 'hello', deleted: false});
    run.show();
  });

  plant('holds a message under another one’s name: phantom', {phantoms: 1}, run => {
    run.row(run.first).sender = 'grace';
    run.show();
  });

  plant('holds a message under nobody’s name: phantom', {phantoms: 1}, run => {
    run.row(run.first).sender = null;
    run.show();
  });

  plant('holds a message in another chat: phantom', {phantoms: 1}, run => {
    Object.assign(run.row(run.first), {chat: 1, seq: 1});
    for (const row of run.rows.filter(({chat, id}) => chat === 1 && id !== run.first.id)) row.seq += 1;
    for (const each of run.confirmed) each.seq = run.rows.find(({id}) => id === each.id)?.seq ?? each.seq;
    run.show();
  });

  plant('holds a message that was discarded: phantom', {phantoms: 1}, run => {
    const {id} = run.find(op => op.kind === 'discard');
    const {body} = run.find(op => op.kind === 'send' && op.id === id);
    run.rows.push({id: id ?? '', chat: 1, sender: 'grace', seq: 90, body, deleted: false});
    run.show();
  });

  plant('holds a message whose sending was refused: phantom', {phantoms: 1, failedWithoutReason: 1}, run => {
    Object.assign(run.send('ada', 0), {code: 'storage-refused'});
    run.show();
  });

  plant('holds an older text than the last acknowledged one', {wrongText: 1}, run => {
    run.row(run.first).body = run.first.body;
    run.show();
  });

  plant('holds an edit that a later one was acknowledged after', {wrongText: 1}, run => {
    run.act('edit', run.first, '#1 newest');
  });

  plant('holds a text that nobody wrote', {wrongText: 1}, run => {
    run.row(run.first).body = '#1 forged';
    run.show();
  });

  plant('holds a message that was deleted', {wrongText: 1}, run => {
    run.act('remove', run.first);
  });

  plant('lost the text of a message that nobody deleted', {wrongText: 1}, run => {
    Object.assign(run.row(run.first), {body: '', deleted: true});
    run.show();
  });
});

/** What a tab was told to do, and died before it told to what. */
describe('an order that nobody knows the end of', () => {
  plant('may have discarded one message that waited in its chat', {}, run => {
    const op = run.send('ada', 0);
    run.drop(op);
    run.untold('discard', op);
    run.show();
  });

  plant('may have discarded one of its own burst that was never shown as stored', {}, run => {
    const op = run.send('ada', 0);
    run.drop(op);
    run.untold('discard', op).given = op.given;
    run.show();
  });

  plant('has discarded one message at most: the other is lost', {lost: 1}, run => {
    const ops = [run.send('ada', 0), run.send('ada', 0)];
    for (const op of ops) run.drop(op);
    run.untold('discard', run.first);
    run.show();
  });

  plant('has discarded nothing of another chat: lost', {lost: 1}, run => {
    const op = run.send('ada', 0);
    run.drop(op);
    run.untold('discard', {...op, chat: 1, life: 'ada.1#2'});
    run.show();
  });

  plant('has discarded nothing of another person: lost', {lost: 1}, run => {
    const op = run.send('ada', 0);
    run.drop(op);
    run.untold('discard', {...op, person: 'grace'});
    run.show();
  });

  plant('has discarded nothing that was written after it: lost', {lost: 1}, run => {
    run.untold('discard', run.first);
    run.drop(run.send('ada', 0, 'ada.1#2'));
    run.show();
  });

  plant('was no discard: lost', {lost: 1}, run => {
    const op = run.send('ada', 0);
    run.drop(op);
    run.untold('remove', op);
    run.show();
  });

  for (const kind of ['remove', 'discard'] as const) {
    const erase = (run: SampleRun, chat: number) => {
      const op = run.send('ada', chat);
      Object.assign(run.row(op), {body: '', deleted: true});
      if (kind === 'discard') run.confirmed.pop();
      return op;
    };

    plant(`${kind}: may have deleted one message of its chat`, {}, run => {
      run.untold(kind, erase(run, 0));
      run.show();
    });

    plant(`${kind}: has deleted one message at most`, {wrongText: 1}, run => {
      run.untold(kind, [erase(run, 0), erase(run, 0)][1] as Op);
      run.show();
    });

    plant(`${kind}: has deleted nothing of another chat`, {wrongText: 1}, run => {
      run.untold(kind, {...erase(run, 0), chat: 1, life: 'ada.1#2'});
      run.show();
    });
  }

  plant('discard: has deleted nothing that was shown as stored before', {wrongText: 1}, run => {
    const op = run.send('ada', 0);
    Object.assign(run.row(op), {body: '', deleted: true});
    run.untold('discard', op);
    run.show();
  });

  plant('may have sent one message that was deleted since', {}, run => {
    const {given, life} = run.untold('send', run.first);
    Object.assign(run.untold('remove', run.first), {given, life});
    run.rows.push({id: 'untold', chat: 0, sender: 'ada', seq: 90, body: '', deleted: true});
    run.show();
  });

  plant('has sent one message at most', {phantoms: 1}, run => {
    const {given, life} = run.untold('send', run.first);
    Object.assign(run.untold('remove', run.first), {given, life});
    for (const seq of [90, 91])
      run.rows.push({id: `untold-${seq}`, chat: 0, sender: 'ada', seq, body: '', deleted: true});
    run.show();
  });
});

describe('the order', () => {
  plant('of two messages of one tab is swapped', {misordered: 1}, run => {
    run.swap(run.send('ada', 0), run.send('ada', 0));
    run.show();
  });

  plant('of two messages of one tab is swapped, the first never acknowledged', {misordered: 1}, run => {
    const [one, two] = [run.send('ada', 0), run.send('ada', 0)];
    one.settled = null;
    run.swap(one, two);
    run.show();
  });

  plant(
    'of two messages of one person is swapped, the second begun after the first was accepted',
    {misordered: 1},
    run => {
      run.swap(run.send('ada', 0, 'ada.1#2'), run.send('ada', 0, 'ada.2#3'));
      run.show();
    },
  );

  plant('of two messages of one person that were written at once is free', {}, run => {
    const [one, two] = [run.send('ada', 0, 'ada.1#2'), run.send('ada', 0, 'ada.2#3')];
    two.begun = one.begun;
    run.swap(one, two);
    run.show();
  });

  plant('of two people is free', {}, run => {
    run.swap(run.send('ada', 0), run.send('grace', 0));
    run.show();
  });
});
