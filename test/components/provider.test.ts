import {expect, fixture, html} from '@open-wc/testing';
import '../../components/define.js';
import type {TrunkConnectionStatus} from '../../components/connection-status.js';
import type {TrunkErrorEvent} from '../../components/error-event.js';
import type {TrunkProvider} from '../../components/provider.js';
import type {TrunkSignOutEvent} from '../../components/sign-out-event.js';
import {defaultClient} from '../../src/client/default-client.js';
import {clientContext} from '../../src/controllers/client-context.js';
import {FakeHub} from '../support/fake-hub.js';
import {part, textOf} from '../support/mount.js';
import {until} from '../support/until.js';

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

  it('answers whoever asks by the context protocol, once or from then on', async () => {
    const {provider, status} = await setUp();
    const heard: unknown[] = [];
    const ask = (context: unknown, subscribe: boolean) => {
      const request = Object.assign(new Event('context-request', {bubbles: true, composed: true}), {
        context,
        subscribe,
        callback: (client: unknown) => heard.push(client),
      });
      status.dispatchEvent(request);
    };
    ask(Symbol('another'), true);
    ask(clientContext, false);
    expect(heard).to.deep.equal([provider.client]);
    ask(clientContext, true);
    provider.key = 'other';
    await provider.updateComplete;
    expect(heard.length).to.equal(3);
    expect(heard[2]).to.equal(provider.client);
    expect(heard[2]).not.to.equal(heard[0]);
  });

  it('keeps a follower that takes another way to stop for another provider, as Lit’s consumer does', async () => {
    const {provider, status} = await setUp();
    const heard: unknown[] = [];
    let stop: (() => void) | undefined;
    const callback = (client: unknown, unsubscribe?: () => void) => {
      if (stop && stop !== unsubscribe) stop();
      stop = unsubscribe;
      heard.push(client);
    };
    const request = new Event('context-request', {bubbles: true, composed: true});
    status.dispatchEvent(Object.assign(request, {context: clientContext, subscribe: true, callback}));
    for (const key of ['one', 'two', 'three']) {
      provider.key = key;
      await provider.updateComplete;
      expect(heard.at(-1), key).to.equal(provider.client);
    }
    stop?.();
    provider.key = 'four';
    await provider.updateComplete;
    expect(heard.length).to.equal(4);
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
    await until(() => part(thread, 'failed'));
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

describe('signing out by the provider', () => {
  /** A provider whose client is a fake hub's, with `waiting` messages that are not sent. */
  async function setUpHub(waiting: number) {
    const hub = new FakeHub();
    hub.addChat('lobby-id');
    const chat = hub.client.chat('lobby-id');
    await hub.settle();
    for (let n = 0; n < waiting; n++) await chat.send('waits');
    const provider = await fixture<TrunkProvider>(template);
    provider.client?.close();
    Object.defineProperty(provider, 'client', {value: hub.client});
    return {hub, provider, unsent: () => hub.calls('sign-out').map(call => call.unsent)};
  }

  it('asks nobody when nothing waits', async () => {
    const {provider, unsent} = await setUpHub(0);
    let asked = 0;
    provider.addEventListener('trunk-sign-out', () => asked++);
    expect(await provider.signOut()).to.equal(true);
    expect(await provider.signOut()).to.equal(true);
    expect(asked).to.equal(0);
    expect(unsent()).to.deep.equal(['ask']);
  });

  it('throws nothing away and signs nobody out when nobody answers', async () => {
    const {hub, provider, unsent} = await setUpHub(2);
    const told: number[] = [];
    document.addEventListener('trunk-sign-out', event => told.push((event as TrunkSignOutEvent).waiting), {once: true});
    expect(await provider.signOut()).to.equal(false);
    expect(told).to.deep.equal([2]);
    expect(unsent()).to.deep.equal(['ask']);
    expect(hub.client.status.current.state).to.equal('connected');
  });

  for (const choice of ['keep', 'discard'] as const) {
    it(`does as it is told: ${choice}`, async () => {
      const {hub, provider, unsent} = await setUpHub(1);
      provider.addEventListener('trunk-sign-out', event => event.respondWith(choice));
      expect(await provider.signOut()).to.equal(true);
      expect(unsent()).to.deep.equal(['ask', choice]);
      expect(hub.client.status.current.reason).to.equal('signed-out');
    });
  }

  it('waits for the person to decide', async () => {
    const {provider, unsent} = await setUpHub(1);
    let decide = (_: 'discard') => {};
    provider.addEventListener('trunk-sign-out', event => event.respondWith(new Promise(resolve => (decide = resolve))));
    const done = provider.signOut();
    await until(() => unsent().length === 1);
    decide('discard');
    expect(await done).to.equal(true);
  });

  for (const [how, answer] of [
    ['cancel', (event: TrunkSignOutEvent) => event.respondWith('cancel')],
    ['a canceled event', (event: TrunkSignOutEvent) => (event.respondWith('discard'), event.preventDefault())],
    ['nonsense', (event: TrunkSignOutEvent) => event.respondWith('yes' as 'keep')],
    [
      'the first of two answers',
      (event: TrunkSignOutEvent) => (event.respondWith('cancel'), event.respondWith('keep')),
    ],
  ] as const) {
    it(`does nothing on ${how}`, async () => {
      const {provider, unsent} = await setUpHub(1);
      provider.addEventListener('trunk-sign-out', answer);
      expect(await provider.signOut()).to.equal(false);
      expect(unsent()).to.deep.equal(['ask']);
    });
  }

  it('passes on a dialog that failed', async () => {
    const {provider, unsent} = await setUpHub(1);
    provider.addEventListener('trunk-sign-out', event => event.respondWith(Promise.reject(new Error('no dialog'))));
    const failure = await provider.signOut().catch((error: Error) => error.message);
    expect(failure).to.equal('no dialog');
    expect(unsent()).to.deep.equal(['ask']);
  });

  it('is false where there is no client', async () => {
    expect(await document.createElement('trunk-provider').signOut()).to.equal(false);
  });

  it('ends with signIn()', async () => {
    const {hub, provider} = await setUpHub(0);
    await provider.signOut();
    provider.signIn();
    await hub.returned();
    await hub.settle();
    expect(hub.client.status.current.state).to.equal('connected');
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
