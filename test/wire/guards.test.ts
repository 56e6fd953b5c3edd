import {expect} from '@open-wc/testing';
import {isHubFrame, isHubMessage} from '../../src/wire/hub-guard.js';
import {isTabMessage} from '../../src/wire/tab-guard.js';
import {hubMessages, spoiled, tabMessages} from '../support/wire-samples.js';

/** Fields that nobody relies on before having looked at them, or that may be anything. */
const UNCHECKED = new Set([
  'status.latencyMs',
  'person.avatarUrl',
  'event.chat.slug',
  'event.chat.title',
  'event.chat.kind',
  'result.value',
  'call.payload',
  'want.tracked.n',
  'event.payload',
  'event.change.commit_timestamp',
  'event.change.errors',
  ...['latency.p50Ms', 'latency.p95Ms', 'outbox.oldestAt', 'outbox.newestAt'].map(path => `stats.${path}`),
  ...['framesIn', 'framesOut', 'bytesIn', 'bytesOut'].map(name => `stats.traffic.${name}`),
  ...['catchUps', 'caughtUp', 'duplicates', 'gaps'].map(name => `stats.counters.${name}`),
]);

const sides: [name: string, guard: (value: unknown) => boolean, own: object[], other: object[]][] = [
  ['isTabMessage', isTabMessage, tabMessages, hubMessages],
  ['isHubMessage', isHubMessage, hubMessages, tabMessages],
];

for (const [name, guard, own, other] of sides) {
  describe(name, () => {
    it('knows every message of its side', () => {
      for (const message of own) expect(guard(message), JSON.stringify(message)).to.equal(true);
    });

    it('knows them on the far side of a port', async () => {
      const {port1, port2} = new MessageChannel();
      const arrived = new Promise<unknown[]>(resolve => {
        port2.onmessage = ({data}) => resolve(data as unknown[]);
      });
      port1.postMessage(own);
      for (const message of await arrived) expect(guard(message)).to.equal(true);
      port1.close();
    });

    it('refuses a message with any field missing or of another kind', () => {
      let refused = 0;
      for (const message of own) {
        for (const [path, bad] of spoiled(message)) {
          if (UNCHECKED.has(path)) continue;
          expect(guard(bad), `${JSON.stringify(message)} with another ${path}`).to.equal(false);
          refused++;
        }
      }
      expect(refused).to.be.greaterThan(50);
    });

    it('refuses what the other side says', () => {
      for (const message of other) {
        if ((message as {type: string}).type === 'hello') continue;
        expect(guard(message), JSON.stringify(message)).to.equal(false);
      }
    });

    it('refuses what is no message at all', () => {
      for (const value of [null, undefined, 0, 'hello', [], [{type: 'bye'}], {}, {type: 'constructor'}, {type: null}]) {
        expect(guard(value), String(value)).to.equal(false);
      }
    });

    it('does not mind what it does not know beside what it does', () => {
      for (const message of own) expect(guard({...message, more: 1})).to.equal(true);
    });
  });
}

describe('isHubFrame', () => {
  it('is a list, whatever is in it', () => {
    expect([[], [1]].map(isHubFrame)).to.deep.equal([true, true]);
    expect([null, {}, 'x', {length: 0}].map(isHubFrame)).to.deep.equal([false, false, false, false]);
  });
});
