import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {isOutdated} from '../../src/hub/outbox-shelf.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, code, message, outboxWorld as given, waits} from './outbox-world.js';

const unreachable = new TrunkError('unreachable', 'no network');

describe('Outbox, asked to edit', () => {
  it('what is queued: shows the new text at once, keeps it, and sends it in the old place', async () => {
    const {outbox, project, store, told} = given();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    expect(await outbox.edit('1', 'one')).to.equal(true);
    expect(waits(outbox)).to.deep.equal(['one queued', '2 queued']);
    expect(told.at(-1)).to.equal('id-of-a: 1 queued');
    expect((await store.entriesOf(OWNER)).map(entry => entry.message.body)).to.deep.equal(['one', '2']);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['one', '2']);
    expect(project.count('edit')).to.equal(0);
  });

  it('what failed: it stays failed until it is retried, and goes with the new text', async () => {
    const {outbox, project} = given();
    project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    expect(await outbox.edit('1', 'better')).to.equal(true);
    await settle();
    expect(waits(outbox)).to.deep.equal(['better failed']);
    await outbox.retry('1');
    await settle();
    expect(bodies(project)).to.deep.equal(['better']);
  });

  it('what waits behind a request: does not wait for its answer', async () => {
    const {outbox, project} = given();
    outbox.setOnline(true, 'ada');
    project.hold();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    await settle();
    expect(await outbox.edit('2', 'two')).to.equal(true);
    expect(waits(outbox)).to.deep.equal(['1 sending', 'two queued']);
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1', 'two']);
  });

  it('what would go next, while the store is slow: it goes only with the new text', async () => {
    const store = new MemoryStore(true);
    const {outbox, project} = given({store});
    outbox.setOnline(true, 'ada');
    project.hold();
    for (const n of ['1', '2', '3']) await outbox.accept(message(n));
    await settle();
    let write = () => {};
    const put = store.putEntries.bind(store);
    store.putEntries = async entries => {
      await new Promise<void>(resolve => (write = resolve));
      return put(entries);
    };
    const edit = outbox.edit('2', 'two');
    await settle();
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
    write();
    expect(await edit).to.equal(true);
    await settle();
    expect(bodies(project)).to.deep.equal(['1', 'two', '3']);
    expect(project.count('send')).to.equal(2);
  });

  it('what flies: waits for the answer, and says that it doesn’t wait any more once it is stored', async () => {
    const {outbox, project} = given();
    outbox.setOnline(true, 'ada');
    project.hold();
    await outbox.accept(message('1'));
    await settle();
    const edit = outbox.edit('1', 'one');
    await settle();
    expect(waits(outbox)).to.deep.equal(['1 sending']);
    project.release();
    expect(await edit).to.equal(false);
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('what flies, and whose request fails: the next try carries the new text', async () => {
    const {outbox, project, clock} = given();
    outbox.setOnline(true, 'ada');
    project.hold();
    await outbox.accept(message('1'));
    await settle();
    const edit = outbox.edit('1', 'one');
    await settle();
    project.faults.request = unreachable;
    project.release();
    expect(await edit).to.equal(true);
    project.faults.request = null;
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['one']);
  });

  it('what an earlier try had stored without telling: changes it there, and tells of it once', async () => {
    const {outbox, project, clock, told, store} = given({random: 1 - Number.EPSILON});
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    expect(await outbox.edit('1', 'one')).to.equal(true);
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['one']);
    expect(project.count('edit 1')).to.equal(1);
    expect(told.filter(line => line.endsWith('stored'))).to.deep.equal(['id-of-a: 1 stored']);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    expect(outbox.queued).to.equal(0);
  });

  it('what was stored without telling: tries the change again until it is made', async () => {
    const {outbox, project, clock, database, told} = given({random: 1 - Number.EPSILON});
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.edit('1', 'one');
    const edit = database.editMessage.bind(database);
    let refusals = 2;
    database.editMessage = (id, body) => (refusals-- > 0 ? Promise.reject(unreachable) : edit(id, body));
    await clock.pass(999);
    expect(waits(outbox)).to.deep.equal(['one queued']);
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(['one']);
    expect(told.filter(line => line.endsWith('stored'))).to.have.length(1);
  });

  it('what was stored without telling, while its echo arrives: the edit is not lost in between', async () => {
    const {outbox, project, clock, store} = given({random: 1 - Number.EPSILON});
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    const put = store.putEntries.bind(store);
    let echoed = false;
    store.putEntries = async entries => {
      const [echo] = project.chats.get('a')?.messages ?? [];
      if (!echoed && echo) outbox.settle([echo]);
      echoed = true;
      return put(entries);
    };
    expect(await outbox.edit('1', 'one')).to.equal(true);
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['one']);
    expect(outbox.queued).to.equal(0);
  });

  it('what was stored without telling, twice, the change of it included: the last text is there in the end', async () => {
    const {outbox, project, clock, database} = given({random: 1 - Number.EPSILON});
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.edit('1', 'one');
    const change = database.editMessage.bind(database);
    let lost = 1;
    database.editMessage = async (id, body) => {
      const stored = await change(id, body);
      if (lost-- > 0) throw unreachable;
      return stored;
    };
    await clock.pass(1_000);
    expect(bodies(project)).to.deep.equal(['one']);
    await outbox.edit('1', 'won');
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(['won']);
    expect(outbox.queued).to.equal(0);
  });

  it('what was stored without telling, and may not be changed: fails with the reason, and is not stored again', async () => {
    const {outbox, project, clock, database} = given();
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.edit('1', 'one');
    database.editMessage = () => Promise.reject(new TrunkError('forbidden', 'too late'));
    await clock.pass(10_000);
    expect(outbox.waitingIn('id-of-a')[0]).to.deep.include({
      status: 'failed',
      error: {code: 'forbidden', message: 'too late'},
    });
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('what was stored without telling and deleted since: leaves it deleted', async () => {
    const {outbox, project, clock, database} = given();
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.edit('1', 'one');
    await database.deleteMessage('1');
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['']);
    expect(project.count('edit')).to.equal(0);
    expect(outbox.queued).to.equal(0);
  });

  it('what was stored without telling: the echo of the old text does not settle it, that of the new one does', async () => {
    const {outbox, project, store} = given();
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.edit('1', 'one');
    const [echo] = project.chats.get('a')?.messages ?? [];
    if (!echo) throw new Error('nothing stored');
    expect(outbox.settle([echo])).to.deep.equal([]);
    expect(waits(outbox)).to.deep.equal(['one queued']);
    expect(outbox.settle([{...echo, body: 'one', editedAt: 'now', rev: 2}])).to.deep.equal(['1']);
    await settle();
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('over and over: the last text is sent', async () => {
    const {outbox, project} = given();
    await outbox.accept(message('1'));
    const edits = Promise.all(['a', 'b', 'c', 'd'].map(text => outbox.edit('1', text)));
    outbox.setOnline(true, 'ada');
    expect(await edits).to.deep.equal([true, true, true, true]);
    await settle();
    expect(bodies(project)).to.deep.equal(['d']);
  });

  it('and to retry in one breath: does both, in whatever order', async () => {
    for (const order of ['edit first', 'retry first']) {
      const {outbox, project} = given();
      project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await settle();
      const acts = [() => outbox.edit('1', 'better'), () => outbox.retry('1')];
      if (order === 'retry first') acts.reverse();
      await Promise.all(acts.map(act => act()));
      await settle();
      expect(bodies(project), order).to.deep.equal(['better']);
    }
  });

  it('and to retry while the new text is being written: sends the new text', async () => {
    const store = new MemoryStore(true);
    const {outbox, project} = given({store});
    project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    let write = () => {};
    const put = store.putEntries.bind(store);
    store.putEntries = async entries => {
      store.putEntries = put;
      await new Promise<void>(resolve => (write = resolve));
      return put(entries);
    };
    const edit = outbox.edit('1', 'better');
    await settle();
    const retry = outbox.retry('1');
    await settle();
    write();
    await Promise.all([edit, retry]);
    await settle();
    expect(bodies(project)).to.deep.equal(['better']);
  });

  it('what is only just being accepted: waits until it is kept', async () => {
    const {outbox, project} = given();
    await outbox.load();
    void outbox.accept(message('1'));
    expect(await outbox.edit('1', 'one')).to.equal(true);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['one']);
  });

  it('what it doesn’t hold: says so', async () => {
    const {outbox} = given();
    expect(await outbox.edit('never there', 'text')).to.equal(false);
  });

  it('with a text that can’t be sent: refuses, and changes nothing', async () => {
    const {outbox} = given();
    await outbox.accept(message('1'));
    expect(await outbox.edit('1', ' ').catch(code)).to.equal('empty-message');
    expect(await outbox.edit('1', 'x'.repeat(4_001)).catch(code)).to.equal('message-too-long');
    expect(waits(outbox)).to.deep.equal(['1 queued']);
  });

  it('with a text the store won’t keep: says so, keeps the old one, and goes on sending', async () => {
    const store = new MemoryStore(true);
    const {outbox, project} = given({store});
    await outbox.accept(message('1'));
    store.putEntries = () => Promise.reject(new Error('broken disk'));
    expect(await outbox.edit('1', 'one').catch(code)).to.equal('storage-refused');
    expect(waits(outbox)).to.deep.equal(['1 queued']);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('two that were stored without telling, while the second can’t be changed yet: changes each once', async () => {
    const {outbox, project, clock, database, told} = given();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await settle();
    for (const n of ['1', '2']) await outbox.edit(n, `new ${n}`);
    const change = database.editMessage.bind(database);
    let refusals = 1;
    database.editMessage = (id, body) =>
      id === '2' && refusals-- > 0 ? Promise.reject(unreachable) : change(id, body);
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(['new 1', 'new 2']);
    expect(told.filter(line => line.endsWith('stored'))).to.deep.equal(['id-of-a: 1 stored', 'id-of-a: 2 stored']);
  });
});

describe('What the database has of a message', () => {
  const stored = {...message('1'), status: 'sent', senderId: 'ada', seq: 1, rev: 1, createdAt: ''} as const;
  const there = {...stored, editedAt: null, deletedAt: null};
  const rest = {
    order: 1,
    owner: OWNER,
    status: 'queued',
    error: null,
    attempts: 0,
    userId: null,
    acceptedAt: 0,
  } as const;

  for (const [what, outdated, change, was, body] of [
    ['the text before an edit', true, {}, ['1'], 'one'],
    ['a text before several edits, put there by one of them', true, {editedAt: 'now'}, ['0', '1'], 'one'],
    ['the same text', false, {}, ['0'], '1'],
    ['the same text again, after another', false, {}, ['1', 'one'], '1'],
    ['a text that was never here: somebody changed it there', false, {editedAt: 'now'}, ['0'], 'one'],
    ['another text, though nobody edited it here', false, {}, [], 'one'],
    ['nothing but its place', false, {body: '', deletedAt: 'now'}, ['1'], 'one'],
  ] as const) {
    it(`is ${outdated ? 'outdated' : 'as good as what waits'} when it is ${what}`, () => {
      const entry = {...rest, message: {...message('1'), body}, was};
      expect(isOutdated({...there, ...change}, entry)).to.equal(outdated);
    });
  }
});
