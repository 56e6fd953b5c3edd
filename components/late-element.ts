// An element that few pages have: its name and properties are there at once, and all that it shows and does is a chunk, loaded when the
// first of its kind is in a document. Knows nothing of what that is.
import {LitElement, adoptStyles, type CSSResult, type ReactiveController} from 'lit';
import {base} from './base.styles.js';
import {LatePart} from './late-part.js';

/** What an element shows and does. As a controller it hears of the element's life. */
export interface View extends ReactiveController {
  /** In place of the element's own. */
  readonly styles: readonly CSSResult[];
  render(): unknown;
}

/** Fires `trunk-error` (`load-failed`) when the chunk doesn't come; asked for again by itself. */
export abstract class LateElement extends LitElement {
  static override styles = [base];

  readonly #view = new LatePart(this, async () => {
    const view = await this.load();
    adoptStyles(this.renderRoot as ShadowRoot, [...view.styles]);
    this.addController(view);
    return view;
  });

  protected abstract load(): Promise<View>;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#view.want();
  }

  /** Whoever waits for an update waits for the chunk, too. */
  protected override async getUpdateComplete(): Promise<boolean> {
    if (this.isConnected) await this.#view.load().catch(() => {});
    return super.getUpdateComplete();
  }

  protected override render(): unknown {
    return this.#view.current?.render();
  }
}
