// What becomes of a tab whose person signs out, in this tab or another, and of one whose page is another person's by then.
import {expect} from '@open-wc/testing';
import {HubClient} from '../../src/client/hub-client.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';
import {FakeHub, grace, storedMessage} from '../support/fake-hub.js';
import {settle} from '../support/fake-clock.js';

const code = (error: TrunkError) => error.code;
const LOBBY = 'lobby-id';

/** A tab with a chat, presence and the outbox open, and one message that waits. */
async function setUp() {
  const hub = new FakeHub();
  hub.addChat(LOBBY, {messages: [storedMessage({seq: 1})]});
  const {client} = hub;
  const chat = client.chat(LOBBY);
  const here = client.presence();
  const {outbox} = client;
  await hub.settle();
  hub.setPresent([{userId: grace.userId, status: 'online', lastSeen: 0, currentChatId: null}]);
  client.setCurrentChat(LOBBY);
  await chat.send('waits');
  await hub.settle();
  return {hub, client, chat, here, outbox};
}

describe('signing out', () => {
  it('asks first while something waits, and then nothing happens', async () => {
    const {client, chat, hub} = await setUp();
    expect(await client.signOut()).to.deep.equal({waiting: 1, done: false});
    expect(hub.calls('sign-out')).to.deep.equal([{kind: 'sign-out', unsent: 'ask'}]);
    expect(client.status.current.state).to.equal('connected');
    expect(chat.messages.current).to.have.length(2);
  });

  for (const unsent of ['keep', 'discard'] as const) {
    it(`with ${unsent} is passed on, and done`, async () => {
      const {client, hub} = await setUp();
      expect(await client.signOut(unsent)).to.deep.equal({waiting: 1, done: true});
      expect(hub.calls('sign-out')).to.deep.equal([{kind: 'sign-out', unsent}]);
      expect(client.status.current).to.include({state: 'error', reason: 'signed-out'});
    });
  }

  it('leaves nothing of the person in a tab, whichever tab it was done in', async () => {
    const {hub, client, chat, here, outbox} = await setUp();
    expect(outbox.messages.current.map(({body}) => body)).to.deep.equal(['waits']);
    expect(here.people.current.size).to.equal(1);
    hub.setStatus({queued: 1});
    hub.signOut();
    await hub.settle();
    expect(client.status.current).to.include({state: 'error', reason: 'signed-out', queued: 0, latencyMs: null});
    expect(client.status.current.detail).to.include('Sign in');
    expect(client.me.current).to.equal(null);
    expect(client.people.current.size).to.equal(0);
    expect(chat.messages.current).to.deep.equal([]);
    expect(chat.state.current).to.deep.equal({phase: 'opening'});
    expect(here.people.current.size).to.equal(0);
    expect(outbox.messages.current).to.deep.equal([]);
    expect(hub.heard.at(-1)).to.deep.equal({type: 'bye'});
  });

  it('rejects what waits for an answer, and all that is asked later', async () => {
    const {hub, client, chat} = await setUp();
    hub.held.add('send').add('edit');
    const waits = [chat.send('not accepted'), chat.edit('m', 'x')].map(asked => asked.catch(code));
    hub.signOut();
    expect(await Promise.all(waits)).to.deep.equal(['signed-out', 'signed-out']);
    const later = [chat.send('x'), client.outbox.retry('m'), chat.remove('m'), client.chat(LOBBY).send('x')];
    expect(await Promise.all(later.map(asked => (asked as Promise<unknown>).catch(code)))).to.deep.equal(
      Array(4).fill('signed-out'),
    );
    expect(chat.messages.current).to.deep.equal([]);
  });

  it('tells the status first: who hears of the rest and asks again is refused', async () => {
    const {hub, client, chat} = await setUp();
    const seen: string[] = [];
    chat.messages.subscribe(() => seen.push(client.status.current.reason));
    hub.signOut();
    await hub.settle();
    expect(seen).to.deep.equal(['open', 'signed-out']);
  });

  it('hears nothing that the hub says in the same breath', async () => {
    const {hub, client, chat} = await setUp();
    hub.say({type: 'signed-out', waiting: 1}, {type: 'me', person: grace}, {type: 'people', people: [grace]});
    hub.say({type: 'me', person: grace});
    await hub.settle();
    expect(client.me.current).to.equal(null);
    expect(client.people.current.size).to.equal(0);
    expect(chat.messages.current).to.deep.equal([]);
  });

  it('is done for a tab that asked for it, although another tab’s was faster', async () => {
    const {hub, client} = await setUp();
    hub.held.add('sign-out');
    const asked = client.signOut();
    hub.signOut();
    expect(await asked).to.deep.include({done: true});
  });

  it('is asked again of the next hub when this one dies over it', async () => {
    const {hub, client} = await setUp();
    hub.held.add('sign-out');
    const asked = client.signOut('keep');
    await hub.settle();
    hub.held.clear();
    hub.restart();
    expect(await asked).to.deep.include({done: true});
    expect(hub.calls('sign-out')).to.deep.equal(Array(2).fill({kind: 'sign-out', unsent: 'keep'}));
  });

  it('done twice is done once', async () => {
    const {client, hub} = await setUp();
    await client.signOut('discard');
    expect(await client.signOut()).to.deep.equal({waiting: 0, done: true});
    expect(hub.calls('sign-out')).to.have.length(1);
  });

  it('stays so when the page is restored, seen or online again', async () => {
    const {client, hub} = await setUp();
    hub.signOut();
    await hub.settle();
    const said = hub.heard.length;
    client.suspend();
    client.resume();
    client.poke('visible');
    client.poke('online');
    client.setAttention({visible: true});
    await settle();
    expect(hub.heard.slice(said)).to.deep.equal([]);
    expect(client.status.current.reason).to.equal('signed-out');
  });

  it('ends with signIn(): the tab says all it wants, and nothing of before', async () => {
    const {hub, client, chat, outbox} = await setUp();
    hub.signOut();
    await hub.settle();
    const said = hub.heard.length;
    client.signIn();
    client.signIn();
    expect(client.status.current).to.include({state: 'connecting', reason: 'starting', detail: ''});
    await hub.returned();
    await hub.settle();
    expect(hub.heard.slice(said).filter(({type}) => type === 'hello')).to.have.length(1);
    expect(hub.wants).to.deep.equal(['chat', 'presence', 'outbox']);
    const wants = hub.heard.slice(said).flatMap(message => (message.type === 'open' ? [message.want] : []));
    expect(wants).to.deep.include({kind: 'chat', chat: LOBBY, make: false, since: null});
    expect(client.status.current.state).to.equal('connected');
    expect(client.me.current?.userId).to.equal('ada-id');
    expect(chat.messages.current).to.have.length(1);
    expect(outbox.messages.current).to.deep.equal([]);
    expect(hub.heard.slice(said).find(({type}) => type === 'attention')).to.nested.include({
      'attention.currentChatId': null,
    });
  });

  it('does nothing with signIn() while nobody signed out, or once closed', async () => {
    const {hub, client} = await setUp();
    client.signIn();
    expect(client.status.current.state).to.equal('connected');
    client.close();
    client.signIn();
    expect(client.status.current.reason).to.equal('closed');
    expect(await client.signOut().catch(code)).to.equal('closed');
    expect(hub.heard.filter(({type}) => type === 'hello')).to.have.length(1);
  });

  it('needs no hub where the page can’t say who is signed in', async () => {
    let asked = 0;
    const client = new HubClient({
      hosts: [],
      locks: null,
      uuid: () => 'id',
      now: () => 0,
      openHost: () => Promise.reject(new Error('never opened')),
      identify: () => (asked++, Promise.reject(new TrunkError('sign-in-failed', 'The session is over.'))),
    });
    await settle();
    expect(client.status.current.reason).to.equal('sign-in-failed');
    expect(await client.signOut()).to.deep.equal({waiting: 0, done: true});
    expect(client.status.current.reason).to.equal('signed-out');
    client.signIn();
    await settle();
    expect(client.status.current.reason).to.equal('sign-in-failed');
    expect(asked).to.equal(2);
    client.close();
  });
});

describe('a page that is another person’s by now', () => {
  it('takes nothing of the one before along, and says nothing in the other’s name', async () => {
    const hub = new FakeHub();
    hub.addChat(LOBBY, {messages: [storedMessage({})]});
    const {client} = hub;
    const chat = client.chat(LOBBY);
    await hub.settle();
    hub.held.add('send');
    const sent = chat.send('Ada’s own').catch(code);
    await hub.settle();
    const config: HubConfig = {...hub.config, identity: {kind: 'token', userId: grace.userId}};
    hub.config = config;
    const said = hub.heard.length;
    hub.say({type: 'token-request', id: 'whose'});
    expect(await sent).to.equal('signed-out');
    expect(client.me.current).to.equal(null);
    expect(chat.messages.current).to.deep.equal([]);
    await hub.returned();
    await hub.settle();
    const later = hub.heard.slice(said);
    expect(later.flatMap(message => (message.type === 'hello' ? [message.config] : []))).to.deep.equal([config]);
    expect(later.filter(({type}) => type === 'call')).to.deep.equal([]);
    expect(chat.messages.current).to.have.length(1);
  });
});
