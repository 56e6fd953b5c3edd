import {expect} from '@open-wc/testing';
import {OutboxQueue, weigh, type Held} from '../../src/hub/outbox-queue.js';
import {message} from './outbox-world.js';

const STATES = ['queued', 'sending', 'failed', 'withdrawn'] as const;
const MAY_FOLLOW = {
  queued: ['queued', 'sending', 'failed', 'withdrawn'],
  sending: ['queued', 'failed'],
  failed: ['queued', 'failed', 'withdrawn'],
  withdrawn: ['withdrawn'],
};

function entry(body: string, order: number, status: Held['status'] = 'queued', chat = 'a'): Held {
  return {
    order,
    owner: 'ada',
    message: message(body, chat),
    status,
    error: null,
    attempts: 0,
    userId: null,
    acceptedAt: 0,
    was: [],
  };
}

const texts = (entries: Held[]) => entries.map(each => each.message.body);

describe('OutboxQueue', () => {
  for (const from of STATES) {
    for (const to of STATES) {
      const may = (MAY_FOLLOW[from] as readonly string[]).includes(to);
      it(`${may ? 'lets' : 'refuses to let'} a message go from ${from} to ${to}`, () => {
        const queue = new OutboxQueue();
        queue.put(entry('1', 1, from));
        const go = () => queue.put(entry('1', 1, to));
        if (may) go();
        else expect(go).to.throw(`can't go from ${from} to ${to}`);
        expect(queue.get('1')?.status).to.equal(may ? to : from);
      });
    }
  }

  it('takes in a new message in any state', () => {
    const queue = new OutboxQueue();
    STATES.forEach((state, at) => queue.put(entry(state, at, state)));
    expect(queue.size).to.equal(4);
  });

  it('counts what is on its way out, whatever becomes of it', () => {
    const queue = new OutboxQueue();
    for (const n of [1, 2, 3]) queue.put(entry(String(n), n));
    queue.put(entry('1', 1, 'sending'));
    expect(queue.queued).to.equal(3);
    queue.put(entry('1', 1, 'failed'));
    queue.put(entry('2', 2, 'withdrawn'));
    expect(queue.queued).to.equal(1);
    queue.put(entry('1', 1, 'queued'));
    expect(queue.queued).to.equal(2);
    for (const id of ['1', '2', '3', '3']) queue.delete(id);
    expect(queue.queued).to.equal(0);
  });

  it('keeps each chat in the order written, also when one comes in late or changes', () => {
    const queue = new OutboxQueue();
    for (const n of [5, 1, 9, 3]) queue.put(entry(String(n), n));
    queue.put(entry('7', 7, 'queued', 'b'));
    queue.put({...entry('5', 5, 'failed'), attempts: 1});
    queue.put(entry('4', 4));
    expect(texts(queue.in('id-of-a'))).to.deep.equal(['1', '3', '4', '5', '9']);
    expect(texts(queue.in('id-of-b'))).to.deep.equal(['7']);
    expect(queue.in('nowhere')).to.deep.equal([]);
  });

  it('puts a message where it belongs once its place is known', () => {
    const queue = new OutboxQueue();
    queue.put(entry('late', 1e15));
    queue.put(entry('2', 2));
    queue.put(entry('late', 1));
    expect(texts(queue.in('id-of-a'))).to.deep.equal(['late', '2']);
    queue.put(entry('3', 3));
    expect(texts(queue.in('id-of-a'))).to.deep.equal(['late', '2', '3']);
  });

  it('knows the chats in which something waits, and forgets those in which nothing does', () => {
    const queue = new OutboxQueue();
    queue.put(entry('1', 1));
    queue.put(entry('2', 2, 'queued', 'b'));
    expect(queue.chats).to.deep.equal(['id-of-a', 'id-of-b']);
    expect(queue.delete('1')).to.equal(true);
    expect(queue.delete('1')).to.equal(false);
    expect(queue.chats).to.deep.equal(['id-of-b']);
  });

  it('weighs what it holds in bytes of JSON, the text as it is now', () => {
    const queue = new OutboxQueue();
    queue.put(entry('1', 1));
    const light = queue.bytes;
    expect(light).to.equal(new TextEncoder().encode(JSON.stringify(message('1'))).length);
    queue.put({...entry('1', 1), message: {...message('1'), body: '海'.repeat(10)}});
    expect(queue.bytes).to.equal(light + 29);
    queue.put(entry('2', 2));
    queue.delete('1');
    expect(queue.bytes).to.equal(weigh(message('2')));
    queue.delete('2');
    expect(queue.bytes).to.equal(0);
  });
});
