import {expect} from '@open-wc/testing';
import {ChannelPort} from '../../src/client/channel-port.js';
import {serveChannel} from '../../src/hub/channel-server.js';
import type {Port} from '../../src/wire/protocol.js';
import {FakeChannels} from '../support/fake-channel.js';
import {settle} from '../support/fake-clock.js';

/** A hub that greets whoever is attached and answers everything. */
function lead(channels: FakeChannels, id: string) {
  const heard: unknown[] = [];
  const ports: Port[] = [];
  const channel = channels.open();
  serveChannel(
    {
      attach(port) {
        ports.push(port);
        port.addEventListener('message', ({data}) => {
          heard.push(data);
          port.postMessage(`${id} heard ${String(data)}`);
        });
        port.postMessage(`hello from ${id}`);
      },
    },
    id,
    channel,
  );
  return {heard, ports, stop: () => channel.close()};
}

function enter(channels: FakeChannels, tab: string) {
  const heard: unknown[] = [];
  const port = new ChannelPort(channels.open(), tab);
  port.addEventListener('message', ({data}) => heard.push(data));
  port.start();
  return {port, heard};
}

describe('A tab and a hub over a channel', () => {
  it('find each other whichever comes first', async () => {
    const channels = new FakeChannels();
    const early = enter(channels, 'early');
    early.port.postMessage('said too soon');
    await settle();
    const hub = lead(channels, 'h1');
    await settle();
    const late = enter(channels, 'late');
    await settle();
    late.port.postMessage('said later');
    await settle();
    expect(early.heard).to.deep.equal(['hello from h1', 'h1 heard said too soon']);
    expect(late.heard).to.deep.equal(['hello from h1', 'h1 heard said later']);
    expect(hub.heard).to.deep.equal(['said too soon', 'said later']);
  });

  it('lose nothing of what is said before somebody listens', async () => {
    const channels = new FakeChannels();
    lead(channels, 'h1');
    const port = new ChannelPort(channels.open(), 'a');
    port.postMessage('first');
    await settle();
    const heard: unknown[] = [];
    port.addEventListener('message', ({data}) => heard.push(data));
    port.start();
    expect(heard).to.deep.equal(['hello from h1', 'h1 heard first']);
    port.postMessage('second');
    await settle();
    expect(heard.slice(2)).to.deep.equal(['h1 heard second']);
  });

  it('tell when a hub was found', async () => {
    const channels = new FakeChannels();
    const {port} = enter(channels, 'a');
    let found = false;
    void port.found.then(() => (found = true));
    await settle();
    expect(found).to.equal(false);
    lead(channels, 'h1');
    await settle();
    expect(found).to.equal(true);
  });

  it('hear only what is meant for them', async () => {
    const channels = new FakeChannels();
    const hub = lead(channels, 'h1');
    const [a, b] = [enter(channels, 'a'), enter(channels, 'b')];
    await settle();
    hub.ports[1]?.postMessage('for b');
    channels.open().postMessage({to: 'tab', tab: 'c', hub: 'h1', data: 'for c'});
    (channels.open() as {postMessage(value: unknown): void}).postMessage('no frame at all');
    await settle();
    expect(a.heard).to.deep.equal(['hello from h1']);
    expect(b.heard).to.deep.equal(['hello from h1', 'for b']);
  });

  it('find the next hub by its announcement, and are deaf to the one before', async () => {
    const channels = new FakeChannels();
    const first = lead(channels, 'h1');
    const {port, heard} = enter(channels, 'a');
    await settle();
    lead(channels, 'h2');
    await settle();
    // Robbed of its seat, and not aware of it.
    first.ports[0]?.postMessage('from the grave');
    port.postMessage('to the living');
    await settle();
    expect(heard).to.deep.equal(['hello from h1', 'hello from h2', 'h2 heard to the living']);
    expect(first.heard).to.deep.equal([]);
  });

  it('part when either closes', async () => {
    const channels = new FakeChannels();
    const hub = lead(channels, 'h1');
    const [a, b] = [enter(channels, 'a'), enter(channels, 'b')];
    await settle();
    a.port.close();
    hub.ports[1]?.close?.();
    hub.ports[0]?.postMessage('to nobody');
    b.port.postMessage('unheard');
    await settle();
    expect(a.heard).to.deep.equal(['hello from h1']);
    expect(hub.heard).to.deep.equal([]);
  });
});
