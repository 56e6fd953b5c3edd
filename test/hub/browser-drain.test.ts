// What the service worker does when a sync wakes it, as far as it needs no project.
import {expect} from '@open-wc/testing';
import {drainOutbox} from '../../src/hub/browser-drain.js';
import type {OutboxEntry} from '../../src/hub/environment.js';
import {IndexedStore} from '../../src/hub/indexed-store.js';
import {forgetLine, keepLine, ownerOf} from '../../src/hub/line-record.js';
import {draft} from './store-world.js';

const CONFIG = {
  ...{url: 'https://drain.example', key: 'anon', userName: '', avatarUrl: ''},
  identity: {kind: 'token', userId: 'ada'} as const,
};
const OWNER = ownerOf(CONFIG);

/** What waits for a person whose page gave this token last, and a project that answers every request with `answer`. */
async function given(token: {expiresIn: number}, changes: Partial<OutboxEntry>, answer: () => Response) {
  const store = await IndexedStore.open();
  await keepLine(store, {config: CONFIG, token: {text: 'jwt', userId: 'ada', expiresAt: Date.now() + token.expiresIn}});
  await store.addEntries([{...draft('drained', OWNER), acceptedAt: Date.now(), ...changes}]);
  const asked: string[] = [];
  const real = window.fetch;
  window.fetch = async (address, init) => {
    if (!String(address).startsWith(CONFIG.url)) return real(address, init);
    asked.push(`${String(address).split('/').pop()} ${new Headers(init?.headers).get('authorization')}`);
    return answer();
  };
  const waits = async () => (await store.entriesOf(OWNER)).map(({status}) => status);
  const end = async () => {
    window.fetch = real;
    await store.deleteEntries(['drained']);
    await forgetLine(store, OWNER);
  };
  return {asked, waits, end};
}

const stored = () => {
  const row = {id: 'drained', chat_id: 'c', body: 'drained', seq: 1, rev: 1, sender_id: 'ada', attachments: []};
  return Response.json([{id: 'drained', stored: row, code: null, reason: null}]);
};
const unreachable = () => Response.error();
const HOUR_MS = 3_600_000;

describe('drainOutbox', () => {
  it('says that nothing is left where nothing waits', async () => {
    expect(await drainOutbox()).to.deep.equal({left: 0});
  });

  it('doesn’t know what is left when the store can’t be opened, so that the browser tries again', async () => {
    const real = IDBFactory.prototype.open;
    IDBFactory.prototype.open = () => {
      throw new DOMException('broken disk', 'UnknownError');
    };
    try {
      expect(await drainOutbox()).to.deep.equal({left: null});
    } finally {
      IDBFactory.prototype.open = real;
    }
  });

  it('doesn’t know either when what waits can’t be read', async () => {
    const real = IDBIndex.prototype.openKeyCursor;
    IDBIndex.prototype.openKeyCursor = () => {
      throw new DOMException('broken disk', 'UnknownError');
    };
    try {
      expect(await drainOutbox()).to.deep.equal({left: null});
    } finally {
      IDBIndex.prototype.openKeyCursor = real;
    }
  });

  it('sends what waits with the token that the page gave last, and keeps nothing of it', async () => {
    const {asked, waits, end} = await given({expiresIn: HOUR_MS}, {}, stored);
    try {
      expect(await drainOutbox()).to.deep.equal({left: 0});
      expect(asked).to.deep.equal(['send_messages Bearer jwt']);
      expect(await waits()).to.deep.equal([]);
    } finally {
      await end();
    }
  });

  it('leaves to the next tab what only a token that is over could send', async () => {
    const {asked, waits, end} = await given({expiresIn: -1}, {}, stored);
    try {
      expect(await drainOutbox()).to.deep.equal({left: 0});
      expect(asked).to.deep.equal([]);
      expect(await waits()).to.deep.equal(['queued']);
    } finally {
      await end();
    }
  });

  it('says what is left while the project can’t be reached, be it to send or to undo', async () => {
    for (const status of ['queued', 'withdrawn'] as const) {
      const {asked, waits, end} = await given({expiresIn: HOUR_MS}, {status}, unreachable);
      try {
        expect(await drainOutbox()).to.deep.equal({left: 1});
        expect(asked).to.have.length(1);
        expect(await waits()).to.deep.equal([status]);
      } finally {
        await end();
      }
    }
  });
});
