// A BroadcastChannel in one page: every end hears what the others post, a moment later.
import type {Channel, ChannelFrame} from '../../src/wire/channel.js';

export class FakeChannels<Frame = ChannelFrame> {
  /** Everything that was posted, in order. */
  readonly log: Frame[] = [];
  readonly #ends = new Set<(frame: Frame) => void>();

  open(): Channel<Frame> {
    const listeners = new Set<(event: {data: unknown}) => void>();
    const hear = (frame: Frame) => {
      for (const listener of [...listeners]) listener({data: frame});
    };
    this.#ends.add(hear);
    return {
      postMessage: frame => {
        const copy = structuredClone(frame);
        this.log.push(copy);
        for (const end of [...this.#ends]) if (end !== hear) queueMicrotask(() => this.#ends.has(end) && end(copy));
      },
      addEventListener: (_type, listener) => listeners.add(listener),
      close: () => this.#ends.delete(hear),
    };
  }
}
