import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {PROTOCOL_VERSION} from '../../src/wire/protocol.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const bodies = (chat: {messages: {current: readonly {body: string; status: string}[]}}) =>
  chat.messages.current.map(({body, status}) => (status === 'sent' ? body : `${body} (${status})`));

describe('Hub', () => {
  it('gives many tabs one socket and one join a topic', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    for (let n = 0; n < 10; n++) (await browser.tab()).client.chat('lobby');
    await settle();
    expect(browser.project.sockets.size).to.equal(1);
    expect(browser.project.count('socket ')).to.equal(1);
    expect(browser.project.count('join chat:')).to.equal(1);
  });

  it('shows a message to every tab of both people, once and in one order', async () => {
    const project = new FakeProject();
    project.addChat('lobby');
    const ada = new FakeBrowser({project, userId: 'ada'});
    const grace = new FakeBrowser({project, userId: 'grace'});
    const chats = [
      (await ada.tab()).client.chat('lobby'),
      (await ada.tab()).client.chat('lobby'),
      (await grace.tab()).client.chat('lobby'),
    ];
    await settle();
    for (let n = 0; n < 9; n++) await chats[n % 3]?.send(`message ${n}`);
    await settle();
    // So much at one moment is a stream, which comes with the screen's frames.
    for (const {clock} of [ada, grace]) await clock.pass(32);
    const stored = project.chats.get('lobby')?.messages ?? [];
    for (const chat of chats) expect(bodies(chat)).to.deep.equal(stored.map(({body}) => body));
    const of = (person: string) => stored.filter(({senderId}) => senderId === person).map(({body}) => body);
    expect(of('ada')).to.deep.equal([0, 1, 3, 4, 6, 7].map(n => `message ${n}`));
    expect(of('grace')).to.deep.equal([2, 5, 8].map(n => `message ${n}`));
  });

  it('turns a bubble from sending to sent without a second one', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const chat = (await browser.tab()).client.chat('lobby');
    await settle();
    const seen: string[] = [];
    chat.messages.subscribe(messages => seen.push(messages.map(({id, status}) => `${id}:${status}`).join()));
    const id = await chat.send('hello');
    await settle();
    expect(seen.every(list => list.split(',').length === 1)).to.equal(true);
    expect(seen.filter((list, at) => list !== seen[at - 1])).to.deep.equal([
      '',
      `${id}:sending`,
      `${id}:queued`,
      `${id}:sending`,
      `${id}:sent`,
    ]);
  });

  it('comes back after the hub died, and sends once what it had accepted', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const tab = await browser.tab();
    const chat = tab.client.chat('lobby');
    await settle();
    browser.project.faults.loseAnswers = 1;
    await chat.send('kept');
    await browser.killHub();
    await settle();
    expect(bodies(chat)).to.deep.equal(['kept']);
    browser.project.write('lobby', 'from Grace');
    await settle();
    expect(bodies(chat)).to.deep.equal(['kept', 'from Grace']);
    expect(browser.project.sockets.size).to.equal(1);
  });

  it('forgets a tab that crashed, by its lock', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await browser.tab(), await browser.tab()];
    first.client.presence();
    const present = second.client.presence();
    await settle();
    present.release();
    await settle();
    expect(browser.project.count('untrack')).to.equal(0);
    await first.crash();
    await browser.clock.pass(3_000);
    expect(browser.project.count('untrack')).to.equal(1);
  });

  it('takes a person away with their last tab, at once', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await browser.tab(), await browser.tab()];
    first.client.presence();
    await settle();
    await first.crash();
    expect(browser.project.count('untrack')).to.equal(0);
    second.client.close();
    await settle();
    expect(browser.project.count('untrack')).to.equal(1);
  });

  it('takes a person out of a scope half a second after the tab that was in it, when other tabs are left', async () => {
    const browser = new FakeBrowser();
    const [first] = [await browser.tab(), await browser.tab()];
    first.client.presence();
    await settle();
    await first.crash();
    await browser.clock.pass(499);
    expect(browser.project.count('untrack')).to.equal(0);
    await browser.clock.pass(1);
    expect(browser.project.count('untrack')).to.equal(1);
  });

  it('takes presence elements that come and go for no leave', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    for (let n = 0; n < 5; n++) {
      const here = client.presence();
      await browser.clock.pass(1_000);
      here.release();
      await browser.clock.pass(300);
    }
    expect(browser.project.count('track')).to.equal(1);
    expect(browser.project.count('untrack')).to.equal(0);
    await browser.clock.pass(3_000);
    expect(browser.project.count('untrack')).to.equal(1);
  });

  it('forgets a tab that says bye, and the socket 10 s after the last one', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const [first, second] = [await browser.tab(), await browser.tab()];
    for (const {client} of [first, second]) client.chat('lobby');
    await settle();
    first.client.close();
    await browser.clock.pass(60_000);
    expect(browser.project.count('leave')).to.equal(0);
    second.client.close();
    await browser.clock.pass(3_000 + 3_000);
    expect(browser.project.count('leave chat:')).to.equal(1);
    await browser.clock.pass(3_999);
    expect(browser.project.sockets.size).to.equal(1);
    await browser.clock.pass(1);
    expect(browser.project.sockets.size).to.equal(0);
  });

  it('lets go of seat and locks with the socket, and begins again with the next tab', async () => {
    const browser = new FakeBrowser({seat: 'seat'});
    browser.project.addChat('lobby');
    const first = await browser.tab();
    first.client.close();
    await browser.clock.pass(9_999);
    expect(browser.locks.names()).to.include('seat');
    await browser.clock.pass(1);
    expect([browser.locks.names(), browser.project.sockets.size]).to.deep.equal([[], 0]);
    // Another hub may take its turn meanwhile.
    const release = await browser.locks.hold('seat');
    const second = browser.tab();
    await settle();
    expect(browser.project.sockets.size).to.equal(0);
    release();
    const {client} = await second;
    await settle();
    expect([client.status.current.state, browser.hubsStarted]).to.deep.equal(['connected', 1]);
    expect(browser.locks.names()).to.include('seat');
  });

  describe('beside a hub of another version', () => {
    const older = {protocol: PROTOCOL_VERSION - 1, lock: 'trunk:hub:older'};
    const newer = {protocol: PROTOCOL_VERSION + 1, lock: 'trunk:hub:newer'};
    const own = {protocol: PROTOCOL_VERSION, lock: 'trunk:hub:hub-ada-1'};

    it('tells each tab once that a newer one is there, and goes on', async () => {
      const browser = new FakeBrowser();
      await browser.locks.hold(newer.lock);
      const other = browser.versions.open();
      const answers: unknown[] = [];
      other.addEventListener('message', ({data}) => answers.push(data));
      const tab = await browser.tab();
      expect(answers).to.deep.equal([own]);
      const codes: unknown[] = [];
      tab.client.problem.subscribe(problem => problem && codes.push(problem.code));
      expect(tab.client.status.current.outdated).to.equal(false);
      other.postMessage(newer);
      other.postMessage(newer);
      await settle();
      const late = await browser.tab();
      for (const {client} of [tab, late])
        expect(client.status.current).to.include({state: 'connected', outdated: true});
      await browser.killHub();
      await settle();
      expect([tab.client.status.current.outdated, codes]).to.deep.equal([true, ['newer-version']]);
    });

    it('says to each that comes later what is there, and nothing to its own tabs of an older one', async () => {
      const browser = new FakeBrowser();
      const twin = {...own, lock: 'trunk:hub:twin'};
      for (const {lock} of [older, twin]) await browser.locks.hold(lock);
      const tab = await browser.tab();
      const other = browser.versions.open();
      const answers: unknown[] = [];
      other.addEventListener('message', ({data}) => answers.push(data));
      other.postMessage(older);
      for (let n = 0; n < 2; n++) other.postMessage(twin);
      for (const odd of [null, 'x', {}, {protocol: '9'}, {...own, lock: 9}]) other.postMessage(odd as never);
      await settle();
      expect(answers).to.deep.equal([own, own]);
      expect(tab.client.status.current.outdated).to.equal(false);
    });

    it('ends the older one with its last tab', async () => {
      const browser = new FakeBrowser();
      await browser.locks.hold(newer.lock);
      const tab = await browser.tab();
      browser.versions.open().postMessage(newer);
      await settle();
      tab.client.close();
      await browser.clock.pass(0);
      expect(browser.project.sockets.size).to.equal(0);
    });
  });

  describe('beside another hub over the same store', () => {
    /** Two tabs of one person, each on a hub of its own; the first one’s finds nobody to send to, until `reach()`. */
    async function two() {
      const browser = new FakeBrowser({seat: 'seat'});
      const {project, store} = browser;
      project.addChat('lobby');
      const tab = await browser.tab();
      const next = await new FakeBrowser({seat: 'next seat', beside: browser}).tab();
      const [chat, other] = [tab.client.chat('lobby'), next.client.chat('lobby')];
      await settle();
      const reach = (can = true) => (project.faults.request = can ? null : new TrunkError('unreachable', 'no network'));
      reach(false);
      return {browser, project, store, tab, chat, other, reach};
    }

    it('sends what that one left when it died', async () => {
      const {browser, project, tab, chat, other, reach} = await two();
      await chat.send('left');
      await settle();
      expect(bodies(chat)).to.deep.equal(['left (queued)']);
      expect(bodies(other)).to.deep.equal([]);
      reach();
      await tab.crash();
      await browser.killHub();
      expect(project.chats.get('lobby')?.messages.map(({body}) => body)).to.deep.equal(['left']);
      expect(bodies(other)).to.deep.equal(['left']);
    });

    it('sends what that one still kept when its last tab had left', async () => {
      const {browser, project, store, tab, chat, other, reach} = await two();
      browser.versions.open().postMessage({protocol: PROTOCOL_VERSION + 1, lock: 'trunk:hub:newer'});
      const {addEntries} = store;
      let write = () => {};
      store.addEntries = async drafts => {
        await new Promise<void>(resolve => (write = resolve));
        return addEntries.call(store, drafts);
      };
      void chat.send('a last word').catch(() => {});
      tab.client.close();
      await browser.clock.pass(0);
      expect(browser.locks.names()).to.include('seat');
      reach();
      write();
      await settle();
      expect(browser.locks.names()).not.to.include('seat');
      expect(project.chats.get('lobby')?.messages.map(({body}) => body)).to.deep.equal(['a last word']);
      expect(bodies(other)).to.deep.equal(['a last word']);
    });

    it('hears of it again when it comes back, and when it is gone for the second time', async () => {
      const {browser, tab, other, reach} = await two();
      reach();
      tab.client.close();
      await browser.clock.pass(10_000);
      const back = await browser.tab();
      const chat = back.client.chat('lobby');
      await settle();
      reach(false);
      await chat.send('left');
      await settle();
      reach();
      await back.crash();
      await browser.killHub();
      expect(bodies(other)).to.deep.equal(['left']);
    });
  });

  it('keeps the socket for a tab that comes within the 10 s', async () => {
    const browser = new FakeBrowser();
    (await browser.tab()).client.close();
    await browser.clock.pass(9_000);
    const tab = await browser.tab();
    await browser.clock.pass(60_000);
    expect(tab.client.status.current.state).to.equal('connected');
    expect(browser.project.count('socket ')).to.equal(1);
  });

  it('frees what a handle held when it is released', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const tab = await browser.tab();
    const chat = tab.client.chat('lobby');
    await settle();
    chat.release();
    browser.project.write('lobby', 'unheard');
    await browser.clock.pass(6_000);
    expect(chat.messages.current).to.deep.equal([]);
    expect(browser.project.members.size).to.equal(0);
  });

  it('takes a second hello on one port for another life of the tab', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    tab.client.presence();
    await settle();
    const {page} = await browser.openHost(browser.config);
    page.start();
    const hello = (session: string) => {
      const attention = {visible: true, lastActive: 0, currentChatId: null};
      page.postMessage({type: 'hello', protocol: 1, session, lock: null, config: browser.config, attention});
    };
    hello('one');
    page.postMessage({type: 'open', handle: 'h', want: {kind: 'presence', scope: 'other'}});
    await settle();
    hello('one');
    await settle();
    expect(browser.project.count('untrack')).to.equal(0);
    hello('two');
    await browser.clock.pass(3_000);
    expect(browser.project.count('untrack presence:other')).to.equal(1);
    expect(browser.project.count('untrack presence:global')).to.equal(0);
  });

  it('reports what it doesn’t understand, and goes on', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    for (const nonsense of ['hi', null, {type: 'open'}, {type: 'call', id: 1}, {type: 'dance'}]) tab.say(nonsense);
    await settle();
    expect(tab.frames.flat().filter(({type}) => type === 'problem')).to.have.length(5);
    expect(tab.problems.at(-1)?.code).to.equal('malformed');
    expect(tab.client.status.current.state).to.equal('connected');
  });

  it('does nothing for who has not said hello', async () => {
    const browser = new FakeBrowser();
    const {page} = await browser.openHost(browser.config);
    page.postMessage({type: 'open', handle: 'h', want: {kind: 'presence', scope: 'global'}});
    page.postMessage({type: 'poke', why: 'online'});
    await browser.clock.pass(60_000);
    expect(browser.project.log).to.deep.equal([]);
  });

  it('refuses a tab of another version, and says what to do', async () => {
    const browser = new FakeBrowser();
    const {page} = await browser.openHost(browser.config);
    const frames: unknown[] = [];
    page.addEventListener('message', ({data}) => frames.push(...(data as unknown[])));
    page.start();
    const attention = {visible: true, lastActive: 0, currentChatId: null};
    page.postMessage({type: 'hello', protocol: 99, session: 's', lock: null, config: browser.config, attention});
    page.postMessage({type: 'open', handle: 'h', want: {kind: 'presence', scope: 'global'}});
    await browser.clock.pass(60_000);
    expect(frames.at(-1)).to.have.nested.property('error.code', 'protocol-mismatch');
    expect(browser.project.log).to.deep.equal([]);
  });

  it('says that what is unsent won’t last where IndexedDB is refused', async () => {
    const browser = new FakeBrowser({store: new MemoryStore()});
    const tab = await browser.tab();
    expect(tab.problems[0]?.code).to.equal('storage-refused');
    expect(tab.client.status.current.storage).to.equal('memory');
  });

  it('works without Web Locks', async () => {
    const browser = new FakeBrowser({noLocks: true});
    browser.project.addChat('lobby');
    const chat = (await browser.tab()).client.chat('lobby');
    await settle();
    await chat.send('hello');
    await settle();
    expect(bodies(chat)).to.deep.equal(['hello']);
  });

  describe('asks the tabs for a token', () => {
    const token = {kind: 'token', userId: 'ada'} as const;
    const never = () => new Promise<string>(() => {});

    it('the one last used first, and only one', async () => {
      const browser = new FakeBrowser({identity: token, tokenLifeMs: 3_600_000});
      const asked: string[] = [];
      const tabs = [
        await browser.tab(async () => (asked.push('first'), 'ada:1')),
        await browser.tab(async () => (asked.push('second'), 'ada:2')),
      ];
      asked.length = 0;
      tabs[0]?.client.setAttention({lastActive: browser.clock.now() + 1});
      await browser.clock.pass(3_540_000);
      expect(asked).to.deep.equal(['first']);
      expect(browser.project.count('token ada:1')).to.equal(1);
    });

    it('the next one when the first can’t give any', async () => {
      const browser = new FakeBrowser({identity: token, tokenLifeMs: 3_600_000});
      let broken = false;
      const first = await browser.tab(async () => {
        if (broken) throw new Error('signed out');
        return 'ada:1';
      });
      await browser.tab(async () => 'ada:2');
      broken = true;
      first.client.setAttention({lastActive: browser.clock.now() + 1});
      await browser.clock.pass(3_540_000);
      expect(browser.project.count('token ada:2')).to.equal(1);
      expect(first.problems).to.have.length(1);
    });

    for (const how of ['is silent for 10 s', 'crashed', 'left'] as const) {
      it(`the next one when the first ${how}`, async () => {
        const browser = new FakeBrowser({identity: token, tokenLifeMs: 3_600_000});
        let silent = false;
        const first = await browser.tab(() => (silent ? never() : Promise.resolve('ada:1')));
        await browser.tab(async () => 'ada:2');
        silent = true;
        first.client.setAttention({lastActive: browser.clock.now() + 1});
        await browser.clock.pass(3_540_000);
        expect(browser.project.count('token ada')).to.equal(0);
        if (how === 'crashed') await first.crash();
        else if (how === 'left') first.client.close();
        else await browser.clock.pass(10_000);
        await settle();
        expect(browser.project.count('token ada:2')).to.equal(1);
      });
    }

    it('and stops with a reason when the token is somebody else’s', async () => {
      const browser = new FakeBrowser({identity: token});
      const tab = await browser.tab(async () => 'grace:1');
      await browser.clock.pass(10_000);
      expect(tab.client.status.current).to.include({state: 'error', reason: 'sign-in-failed'});
      expect(browser.project.count('socket')).to.equal(0);
    });

    it('of another hub, when the page belongs to another person by then', async () => {
      const browser = new FakeBrowser({identity: token, tokenLifeMs: 3_600_000});
      const [moves, stays] = [await browser.tab(async () => 'ada:1'), await browser.tab(async () => 'ada:2')];
      moves.config = {...browser.config, identity: {kind: 'token', userId: 'grace'}};
      moves.client.setAttention({lastActive: browser.clock.now() + 1});
      await browser.clock.pass(3_540_000);
      expect(browser.hubsStarted).to.equal(2);
      expect(stays.client.me.current?.userId).to.equal('ada');
      expect(browser.project.count('token ada:2')).to.equal(1);
    });
  });
});
