// The demo's line about a newer version of itself, and the button that takes it.
import {html, nothing, render} from 'lit';
import type {SiteUpdate} from '../src/client/service-worker.js';
import type {Source} from '../src/client/source.js';

/** Shows in `bar`, a live region, when a newer version waits. */
export function showUpdates(bar: HTMLElement, update: Source<SiteUpdate | null>): void {
  update.subscribe(waiting => {
    const take = (event: Event) => {
      const button = event.currentTarget as HTMLButtonElement;
      button.setAttribute('aria-disabled', 'true');
      button.textContent = 'Updating…';
      waiting?.apply();
    };
    render(
      waiting
        ? html`<p>A newer version is ready. <span>Updating reloads every tab and keeps what you typed.</span></p>
            <button type="button" @click=${take}>Update</button>`
        : nothing,
      bar,
    );
  });
}
