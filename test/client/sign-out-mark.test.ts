import {expect} from '@open-wc/testing';
import {HubClient} from '../../src/client/hub-client.js';
import {hubName} from '../../src/client/host.js';
import type {Identified} from '../../src/client/identity.js';
import {SignOutMark} from '../../src/client/sign-out-mark.js';
import {TrunkError} from '../../src/wire/error.js';
import {PROTOCOL_VERSION, type HubConfig, type TabMessage} from '../../src/wire/protocol.js';
import {ada, grace, storedMessage} from '../support/fake-hub.js';

const HUB = 'hub of Ada';
const key = (name: string) => `trunkline:signed-out:${name}`;
/** Long enough for what was posted to arrive. */
const settle = () => new Promise(resolve => setTimeout(resolve, 5));
let marks = 0;
const uuid = () => `mark-${++marks}`;
const newMark = (storage: () => Storage | undefined = () => localStorage) => new SignOutMark(storage, uuid);
const stays = (name = HUB) => {
  const mark = newMark();
  mark.begin(name);
  return mark;
};

afterEach(() => {
  for (const name of Object.keys(localStorage)) if (name.startsWith(key(''))) localStorage.removeItem(name);
});

describe('the mark of a sign-out', () => {
  it('ends every stay that began before, at this hub alone', () => {
    const [here, away, other] = [stays(), stays(), stays('hub of Grace')];
    expect([here, away, other].map(mark => mark.isOver)).to.deep.equal([false, false, false]);
    here.end();
    expect([here, away, other].map(mark => mark.isOver)).to.deep.equal([true, true, false]);
  });

  it('ends no stay that begins after it, not even when another tab hears of it late', () => {
    const [here, slow] = [stays(), stays()];
    here.end();
    here.begin(HUB);
    slow.end();
    expect(here.isOver).to.equal(false);
    expect(slow.isOver).to.equal(true);
  });

  it('is told by its absence too, where the site wipes its storage', () => {
    const away = stays();
    localStorage.removeItem(key(HUB));
    expect(away.isOver).to.equal(true);
  });

  const refuse = (): never => {
    throw new DOMException('refused', 'SecurityError');
  };
  const refusals: [what: string, storage: () => Storage | undefined][] = [
    ['refused', refuse],
    ['missing', () => undefined],
    ['full', () => ({getItem: () => null, setItem: refuse}) as unknown as Storage],
  ];
  for (const [what, storage] of refusals) {
    it(`is no more than missing where storage is ${what}`, () => {
      const mark = newMark(storage);
      mark.end();
      mark.begin(HUB);
      mark.end();
      expect(mark.isOver).to.equal(false);
    });
  }

  it('is not over because storage is refused from some moment on', () => {
    let isRefused = false;
    const mark = newMark(() => (isRefused ? refuse() : localStorage));
    mark.begin(HUB);
    isRefused = true;
    expect(mark.isOver).to.equal(false);
  });
});

/** A tab with one message in its thread, at a hub that says only what it must. */
async function openTab(identify?: (config: HubConfig) => Promise<Identified>) {
  const config: HubConfig = {
    url: 'https://p',
    key: 'k',
    identity: {kind: 'anonymous', name: 'Ada'},
    userName: 'Ada',
    avatarUrl: '',
  };
  const heard: TabMessage[] = [];
  const ports: MessagePort[] = [];
  const client = new HubClient({
    hosts: ['page'],
    locks: null,
    uuid,
    now: () => 0,
    storage: () => localStorage,
    identify: () => identify?.(config) ?? Promise.resolve({config, token: null}),
    openHost: async kind => {
      const {port1, port2} = new MessageChannel();
      ports.push(port2);
      port2.onmessage = ({data}) => {
        const message = data as TabMessage;
        heard.push(message);
        if (message.type === 'hello') {
          port2.postMessage([{type: 'hello', protocol: PROTOCOL_VERSION, hub: uuid(), lock: null, host: 'page'}]);
        }
      };
      return {kind, port: port1, failed: new Promise(() => {}), close: () => port1.close()};
    },
  });
  const chat = client.chat('lobby');
  const greeted = async () => {
    const before = heard.length;
    while (!heard.slice(before).some(({type}) => type === 'open')) await settle();
  };
  await greeted();
  chat.receive({
    kind: 'opened',
    chat: {id: 'lobby-id', slug: 'lobby', title: '', kind: 'room'} as never,
    messages: [storedMessage({seq: 1})],
    hasOlder: false,
    cursor: 1,
    reset: true,
    fresh: true,
  });
  ports.at(-1)?.postMessage([
    {type: 'me', person: ada},
    {type: 'people', people: [ada, grace]},
  ]);
  while (!client.me.current) await settle();
  return {client, chat, heard, config, greeted, say: (message: object) => ports.at(-1)?.postMessage([message])};
}

describe('a page that was away while its person signed out', () => {
  it('shows nothing of the person the moment it is back, and looks for no hub', async () => {
    const {client, chat, heard, config} = await openTab();
    client.suspend();
    await settle();
    stays(hubName(config)).end();
    const said = heard.length;
    const asked = chat.edit('m', 'x').catch((error: TrunkError) => error.code);
    client.resume();
    expect(client.status.current).to.include({state: 'error', reason: 'signed-out'});
    expect(chat.messages.current).to.deep.equal([]);
    expect(client.me.current).to.equal(null);
    expect(client.people.current.size).to.equal(0);
    expect(await asked).to.equal('signed-out');
    client.resume();
    client.poke('visible');
    await settle();
    expect(heard.slice(said).filter(({type}) => type !== 'bye')).to.deep.equal([]);
    client.close();
  });

  it('comes back as ever when nobody signed out', async () => {
    const {client, chat, greeted} = await openTab();
    client.suspend();
    client.resume();
    await greeted();
    expect(chat.messages.current).to.have.length(1);
    client.close();
  });

  it('stays after its own sign-in', async () => {
    const {client, config, greeted} = await openTab();
    client.suspend();
    stays(hubName(config)).end();
    client.resume();
    client.signIn();
    await greeted();
    client.suspend();
    client.resume();
    await greeted();
    expect(client.status.current.reason).not.to.equal('signed-out');
    client.close();
  });

  it('is told by a tab that only heard of it', async () => {
    const [away, told] = [await openTab(), await openTab()];
    away.client.suspend();
    told.say({type: 'signed-out', waiting: 0});
    while (told.client.status.current.reason !== 'signed-out') await settle();
    away.client.resume();
    expect(away.client.status.current.reason).to.equal('signed-out');
    expect(away.chat.messages.current).to.deep.equal([]);
    away.client.close();
    told.client.close();
  });

  it('learns of it before a restarted hub hears what it wants', async () => {
    const {client, heard, config, say} = await openTab();
    stays(hubName(config)).end();
    const said = heard.length;
    say({type: 'hello', protocol: PROTOCOL_VERSION, hub: 'the next', lock: null, host: 'page'});
    while (client.status.current.reason !== 'signed-out') await settle();
    await settle();
    expect(heard.slice(said).filter(({type}) => type === 'open')).to.deep.equal([]);
    client.close();
  });
});

describe('a page that was away while its application signed the person out, and told nobody', () => {
  const asGrace = (config: HubConfig): HubConfig => ({...config, identity: {kind: 'token', userId: grace.userId}});

  it('drops what is another’s, and goes to the hub of whoever the page belongs to now', async () => {
    let isGrace = false;
    const {client, chat, heard, greeted} = await openTab(async config => {
      return {config: isGrace ? asGrace(config) : config, token: null};
    });
    client.suspend();
    isGrace = true;
    client.resume();
    await greeted();
    expect(chat.messages.current).to.deep.equal([]);
    expect(client.me.current).to.equal(null);
    const hello = heard.findLast(({type}) => type === 'hello');
    expect(hello?.type === 'hello' && hello.config.identity).to.deep.equal({kind: 'token', userId: grace.userId});
    client.close();
  });

  it('drops everything when nobody is signed in, and looks for no hub', async () => {
    let isOut = false;
    const {client, chat, heard} = await openTab(async config => {
      if (isOut) throw new TrunkError('sign-in-failed', 'nobody');
      return {config, token: null};
    });
    client.suspend();
    isOut = true;
    const said = heard.length;
    client.resume();
    while (client.status.current.reason !== 'sign-in-failed') await settle();
    expect(chat.messages.current).to.deep.equal([]);
    expect(client.people.current.size).to.equal(0);
    expect(heard.slice(said).filter(({type}) => type !== 'bye')).to.deep.equal([]);
    client.close();
  });

  it('says nothing to any hub before the page has said whose it is', async () => {
    let answer = () => {};
    let isSlow = false;
    const {client, heard, greeted} = await openTab(async config => {
      if (isSlow) await new Promise<void>(resolve => (answer = resolve));
      return {config, token: null};
    });
    client.suspend();
    await settle();
    isSlow = true;
    const said = heard.length;
    client.resume();
    await settle();
    expect(heard.slice(said).filter(({type}) => type !== 'bye')).to.deep.equal([]);
    answer();
    await greeted();
    client.close();
  });
});
