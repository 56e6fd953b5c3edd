// What the page says in the script tag that loads us: `<script type="module" src="…/trunkline.js" data-url="…" data-key="…">`. A module
// has no `document.currentScript`, so the tag is found by the module's own address. Knows nothing of what becomes of the answer.
import type {ConnectOptions} from './connect.js';

/** What the tags of a page say. */
export interface TagOptions {
  options: ConnectOptions;
  /** Another of our tags names another project, which is not this one's to serve. */
  isContradicted: boolean;
}

/**
 * The options in the tag that loaded the module at `address`; null when there is none with `data-url` or `data-key`. In this order:
 *
 * 1. the tag with this address as its `src`;
 * 2. with this address but for the query, which a loader may have added;
 * 3. that names us: a CDN may answer an address by sending the browser to another, and an inline module may import us.
 */
export function readScriptTag(scope: ParentNode, address: string): TagOptions | null {
  const bare = (url: string) => url.split(/[?#]/)[0];
  const ways: ((tag: HTMLScriptElement) => boolean)[] = [
    ({src}) => src === address,
    ({src}) => bare(src) === bare(address),
    ({src, text}) => (src || text).includes('trunkline'),
  ];
  const tags = [...scope.querySelectorAll<HTMLScriptElement>('script[data-url], script[data-key]')];
  const ours = tags.filter(tag => ways.some(way => way(tag)));
  const [found] = ways.flatMap(way => ours.filter(way));
  if (!found) return null;
  const project = ({dataset: {url = '', key = ''}}: HTMLScriptElement) => ({url, key});
  const {url, key} = project(found);
  return {
    // The names of the rest are those of the options; what they can be, connect() says.
    options: {...found.dataset, url, key},
    isContradicted: ours.map(project).some(other => other.url !== url || other.key !== key),
  };
}
