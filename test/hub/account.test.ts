import {expect} from '@open-wc/testing';
import {Account} from '../../src/hub/account.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {ownerOf} from '../../src/hub/line-record.js';
import type {Transport} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const ANONYMOUS: HubConfig = {
  url: 'https://project.example',
  key: 'key',
  identity: {kind: 'anonymous', name: 'Ada'},
  userName: 'Ada',
  avatarUrl: '',
};

function given(change: Partial<HubConfig> = {}) {
  const clock = new FakeClock();
  const store = new MemoryStore(true);
  const project = new FakeProject();
  const config = {...ANONYMOUS, ...change};
  const owner = ownerOf(config);
  const tokens: (string | null)[] = [];
  /** A hub's account, and what it told. */
  const open = () => {
    const told: string[] = [];
    const transport: Transport = project.transport('ada', undefined, () => clock.now());
    const account = new Account(
      {clock, store, config, transport, owner, requestToken: async () => tokens.shift() ?? null},
      {
        renewed: ({token, userId}) => told.push(`renewed ${userId} ${token}`),
        me: ({userId, name, avatarUrl}) => told.push(`me ${userId} ${name}${avatarUrl ? ` ${avatarUrl}` : ''}`),
        replaced: () => told.push('replaced'),
        problem: ({code}) => told.push(`problem ${code}`),
      },
    );
    const database = transport.database(async () => (await account.credentials.get()).token);
    return {account, told, database};
  };
  return {clock, store, project, config, owner, tokens, open, ...open()};
}

const code = ({code}: TrunkError) => code;

describe('Account', () => {
  it('knows who the person is with the first token, and tells of every token', async () => {
    const {account, told, clock} = given();
    expect(account.me).to.equal(null);
    await account.credentials.get();
    expect(account.me).to.deep.equal({userId: 'ada', name: 'Ada', avatarUrl: null});
    await clock.pass(3_540_000);
    expect(told).to.deep.equal(['me ada Ada', 'renewed ada token-1', 'renewed ada token-2']);
  });

  it('asks for another token than the one that was spent', async () => {
    const {account, project} = given();
    await account.credentials.get();
    await account.credentials.renew();
    expect(project.log).to.deep.equal(['sign in Ada', 'sign in Ada instead of token-1']);
  });

  it('knows who it was at the next start, without network', async () => {
    const {account, open, project, owner, store} = given();
    await account.credentials.get();
    await settle();
    expect(await store.getItem(`trunkline:me:${owner}`)).to.contain('"ada"');
    project.faults.request = new TrunkError('unreachable', 'no network');
    const next = open();
    await settle();
    expect(next.account.me).to.deep.equal({userId: 'ada', name: 'Ada', avatarUrl: null});
    expect(next.told).to.deep.equal(['me ada Ada']);
    project.faults.request = null;
    await next.account.credentials.get();
    expect(next.told.slice(1)).to.deep.equal(['me ada Ada', 'renewed ada token-1']);
  });

  it('goes by the sign-in when the store is slower, and by nothing once closed', async () => {
    const {account, open, store, project} = given();
    await account.credentials.get();
    await settle();
    const read = store.getItem.bind(store);
    for (const what of ['signed in', 'closed'] as const) {
      let answer = () => {};
      store.getItem = async key => {
        await new Promise<void>(resolve => (answer = resolve));
        return read(key);
      };
      const next = open();
      project.people.set('ada', {userId: 'ada', name: 'Ada', avatarUrl: 'new.png'});
      if (what === 'closed') next.account.close();
      else {
        await next.account.credentials.get();
        await next.account.keepProfile(next.database);
      }
      const before = [...next.told];
      answer();
      await settle();
      expect(next.told, what).to.deep.equal(before);
    }
  });

  it('knows nobody when the store can’t be read, until the sign-in', async () => {
    const {store, open} = given();
    store.getItem = () => Promise.reject(new Error('broken disk'));
    const next = open();
    await settle();
    expect(next.account.me).to.equal(null);
    await next.account.credentials.get();
    expect(next.account.me?.userId).to.equal('ada');
  });

  it('runs what waits for the person once they are known, or at once', async () => {
    const {account} = given();
    const ran: string[] = [];
    account.whenKnown(userId => ran.push(`first ${userId}`));
    expect(ran).to.deep.equal([]);
    await account.credentials.get();
    account.whenKnown(userId => ran.push(`second ${userId}`));
    await account.credentials.renew();
    expect(ran).to.deep.equal(['first ada', 'second ada']);
  });

  it('says that it was replaced when the sign-in brings another person, and tells of no token of theirs', async () => {
    const {account, told, project, open} = given();
    await account.credentials.get();
    await settle();
    project.faults.account = 'ada-the-second';
    await account.credentials.renew();
    expect(told.slice(2)).to.deep.equal(['replaced']);
    expect(account.me?.userId).to.equal('ada');
    // So does the next hub, which only remembers who it was.
    const next = open();
    await settle();
    await next.account.credentials.get();
    expect(next.told).to.deep.equal(['me ada Ada', 'replaced']);
  });

  describe('keeps the profile', () => {
    it('as the page says it, once, and after the sign-in only', async () => {
      const {account, database, project, told, open} = given();
      await account.keepProfile(database);
      expect(project.count('profiles')).to.equal(0);
      await account.credentials.get();
      await settle();
      const next = open(); // which knows who it was, and no more
      await settle();
      await next.account.keepProfile(next.database);
      expect(project.count('profiles')).to.equal(0);
      await Promise.all([account.keepProfile(database), account.keepProfile(database)]);
      await account.keepProfile(database);
      expect(project.people.get('ada')).to.deep.equal({userId: 'ada', name: 'Ada', avatarUrl: null});
      expect(project.count('profiles')).to.equal(1);
      expect(told.at(-1)).to.equal('me ada Ada');
    });

    it('not when it says so already', async () => {
      const {account, database, project} = given();
      project.people.set('ada', {userId: 'ada', name: 'Ada', avatarUrl: 'a.png'});
      await account.credentials.get();
      await account.keepProfile(database);
      expect(project.count('save profile')).to.equal(0);
      expect(account.me?.avatarUrl).to.equal('a.png');
    });

    it('as it stands where the page says nothing, and tells of it', async () => {
      const {account, database, project, told} = given({userName: '', avatarUrl: ''});
      project.people.set('ada', {userId: 'ada', name: 'Countess', avatarUrl: 'c.png'});
      await account.credentials.get();
      await account.keepProfile(database);
      expect(project.count('save profile')).to.equal(0);
      expect(told.at(-1)).to.equal('me ada Countess c.png');
    });

    it('with the page’s picture over the one that is there', async () => {
      const {account, database, project} = given({avatarUrl: 'new.png'});
      project.people.set('ada', {userId: 'ada', name: 'Ada', avatarUrl: 'old.png'});
      await account.credentials.get();
      await account.keepProfile(database);
      expect(project.people.get('ada')?.avatarUrl).to.equal('new.png');
    });

    it('as the last page says it, and where that says nothing as the one before did', async () => {
      const {account, config, database, project} = given({avatarUrl: 'old.png'});
      await account.credentials.get();
      await account.keepProfile(database);
      project.hold();
      account.describe({...config, avatarUrl: 'never.png'}, database);
      account.describe({...config, avatarUrl: 'new.png'}, database);
      project.release();
      await settle();
      expect(project.people.get('ada')?.avatarUrl).to.equal('new.png');
      expect(account.me?.avatarUrl).to.equal('new.png');
      const saved = project.count('save profile');
      account.describe({...config, userName: '', avatarUrl: ''}, database);
      await settle();
      expect(project.count('save profile')).to.equal(saved);
    });

    it('at the next try, and says why not at this one', async () => {
      const {account, database, project, told} = given();
      await account.credentials.get();
      project.faults.request = new TrunkError('unreachable', 'no network');
      await account.keepProfile(database);
      expect(told.at(-1)).to.equal('problem unreachable');
      project.faults.request = null;
      await account.keepProfile(database);
      expect(project.people.get('ada')?.name).to.equal('Ada');
    });

    it('silently once closed', async () => {
      for (const fault of [null, new TrunkError('unreachable', 'no network')]) {
        const {account, database, project, told} = given();
        await account.credentials.get();
        const before = told.length;
        project.hold();
        const kept = account.keepProfile(database);
        await settle();
        account.close();
        project.faults.request = fault;
        project.release();
        await kept;
        expect(told).to.have.length(before);
      }
    });
  });

  describe('of a page that brings its own tokens', () => {
    const token = {identity: {kind: 'token', userId: 'ada'}} as const;

    it('takes those of its person', async () => {
      const {account, tokens, told} = given(token);
      tokens.push('ada:1');
      await account.credentials.get();
      expect(told.at(-1)).to.equal('renewed ada ada:1');
    });

    it('refuses those of somebody else, and says when there are none', async () => {
      const {account, tokens, told} = given(token);
      tokens.push('grace:1');
      for (const words of [/another person/, /No tab could give a token/]) {
        const error = await account.credentials.get().catch((thrown: TrunkError) => thrown);
        expect(error).to.include({code: 'sign-in-failed'});
        expect((error as TrunkError).message).to.match(words);
      }
      expect(told).to.deep.equal([]);
    });

    it('leaves the account alone at sign-out', async () => {
      const {account, project, tokens} = given(token);
      tokens.push('ada:1');
      await account.credentials.get();
      await account.signOut();
      expect(project.count('sign out')).to.equal(0);
    });
  });

  describe('signed out', () => {
    it('forgets who it was and gives up the account, and holds no token any more', async () => {
      const {account, project, store, owner, open} = given();
      await account.credentials.get();
      await account.signOut();
      expect(project.log.at(-1)).to.equal('sign out Ada');
      expect(await store.getItem(`trunkline:me:${owner}`)).to.equal(null);
      expect(await account.credentials.renew().catch(code)).to.equal('closed');
      const next = open();
      await settle();
      expect(next.account.me).to.equal(null);
    });

    it('gives up the account also when the store forgets nothing', async () => {
      const {account, project, store} = given();
      await account.credentials.get();
      store.removeItem = () => Promise.reject(new Error('broken disk'));
      await account.signOut().catch(() => {});
      expect(project.log.at(-1)).to.equal('sign out Ada');
    });

    it('keeps nothing of what it learns after', async () => {
      const {account, project, store, owner} = given();
      project.hold();
      const late = account.credentials.get().catch(code);
      await settle();
      await account.forget();
      project.release();
      expect(await late).to.equal('closed');
      await settle();
      expect(account.me).to.equal(null);
      expect(await store.getItem(`trunkline:me:${owner}`)).to.equal(null);
    });
  });
});
