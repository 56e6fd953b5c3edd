import {expect, fixture, html, waitUntil} from '@open-wc/testing';
import '../../components/define.js';
import type {TrunkConnectionStatus} from '../../components/connection-status.js';
import type {TrunkErrorEvent} from '../../components/error-event.js';
import type {TrunkProvider} from '../../components/provider.js';
import {defaultClient} from '../../src/client/default-client.js';
import {FakeHub} from '../support/fake-hub.js';
import {part, textOf} from '../support/mount.js';

// A URL that no client accepts, so that nothing is started: what matters here is who gets which client.
const template = html`<trunk-provider url="ftp://example.com" key="k"
  ><trunk-connection-status></trunk-connection-status
></trunk-provider>`;
const statusIn = (element: Element) => element.querySelector('trunk-connection-status') as TrunkConnectionStatus;

async function setUp() {
  defaultClient.set(null);
  const provider = await fixture<TrunkProvider>(template);
  const status = statusIn(provider);
  await status.updateComplete;
  return {provider, status};
}

/** Ends microtasks: elements let go of their client only after the move they are in. */
const afterwards = () => new Promise<void>(resolve => queueMicrotask(resolve));

describe('<trunk-provider>', () => {
  it('gives its client to what is inside it, also when there is a default one', async () => {
    const hub = new FakeHub();
    const {provider, status} = await setUp();
    defaultClient.set(hub.client);
    await hub.settle(status);
    expect(status.status).to.equal(provider.client?.status.current);
    expect(textOf(part(status, 'label'))).to.equal('Misconfigured');
    expect(status.status?.detail).to.include('https://');
  });

  it('says what is missing when it has no URL', async () => {
    const provider = await fixture<TrunkProvider>(html`<trunk-provider key="k"></trunk-provider>`);
    await afterwards();
    expect(provider.client?.status.current).to.include({state: 'error', reason: 'no-config'});
    expect(provider.client?.status.current.detail).to.include('URL');
  });

  it('says what is wrong with its URL, in words and in an event', async () => {
    defaultClient.set(null);
    const told: string[] = [];
    const provider = await fixture<TrunkProvider>(html`
      <trunk-provider
        url="ftp://example.com"
        key="k"
        @trunk-error=${(event: TrunkErrorEvent) => told.push(event.error.code)}
      >
        <trunk-chat-thread chat="lobby"></trunk-chat-thread>
      </trunk-provider>
    `);
    const thread = provider.querySelector('trunk-chat-thread');
    await waitUntil(() => part(thread, 'failed'));
    expect(textOf(part(thread, 'failed')))
      .to.include('set up wrongly')
      .and.include('https://')
      .and.include('bad-config');
    expect(told).to.deep.equal(['bad-config']);
  });

  it('closes its client when it leaves the document, but not when it is only moved', async () => {
    const {provider} = await setUp();
    const {client} = provider;
    const place = document.createElement('div');
    provider.parentElement?.append(place);
    place.append(provider);
    await afterwards();
    expect(provider.client).to.equal(client);
    provider.remove();
    await afterwards();
    expect(provider.client).to.equal(null);
    expect(client?.status.current.reason).to.equal('closed');
  });

  it('makes a new client when it comes back', async () => {
    const {provider} = await setUp();
    const place = provider.parentElement;
    const {client} = provider;
    provider.remove();
    await afterwards();
    place?.append(provider);
    await provider.updateComplete;
    expect(provider.client).not.to.equal(null);
    expect(provider.client).not.to.equal(client);
  });

  it('replaces its client, and closes the old one, when it is told another project', async () => {
    const {provider, status} = await setUp();
    const {client} = provider;
    provider.url = 'ftp://other.example';
    await provider.updateComplete;
    await status.updateComplete;
    expect(provider.client).not.to.equal(client);
    expect(client?.status.current.reason).to.equal('closed');
    expect(status.status?.reason).not.to.equal('closed');
  });

  it('keeps its client when only the function that gives tokens is another', async () => {
    const {provider} = await setUp();
    provider.accessToken = async () => 'one';
    await provider.updateComplete;
    const {client} = provider;
    provider.accessToken = async () => 'two';
    await provider.updateComplete;
    expect(provider.client).to.equal(client);
    provider.accessToken = undefined;
    await provider.updateComplete;
    expect(provider.client).not.to.equal(client);
  });

  it('is not followed by an element that moved out of it', async () => {
    const hub = new FakeHub();
    defaultClient.set(hub.client);
    const provider = await fixture<TrunkProvider>(template);
    const status = statusIn(provider);
    provider.parentElement?.append(status);
    await hub.settle(status);
    expect(textOf(part(status, 'label'))).to.equal('Connected');
  });

  it('takes no room and no part in the layout', async () => {
    const {provider} = await setUp();
    expect(getComputedStyle(provider).display).to.equal('contents');
  });
});

describe('define', () => {
  it('leaves elements alone that are there already', async () => {
    const before = customElements.get('trunk-chat-thread');
    const again = '/components/define.ts?again';
    await import(again);
    expect(customElements.get('trunk-chat-thread')).to.equal(before);
  });
});
