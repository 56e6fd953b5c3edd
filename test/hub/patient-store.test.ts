import {expect} from '@open-wc/testing';
import type {Store} from '../../src/hub/environment.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {patient, StoreSilence} from '../../src/hub/patient-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {bodies} from './outbox-world.js';
import {draft} from './store-world.js';

const OWNER = 'https://project.example anonymous Ada';
/** How long a store may be silent. */
const LIMIT_MS = 4_000;

/**
 * A store that somebody can hold fast: what it is asked then is done in order once it is let go, with what the disk can do by then. Items
 * are not held.
 */
function holdable() {
  const disk = new MemoryStore(true);
  let free = Promise.resolve();
  let letGo = () => {};
  const store: Store = new Proxy(disk, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || String(name).endsWith('Item')) return member;
      return (...args: unknown[]) =>
        free.then(() => (Reflect.get(target, name, target) as typeof member).apply(target, args) as unknown);
    },
  });
  const hold = () => (free = new Promise(resolve => (letGo = resolve)));
  const release = () => {
    letGo();
    return settle();
  };
  return {disk, store, hold, release};
}

describe('A store that is held fast', () => {
  function given() {
    const {store, disk, hold, release} = holdable();
    const clock = new FakeClock();
    const told: boolean[] = [];
    const patience = patient(store, clock, isSilent => told.push(isSilent));
    /** What becomes of an answer: nothing yet, its value, or its error. */
    const fate = (answer: Promise<unknown>) => {
      const result: unknown[] = [];
      answer.then(
        value => result.push(value),
        (error: unknown) => result.push(error),
      );
      return result;
    };
    return {clock, disk, hold, release, told, patience, fate};
  }

  it('is given its time, and then called silent, at once for whatever is asked next', async () => {
    const {clock, hold, told, patience, fate} = given();
    hold();
    const first = fate(patience.entriesOf('ada'));
    await clock.pass(LIMIT_MS - 1);
    expect(first).to.deep.equal([]);
    expect(patience.durable).to.equal(true);
    await clock.pass(1);
    expect(first[0]).to.be.instanceOf(StoreSilence);
    const second = fate(patience.getChat('ada', 'lobby'));
    await settle();
    expect(second[0]).to.be.instanceOf(StoreSilence);
    expect(patience.durable).to.equal(false);
    expect(told).to.deep.equal([true]);
  });

  it('does what it was asked once it can, and counts again from then on', async () => {
    const {clock, disk, hold, release, told, patience, fate} = given();
    hold();
    const [first] = [fate(patience.addEntries([draft('1')])), await clock.pass(LIMIT_MS)];
    fate(patience.addEntries([draft('2')]));
    await release();
    expect(first[0]).to.be.instanceOf(StoreSilence);
    expect((await disk.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['1', '2']);
    expect(told).to.deep.equal([true, false]);
    expect(patience.durable).to.equal(true);
    expect(await patience.entriesOf('ada')).to.have.length(2);
  });

  it('is not taken for silent because the machine slept', async () => {
    const {clock, hold, release, told, patience, fate} = given();
    hold();
    const read = fate(patience.owners());
    clock.sleep(60_000);
    await clock.pass(1_000);
    await release();
    await clock.pass(LIMIT_MS);
    expect(read).to.deep.equal([[]]);
    expect(told).to.deep.equal([]);
    expect(clock.timers).to.equal(0);
  });

  it('has all the time it wants to say who the person is, and is called silent all the same', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(true);
    let answer = (_: string) => {};
    store.getItem = () => new Promise(resolve => (answer = resolve));
    const told: boolean[] = [];
    const item = patient(store, clock, isSilent => told.push(isSilent)).getItem('me');
    await clock.pass(LIMIT_MS);
    expect(told).to.deep.equal([true]);
    answer('Ada');
    expect(await item).to.equal('Ada');
    expect(told).to.deep.equal([true, false]);
  });
});

describe('A hub whose store is held fast', () => {
  async function given() {
    const {disk, store, hold, release} = holdable();
    const browser = new FakeBrowser({store});
    const tabs = [await browser.tab(), await browser.tab()] as const;
    const chats = tabs.map(({client}) => client.chat('lobby', {make: true}));
    await settle();
    const shown = () => chats.map(chat => chat.messages.current.map(({body, status}) => `${body} ${status}`));
    const kept = async () => (await disk.entriesOf(OWNER)).map(({message}) => message.body);
    const [chat] = chats;
    if (!chat) throw new Error('no chat');
    return {browser, tabs, chat, shown, kept, disk, hold, release};
  }

  it('sends all the same, and says that nothing outlives it', async () => {
    const {browser, tabs, chat, shown, hold} = await given();
    hold();
    void chat.send('1');
    await browser.clock.pass(LIMIT_MS - 1);
    expect(shown()).to.deep.equal([['1 sending'], []]);
    await browser.clock.pass(1);
    void chat.send('2');
    await settle();
    expect(shown()).to.deep.equal([
      ['1 sent', '2 sent'],
      ['1 sent', '2 sent'],
    ]);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['1', '2']);
    for (const {client, problems} of tabs) {
      expect(client.status.current.storage).to.equal('memory');
      expect(problems.map(({code}) => code)).to.deep.equal(['storage-refused']);
    }
  });

  it('has all on disk, and nothing there that is sent, once it is let go', async () => {
    const {browser, tabs, chat, kept, hold, release} = await given();
    hold();
    void chat.send('sent');
    await browser.clock.pass(LIMIT_MS);
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('waits');
    await settle();
    expect(await kept()).to.deep.equal([]);
    await release();
    expect(await kept()).to.deep.equal(['waits']);
    expect(tabs[1].client.status.current).to.include({storage: 'durable', queued: 1});
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['sent', 'waits']);
    expect(await kept()).to.deep.equal([]);
  });

  it('lets a person edit what it could not keep at first', async () => {
    const {browser, chat, shown, kept, hold, release} = await given();
    hold();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('waits');
    await browser.clock.pass(LIMIT_MS);
    await release();
    const id = chat.messages.current[0]?.id ?? '';
    await chat.edit(id, 'waited');
    expect(await kept()).to.deep.equal(['waited']);
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(shown()).to.deep.equal([['waited sent'], ['waited sent']]);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['waited']);
  });

  it('lets a person discard what it could not keep at first, and may have been stored', async () => {
    const {browser, chat, shown, kept, hold, release} = await given();
    hold();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('waits');
    await browser.clock.pass(LIMIT_MS);
    await release();
    await chat.discard(chat.messages.current[0]?.id ?? '');
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(shown()).to.deep.equal([[], []]);
    expect(bodies(browser.project, 'lobby')).to.deep.equal([]);
    expect(await kept()).to.deep.equal([]);
  });

  it('fails what it could neither keep nor send', async () => {
    const {shown} = await refused();
    expect(shown()).to.deep.equal([['1 failed'], ['1 failed']]);
  });

  /** A message that was written without network while the store was silent, and that the disk refused to keep later. */
  async function refused() {
    const world = await given();
    const {browser, chat, disk, hold, release} = world;
    hold();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    const add = disk.addEntries.bind(disk);
    disk.addEntries = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    void chat.send('1');
    await browser.clock.pass(LIMIT_MS);
    expect(world.shown()).to.deep.equal([['1 queued'], ['1 queued']]);
    await release();
    const [message] = chat.messages.current;
    return {...world, id: message?.id ?? '', free: () => (disk.addEntries = add)};
  }

  it('keeps what failed so until there is room, and sends it then', async () => {
    const {browser, chat, shown, kept, id, free} = await refused();
    await chat.retry(id).catch((error: unknown) => expect(TrunkError.from(error).code).to.equal('storage-refused'));
    expect(shown()).to.deep.equal([['1 failed'], ['1 failed']]);
    free();
    await chat.retry(id);
    expect(await kept()).to.deep.equal(['1']);
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['1']);
    expect(await kept()).to.deep.equal([]);
  });

  it('lets a person edit or discard what failed so', async () => {
    const {chat, shown, id} = await refused();
    await chat.edit(id, '2');
    expect(shown()).to.deep.equal([['2 failed'], ['2 failed']]);
    await chat.discard(id);
    expect(shown()).to.deep.equal([[], []]);
  });

  it('fails what was on its way when the disk refused it, and came back unsent', async () => {
    const {browser, chat, shown, disk, hold, release} = await given();
    hold();
    disk.addEntries = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    browser.project.hold();
    void chat.send('1');
    await browser.clock.pass(LIMIT_MS);
    expect(shown()).to.deep.equal([['1 sending'], ['1 sending']]);
    await release();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    browser.project.release();
    await settle();
    expect(shown()).to.deep.equal([['1 failed'], ['1 failed']]);
  });

  it('takes an edit and a discard as done: the disk does both later', async () => {
    const {browser, chat, shown, kept, hold, release} = await given();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('1');
    void chat.send('2');
    await settle();
    expect(await kept()).to.deep.equal(['1', '2']);
    hold();
    const [first, second] = chat.messages.current;
    const acts = [chat.edit(first?.id ?? '', '1, edited'), chat.discard(second?.id ?? '')];
    await browser.clock.pass(2 * LIMIT_MS);
    await Promise.all(acts);
    expect(shown()[0]).to.deep.equal(['1, edited queued']);
    await release();
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(shown()).to.deep.equal([['1, edited sent'], ['1, edited sent']]);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['1, edited']);
    expect(await kept()).to.deep.equal([]);
  });

  it('hears late that somebody else had edited what it sent', async () => {
    const {browser, chat, shown, disk, hold, release} = await given();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('1');
    await settle();
    hold();
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(shown()[0]).to.deep.equal(['1 sent']);
    const [entry] = await disk.entriesOf(OWNER);
    if (!entry) throw new Error('nothing waits');
    await disk.putEntries([{...entry, message: {...entry.message, body: '2'}, was: ['1']}]);
    await release();
    await browser.clock.pass(60_000);
    expect(bodies(browser.project, 'lobby')).to.deep.equal(['2']);
    expect(await disk.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('takes an edit back that the disk refuses later', async () => {
    const {browser, chat, shown, disk, hold, release} = await given();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('1');
    await settle();
    hold();
    disk.putEntries = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const act = chat.edit(chat.messages.current[0]?.id ?? '', '1, edited');
    await browser.clock.pass(LIMIT_MS);
    await act;
    expect(shown()[0]).to.deep.equal(['1, edited queued']);
    await release();
    expect(shown()).to.deep.equal([['1 queued'], ['1 queued']]);
  });

  it('asks before it signs out while nobody knows what waits, and forgets it late', async () => {
    const {browser, tabs, chat, kept, hold, release} = await given();
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    void chat.send('1');
    await settle();
    hold();
    await browser.killHub();
    await browser.clock.pass(LIMIT_MS);
    expect(await tabs[0].client.signOut()).to.deep.equal({waiting: 0, done: false});
    await tabs[0].client.signOut('discard');
    await browser.clock.pass(LIMIT_MS);
    await release();
    expect(await kept()).to.deep.equal([]);
  });

  it('is found so by the next hub, too', async () => {
    const {browser, tabs, chat, shown, hold} = await given();
    await chat.send('before');
    await settle();
    hold();
    await browser.killHub();
    void chat.send('after');
    await browser.clock.pass(LIMIT_MS);
    expect(shown()).to.deep.equal([
      ['before sent', 'after sent'],
      ['before sent', 'after sent'],
    ]);
    expect(tabs[0].problems.map(({message}) => message)).to.deep.equal([
      'The browser’s storage does not answer, so until it does unsent messages are kept only while a tab is open.',
    ]);
  });
});
