// Hubs die while others write and the line comes and goes; the next one recalls, catches up and never tells a tab that it knows more
// than it was told.
import {expect} from '@open-wc/testing';
import type {ChatEvent} from '../../src/wire/protocol.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

const OWNER = 'https://project.example anonymous Ada';
const lobby = ({client}: FakeTab) => client.chat('lobby', {make: true});

/**
 * Follows what a tab is told of the lobby, as a tab would that trusts every cursor: whatever the database holds up to a cursor must
 * have been told by then.
 */
function distrust(browser: FakeBrowser, tab: FakeTab): string[] {
  const faults: string[] = [];
  const known = new Map<number, number>();
  let oldest = 0;
  const hear = (event: ChatEvent) => {
    if (event.kind !== 'opened' && event.kind !== 'changed') return;
    const stored = event.messages.flatMap(message => (message.status === 'sent' ? [message] : []));
    if (event.kind === 'opened' && event.reset) {
      known.clear();
      oldest = event.hasOlder ? Math.min(...stored.map(({seq}) => seq)) : 0;
    }
    for (const {seq, rev} of stored) known.set(seq, Math.max(rev, known.get(seq) ?? 0));
    for (const {seq, rev, body} of browser.project.chats.get('lobby')?.messages ?? []) {
      const missing = rev <= event.cursor && seq >= oldest && (known.get(seq) ?? 0) < rev;
      if (missing) faults.push(`${event.kind} at ${event.cursor} without ${body} of ${rev}`);
    }
  };
  const push = tab.frames.push.bind(tab.frames);
  tab.frames.push = frame => {
    for (const message of frame) if (message.type === 'chat') hear(message.event);
    return push(frame);
  };
  return faults;
}

/** A day of a chat, with the hub dying at these steps; answers how many steps there were. */
async function day(...deaths: number[]): Promise<number> {
  const browser = new FakeBrowser();
  const {project, clock} = browser;
  const tabs = [await browser.tab(), await browser.tab()] as const;
  const faults = tabs.map(tab => distrust(browser, tab));
  const chats = tabs.map(lobby);
  await settle();
  for (const n of [1, 2, 3]) project.write('lobby', `before ${n}`);
  await clock.pass(1_500); // remembered
  let steps = 0;
  browser.onStep = () => {
    if (deaths.includes(++steps)) browser.killNow();
  };
  const fake = project.chats.get('lobby');
  if (!fake) throw new Error('no lobby');
  const edit = (at: number, body: string) => project.change(fake, fake.messages[at]?.id ?? '', {body, editedAt: 'now'});
  const sends = [chats[0]?.send('own 1')];
  project.faults.loseRevisions.add(5);
  project.write('lobby', 'lost event');
  await settle();
  edit(0, 'edited');
  project.cut();
  project.write('lobby', 'while away');
  edit(1, 'edited while away');
  sends.push(chats[1]?.send('own 2'));
  await clock.pass(1_000);
  project.faults.request = new TrunkError('unreachable', 'no network');
  project.cut();
  await settle();
  sends.push(chats[0]?.send('own 3'));
  project.write('lobby', 'offline');
  await clock.pass(3_000);
  project.faults.request = null;
  project.write('lobby', 'back');
  await clock.pass(40_000);
  await Promise.all(sends);
  browser.onStep = () => {};
  await clock.pass(60_000);

  const at = `deaths at ${deaths.join(', ')}`;
  expect(faults.flat(), at).to.deep.equal([]);
  const wanted = fake.messages.map(({body, seq}) => `${seq} ${body}`);
  for (const chat of chats) {
    const shown = chat.messages.current.map(each => `${each.status === 'sent' ? each.seq : each.status} ${each.body}`);
    expect(shown, at).to.deep.equal(wanted);
    expect(chat.cursor, at).to.equal(fake.lastRev);
  }
  const own = fake.messages.filter(({senderId}) => senderId === 'ada').map(({body}) => body);
  expect([...own].sort(), at).to.deep.equal(['own 1', 'own 2', 'own 3']);
  expect(await browser.store.entriesOf(OWNER), at).to.deep.equal([]);
  return steps;
}

describe('When the hub dies while others write', () => {
  let steps = 0;

  it('nobody is told to know more than they do, and everybody ends with what is stored', async () => {
    steps = await day();
    expect(steps).to.be.greaterThan(25);
  });

  it('at any step', async function () {
    this.timeout(60_000);
    for (let death = 1; death <= steps; death++) await day(death);
  });

  it('at several', async function () {
    this.timeout(60_000);
    for (let death = 1; death <= steps; death += 3) await day(death, death + 4, death + 11);
  });
});

describe('When a browser comes back', () => {
  it('the first tab shows the chat from memory, and a name to each message, before the network answers', async () => {
    const browser = new FakeBrowser();
    const {project, clock} = browser;
    project.people.set('grace', {userId: 'grace', name: 'Grace', avatarUrl: null});
    const first = await browser.tab();
    lobby(first);
    await settle();
    project.write('lobby', 'hello', 'grace');
    await clock.pass(5_000);
    first.client.close();
    await clock.pass(5_000);
    browser.killNow();
    project.faults.request = new TrunkError('unreachable', 'no network');
    project.faults.refuseSockets = true;
    const tab = await browser.tab();
    const chat = lobby(tab);
    await settle();
    expect(chat.messages.current.map(({body}) => body)).to.deep.equal(['hello']);
    expect(chat.state.current).to.include({phase: 'ready', fresh: false});
    expect(tab.client.me.current?.userId).to.equal('ada');
    const people = tab.frames.flat().flatMap(message => (message.type === 'people' ? message.people : []));
    expect(people.map(({name}) => name)).to.include('Grace');
    await chat.send('written offline');
    expect(chat.messages.current.map(({body, status}) => `${body} ${status}`)).to.deep.equal([
      'hello sent',
      'written offline queued',
    ]);
    project.faults.request = null;
    project.faults.refuseSockets = false;
    await clock.pass(60_000);
    expect(chat.messages.current.map(({body, status}) => `${body} ${status}`)).to.deep.equal([
      'hello sent',
      'written offline sent',
    ]);
    expect(chat.state.current).to.include({phase: 'ready', fresh: true});
  });
});
