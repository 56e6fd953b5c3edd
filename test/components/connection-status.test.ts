import {expect, fixture, html} from '@open-wc/testing';
import type {TrunkConnectionStatus, TrunkStatusChangeEvent} from '../../components/connection-status.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {ConnectionStatus} from '../../src/wire/status.js';
import {FakeHub} from '../support/fake-hub.js';
import {mount, part, parts, textOf} from '../support/mount.js';

const plain = html`<trunk-connection-status></trunk-connection-status>`;
const detailed = html`<trunk-connection-status detail></trunk-connection-status>`;

describe('<trunk-connection-status>', () => {
  for (const [status, label] of [
    [{state: 'connecting', reason: 'starting'}, 'Starting'],
    [{state: 'connecting', reason: 'signing-in'}, 'Signing in'],
    [{state: 'connecting', reason: 'opening'}, 'Connecting'],
    [{state: 'connected', reason: 'open'}, 'Connected'],
    [{state: 'disconnected', reason: 'offline', detail: 'No network.'}, 'Offline'],
    [{state: 'disconnected', reason: 'heartbeat-timeout'}, 'Reconnecting'],
    [{state: 'disconnected', reason: 'idle'}, 'Resting'],
    [{state: 'error', reason: 'no-config', detail: 'Set url and key.'}, 'Not configured'],
    [{state: 'error', reason: 'bad-config', detail: 'That is no URL.'}, 'Misconfigured'],
    [{state: 'error', reason: 'key-refused', detail: 'Copy the key again.'}, 'Key refused'],
    [{state: 'error', reason: 'protocol-mismatch'}, 'Reload needed'],
    [{state: 'error', reason: 'signed-out', detail: 'Sign in to go on.'}, 'Signed out'],
  ] as [Partial<ConnectionStatus>, string][]) {
    it(`says "${label}" for ${status.state}, ${status.reason}, and is accessible`, async () => {
      const element = await mount<TrunkConnectionStatus>(new FakeHub({status}), detailed);
      expect(textOf(part(element, 'label'))).to.equal(label);
      expect(element.matches(`:state(${status.state})`)).to.equal(true);
      await expect(element).to.be.accessible();
    });
  }

  it('shows figures with `detail` and none without', async () => {
    const hub = new FakeHub({host: 'page', status: {latencyMs: 41.6, queued: 3, storage: 'memory'}});
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    expect(textOf(part(element, 'detail'))).to.equal('42 ms3 waitingthis tab onlynot kept on disk storage-refused');
    element.detail = false;
    await element.updateComplete;
    expect(part(element, 'detail')).to.equal(null);
  });

  it('names what the connection does without, by code, and tells the page once', async () => {
    const hub = new FakeHub({host: 'page', status: {storage: 'memory'}});
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    const told: string[] = [];
    element.addEventListener('trunk-error', event => told.push(event.error.code));
    const codes = () => parts(element, 'code').map(textOf);
    expect(codes()).to.deep.equal(['storage-refused']);
    expect(element.matches(':state(storage-refused)')).to.equal(true);
    expect(element.matches(':state(worker-failed)')).to.equal(false);
    hub.say({type: 'problem', error: {code: 'worker-failed', message: 'Its script is not there.'}});
    hub.say({type: 'problem', error: {code: 'storage-refused', message: 'Nothing is kept.'}});
    await hub.settle(element);
    expect(textOf(part(element, 'detail'))).to.equal('this tab only worker-failednot kept on disk storage-refused');
    expect(parts(element, 'code').map(code => code.title)).to.deep.equal([
      'Its script is not there.',
      'Nothing is kept.',
    ]);
    expect(element.matches(':state(worker-failed)')).to.equal(true);
    await expect(element).to.be.accessible();
    const place = document.createElement('div');
    element.parentElement?.append(place);
    place.append(element);
    await hub.settle(element);
    expect(told).to.deep.equal(['worker-failed', 'storage-refused']);
    const later = await fixture<TrunkConnectionStatus>(detailed);
    await hub.settle(later);
    expect(parts(later, 'code').map(textOf)).to.deep.equal(['worker-failed', 'storage-refused']);
  });

  it('names no failed worker while the hub lives in one', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    hub.say({type: 'problem', error: {code: 'worker-failed', message: 'It died once.'}});
    await hub.settle(element);
    expect(part(element, 'detail')).to.equal(null);
    expect(element.matches(':state(worker-failed)')).to.equal(false);
  });

  it('tells the page of an ignored message, and shows nothing', async () => {
    const hub = new FakeHub({host: 'page'});
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    const told: string[] = [];
    element.addEventListener('trunk-error', event => told.push(event.error.code));
    hub.say({type: 'problem', error: {code: 'malformed', message: 'What was that?'}});
    hub.say({type: 'problem', error: {code: 'malformed', message: 'What was that?'}});
    await hub.settle(element);
    expect(told).to.deep.equal(['malformed']);
    expect(textOf(part(element, 'detail'))).to.equal('this tab only');
    expect(part(element, 'code')).to.equal(null);
  });

  it('says which site the page is embedded in', async () => {
    const hub = new FakeHub({embeddedIn: 'https://shop.example'});
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    expect(element.status?.embeddedIn).to.equal('https://shop.example');
    expect(textOf(part(element, 'detail'))).to.equal('embedded in shop.example');
  });

  it('says nothing of what is ordinary', async () => {
    const element = await mount<TrunkConnectionStatus>(new FakeHub(), detailed);
    expect(part(element, 'detail')).to.equal(null);
  });

  it('announces the state, and never the figures', async () => {
    const element = await mount<TrunkConnectionStatus>(new FakeHub({status: {latencyMs: 5}}), detailed);
    const live = element.shadowRoot?.querySelector('[role=status]');
    expect(live?.contains(part(element, 'label'))).to.equal(true);
    expect(live?.contains(part(element, 'detail'))).to.equal(false);
  });

  it('has the latency measured often only while it shows it', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkConnectionStatus>(hub, plain);
    expect(hub.wants).to.deep.equal([]);
    element.detail = true;
    await hub.settle(element);
    expect(hub.wants).to.deep.equal(['latency']);
    element.remove();
    await hub.settle();
    expect(hub.wants).to.deep.equal([]);
  });

  it('tells of each change once, and not of figures', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkConnectionStatus>(hub, plain);
    const told: string[] = [];
    element.addEventListener('trunk-status-change', (event: TrunkStatusChangeEvent) => told.push(event.status.reason));
    hub.setStatus({latencyMs: 7});
    hub.setStatus({state: 'disconnected', reason: 'offline'});
    hub.setStatus({queued: 2});
    hub.setStatus({state: 'connected', reason: 'open'});
    await hub.settle(element);
    expect(told).to.deep.equal(['offline', 'open']);
  });

  it('says that nothing is set up when there is no client at all', async () => {
    defaultClient.set(null);
    const element = await fixture<TrunkConnectionStatus>(detailed);
    expect(textOf(part(element, 'label'))).to.equal('Not set up');
    expect(textOf(part(element, 'detail'))).to.include('<trunk-provider>');
  });

  it('survives a client that is closed', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkConnectionStatus>(hub, detailed);
    hub.client.close();
    await element.updateComplete;
    expect(textOf(part(element, 'label'))).to.equal('Closed');
    const later = await fixture<TrunkConnectionStatus>(detailed);
    expect(textOf(part(later, 'label'))).to.equal('Closed');
  });

  it('takes other words', async () => {
    const element = await mount<TrunkConnectionStatus>(new FakeHub(), plain);
    element.strings = {reasons: {open: 'Verbunden'}};
    await element.updateComplete;
    expect(textOf(part(element, 'label'))).to.equal('Verbunden');
  });
});
