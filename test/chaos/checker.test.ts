import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {judge, WRONGS, type Wrong} from './checker.js';
import type {Shown, TabView} from './evidence.js';
import {SampleRun} from './sample-run.js';

/** Plants something and expects exactly these wrongs to be found. */
function plant(what: string, wrongs: Partial<Record<Wrong, number>>, how: (run: SampleRun) => void): void {
  it(what, () => {
    const run = new SampleRun();
    how(run);
    const {counts, problems} = judge(run);
    const found = Object.fromEntries(WRONGS.map(wrong => [wrong, counts[wrong]]).filter(([, count]) => count !== 0));
    assert.deepEqual(found, wrongs, JSON.stringify(problems));
  });
}

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

  plant('may refuse to discard what is being sent', {}, run => {
    Object.assign(run.act('discard', run.first), {code: 'rejected'});
  });
});

describe('the table', () => {
  plant('lacks an accepted message: lost', {lost: 1}, run => {
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

describe('a tab', () => {
  plant('lacks a message of the table', {notShown: 1}, run => {
    run.view().splice(0, 1);
  });

  plant('that has not loaded the oldest messages may lack those', {}, run => {
    run.view().splice(0, 1);
    Object.assign(run.tabs[0] as TabView, {complete: false});
  });

  plant('shows a message that is not in the table', {phantoms: 1}, run => {
    run.view().push({id: 'forged', seq: 90, body: 'hello', deleted: false, status: 'sent'});
  });

  plant('shows a message twice', {shownTwice: 1}, run => {
    run.view().push({...(run.view()[0] as Shown)});
  });

  plant('shows two messages in the other order', {misordered: 1}, run => {
    const [first, second, third] = run.view() as [Shown, Shown, Shown];
    run.view().splice(0, 3, first, third, second);
  });

  plant('shows another text than the table', {wrongText: 1}, run => {
    (run.view()[0] as Shown).body = '#1 text';
  });

  plant('shows a deleted message as if it were there', {wrongText: 1}, run => {
    (run.view()[1] as Shown).deleted = false;
  });

  plant('shows a stored message as waiting at the end', {notShown: 1}, run => {
    Object.assign(run.view().at(-1) as Shown, {seq: null, status: 'queued'});
  });

  plant('showed a message twice for a moment: counted once, however long', {shownTwice: 1}, run => {
    run.sight('twice', 'm1');
    run.sight('twice', 'm1');
  });

  plant('showed confirmed messages in another order for a moment', {moved: 1}, run => {
    run.sight('moved', 'm1');
  });

  plant('showed a stored message as waiting again', {moved: 1}, run => {
    run.sight('unconfirmed', 'm1');
  });

  plant('showed a message again after it had discarded it', {phantoms: 1}, run => {
    run.sight('returned', 'm6');
  });

  plant('showed a message as stored that is not in the table', {phantoms: 1}, run => {
    run.confirmed.push({id: 'forged', seq: 9, chat: 0, life: 'ada.0#1', at: 1});
  });

  plant('showed a message at a place that is not its own', {moved: 1}, run => {
    run.confirmed.push({id: 'm1', seq: 9, chat: 0, life: 'ada.0#1', at: 1});
  });
});

describe('a failure', () => {
  plant('of a call while nothing was broken', {failedWithoutReason: 1}, run => {
    Object.assign(run.act('edit', run.first, '#1 never'), {code: 'unreachable'});
  });

  plant('of a call while only the other person’s line was broken', {failedWithoutReason: 1}, run => {
    Object.assign(run.act('edit', run.first, '#1 never'), {code: 'unreachable'});
    run.break('offline', 'grace');
  });

  plant('of a call while a fault did no harm', {failedWithoutReason: 1}, run => {
    Object.assign(run.act('edit', run.first, '#1 never'), {code: 'unreachable'});
    run.break('offline', 'ada');
    for (const fault of run.faults) fault.happened = false;
  });

  plant('without a code', {failedWithoutReason: 1}, run => {
    Object.assign(run.act('edit', run.first, '#1 never'), {code: ''});
    run.break('offline', 'ada');
  });

  plant('of a send, whatever is broken', {failedWithoutReason: 1}, run => {
    const op = run.send('ada', 0);
    Object.assign(op, {code: 'unreachable'});
    run.drop(op);
    run.break('offline', 'ada');
    run.show();
  });

  plant('of a message for want of a network', {failedWithoutReason: 1}, run => {
    run.sight('failed', 'm1', 'unreachable: no network');
    run.break('offline', 'ada');
  });

  plant('of a message, shown without a reason', {failedWithoutReason: 1}, run => {
    run.sight('failed', 'm1', '');
    run.break('Postgres restarted');
  });
});
