import {expect} from '@open-wc/testing';
import {initialStatus} from '../../src/wire/status.js';

describe('initialStatus', () => {
  it('is connecting, since now, with nothing known', () => {
    expect(initialStatus('leader', 42)).to.deep.equal({
      state: 'connecting',
      reason: 'starting',
      detail: '',
      since: 42,
      latencyMs: null,
      host: 'leader',
      hostReason: '',
      embeddedIn: '',
      queued: 0,
      storage: 'durable',
      outdated: false,
    });
  });
});
