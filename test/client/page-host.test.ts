// The rung `page`: a hub in the page itself, as lower-hosts.ts opens it, with this browser's own locks.
import {expect} from '@open-wc/testing';
import {openLowerHost} from '../../src/client/lower-hosts.js';
import type {HubMessage, Port} from '../../src/wire/protocol.js';

const greeting = (port: Port) =>
  new Promise<Extract<HubMessage, {type: 'hello'}>>(resolve => {
    port.addEventListener('message', ({data}) => {
      const [first] = data as HubMessage[];
      if (first?.type === 'hello') resolve(first);
    });
    port.start?.();
  });

it('serves all clients of the page by one hub, which gives its lock back when the page is left', async () => {
  const name = `trunkline:test:${crypto.randomUUID()}`;
  const open = async () => greeting((await openLowerHost('page', name, {})).port);
  const first = await open();
  expect((await open()).hub).to.equal(first.hub);
  const {held = []} = await navigator.locks.query();
  expect(held.map(lock => lock.name)).to.include(first.lock);

  dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
  // Waits for ever behind a page that is kept for its way back with the lock in its hands.
  await navigator.locks.request(first.lock ?? '', () => {});
  expect((await open()).hub).not.to.equal(first.hub);
});
