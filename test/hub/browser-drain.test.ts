// What the service worker does when a sync wakes it, as far as it needs no project.
import {expect} from '@open-wc/testing';
import {drainOutbox} from '../../src/hub/browser-drain.js';

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
});
