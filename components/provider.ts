// <trunk-provider>: makes one client from its attributes and hands it to everything inside. Shows nothing.
import {LitElement, css, html, type PropertyValues} from 'lit';
import {property} from 'lit/decorators.js';
import {connect, type ConnectOptions} from '../src/client/connect.js';
import type {HubClient} from '../src/client/hub-client.js';
import {ClientProvider} from '../src/controllers/client-context.js';
import type {HostKind} from '../src/wire/status.js';
import {keepsDisplay} from './host-display.js';
import {TrunkSignOutEvent} from './sign-out-event.js';

/**
 * Gives the elements inside it a connection. It takes no room itself.
 *
 * @element trunk-provider
 * @summary One connection for the elements inside it.
 * @slot - The page that uses the connection.
 * @fires {TrunkSignOutEvent} trunk-sign-out - `signOut()` was called while messages wait or have failed: answer what becomes of them.
 */
@keepsDisplay('contents')
export class TrunkProvider extends LitElement {
  static override styles = css`
    :host {
      display: contents;
    }
  `;

  /** The Supabase project's URL. */
  @property() url = '';
  /** The project's anon or publishable key. */
  @property() key = '';
  /** The same as `key`, for frameworks that keep a `key` to themselves (React, Vue). */
  @property({attribute: 'api-key'}) apiKey = '';
  /** Where `trunkline-worker.js` is, on this origin. Default: next to this script. */
  @property({attribute: 'worker-url'}) workerUrl = '';
  /** Where the site's service worker is, on this origin: `trunkline-sw.js`. Default: none. */
  @property({attribute: 'service-worker-url'}) serviceWorkerUrl = '';
  /** Forces a rung of the host ladder: `shared-worker`, `relay`, `leader` or `page`. Default: the best there is. */
  @property() host: HostKind | '' = '';
  /** Name to show to others when the hub signs in by itself. */
  @property({attribute: 'user-name'}) userName = '';
  /** Picture to show to others. */
  @property({attribute: 'avatar-url'}) avatarUrl = '';
  /** Returns a JWT of the signed-in person. Without it the hub signs in anonymously. */
  @property({attribute: false}) accessToken: (() => Promise<string>) | undefined;

  readonly #provided = new ClientProvider(this);

  /** The client in use; null while the element is out of the document. */
  get client(): HubClient | null {
    return this.#provided.client;
  }

  /**
   * Signs the person out of this browser, for all tabs. When messages wait or have failed, `trunk-sign-out` asks what becomes of them
   * first; if nobody answers it, nothing happens. Call it before your application's own sign-out.
   * @returns whether the person is signed out now; false when it was canceled or the element has no client
   */
  async signOut(): Promise<boolean> {
    const {client} = this;
    const asked = await client?.signOut();
    if (!client || !asked || asked.done) return asked?.done ?? false;
    const event = new TrunkSignOutEvent(asked.waiting);
    this.dispatchEvent(event);
    const choice = await event.answer;
    return choice === 'keep' || choice === 'discard' ? (await client.signOut(choice)).done : false;
  }

  /** Comes back after a sign-out, of whichever tab: asks `accessToken` again who is signed in. */
  signIn(): void {
    this.client?.signIn();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.client) this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // An element that is only moved is back before this runs, and keeps its connection.
    queueMicrotask(() => {
      if (!this.isConnected) this.#replace(null);
    });
  }

  protected override update(changed: PropertyValues<this>): void {
    super.update(changed);
    // A new function that gives tokens replaces the old one without a new connection: #options asks for the present one.
    const needsNew = [...changed.keys()].some(
      name => name !== 'accessToken' || !changed.get(name) || !this.accessToken,
    );
    if (this.isConnected && (needsNew || !this.client)) this.#replace(connect(this.#options()));
  }

  #options(): ConnectOptions {
    const {url, userName, avatarUrl, workerUrl, serviceWorkerUrl, host, accessToken} = this;
    return {
      url,
      key: this.key || this.apiKey,
      ...(userName && {userName}),
      ...(avatarUrl && {avatarUrl}),
      ...(workerUrl && {workerUrl}),
      ...(serviceWorkerUrl && {serviceWorkerUrl}),
      ...(host && {host}),
      ...(accessToken && {accessToken: () => (this.accessToken ?? accessToken)()}),
    };
  }

  #replace(client: HubClient | null): void {
    const old = this.client;
    this.#provided.client = client;
    old?.close();
  }

  protected override render(): unknown {
    return html`<slot></slot>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-provider': TrunkProvider;
  }
}
