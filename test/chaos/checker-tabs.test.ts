import {describe} from 'node:test';
import type {Shown, TabView} from './evidence.js';
import {plant} from './sample-run.js';

describe('a tab', () => {
  plant('lacks a message of the table', {notShown: 1}, run => {
    run.view().splice(0, 1);
  });

  plant('that has not loaded the oldest messages may lack those', {}, run => {
    run.view().splice(0, 1);
    Object.assign(run.tabs[0] as TabView, {complete: false});
  });

  plant('that has not loaded the oldest messages shows none at all', {notShown: 1}, run => {
    run.view().splice(0);
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

  plant('lost a stored message from view for a moment', {notShown: 1}, run => {
    run.sight('vanished', 'm1');
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
