// <demo-people>: everybody on the line, one entry a person. An example of an element of one's own on Trunkline's controllers.
import {LitElement, css, html} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';

export class DemoPeople extends LitElement {
  static override styles = css`
    ul {
      list-style: none;
      margin: 0;
      padding: 0;
      display: flex;
      flex-wrap: wrap;
      gap: 8px 16px;
    }
    li {
      display: flex;
      align-items: center;
      gap: 10px;
      min-inline-size: 0;
    }
    span {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      max-inline-size: 14em;
    }
    small {
      color: var(--soft);
      font-size: 1em;
    }
    /* A phone has the stack, which lists everybody when it is pressed. */
    @media (max-width: 799px) {
      :host {
        display: none;
      }
    }
    @media (min-width: 800px) {
      ul {
        flex-direction: column;
      }
    }
  `;

  readonly #client = new ClientController(this);
  readonly #people = new SourceController(this, () => this.#client.current?.people);
  readonly #me = new SourceController(this, () => this.#client.current?.me);
  readonly #presence = new PresenceController(this, () => {
    const client = this.#client.open;
    return client && {client, scope: 'global'};
  });

  protected override render(): unknown {
    const ids = [...(this.#presence.people?.keys() ?? [])];
    const nameOf = (id: string) => this.#people.value?.get(id)?.name ?? '';
    ids.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    return html`
      <ul aria-label="On the line">
        ${repeat(
          ids,
          id => id,
          id => html`
            <li>
              <trunk-presence-avatar user-id=${id} size="34"></trunk-presence-avatar>
              <span dir="auto">${nameOf(id)}${id === this.#me.value?.userId ? html` <small>(you)</small>` : ''}</span>
            </li>
          `,
        )}
      </ul>
    `;
  }
}

customElements.define('demo-people', DemoPeople);
