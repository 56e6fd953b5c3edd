// A line chart in SVG with its figures in a table behind it. The drawing stretches to its box, so words stand beside it in HTML. Lines
// differ by dashes too, not by colour alone.
import {html, nothing, svg, type TemplateResult} from 'lit';

const WIDTH = 600;
const HEIGHT = 100;

export interface ChartLine {
  name: string;
  /** By x. */
  points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  title: string;
  /** The drawing in a sentence. */
  summary: string;
  lines: readonly ChartLine[];
  /** x at the left and right edge. */
  from: number;
  to: number;
  /** Points further apart are not joined. */
  breakAfter: number;
  edges: readonly [left: string, right: string];
  /** Said in place of the drawing while there is nothing to draw; else empty. */
  empty: string;
  label: (y: number) => string;
  table: {word: string; head: readonly string[]; rows: () => readonly (readonly string[])[]};
  isTableOpen: boolean;
  onTable: (isOpen: boolean) => void;
}

export function renderChart(chart: Chart): TemplateResult {
  const {title, summary, lines, edges, empty, label, table} = chart;
  const top = niceTop(Math.max(...lines.flatMap(({points}) => points.map(([, y]) => y)), 0));
  return html`
    <figure part="chart">
      <figcaption>
        <span>${title}</span>
        ${lines.length > 1 ? html`<span class="legend">${lines.map(({name}, index) => html`<span>${key(index)}${name}</span>`)}</span>` : nothing}
      </figcaption>
      ${
        empty
          ? html`<p class="none plot">${empty}</p>`
          : html`
              <div class="plot" dir="ltr">
                <span class="top" aria-hidden="true">${label(top)}</span>
                <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${summary}>
                  <path class="grid" d="M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}" />
                  ${lines.map((line, index) => svg`<path class="line line-${index}" d=${pathOf(line, chart, top)} />`)}
                </svg>
                <span class="edges" aria-hidden="true"><span>${edges[0]}</span><span>${edges[1]}</span></span>
              </div>
            `
      }
      ${empty ? nothing : renderTable(chart, table)}
    </figure>
  `;
}

function renderTable({title, isTableOpen, onTable}: Chart, {word, head, rows}: Chart['table']): TemplateResult {
  return html`
    <details
      ?open=${isTableOpen}
      @toggle=${(event: Event) => onTable((event.currentTarget as HTMLDetailsElement).open)}
    >
      <summary>${word}<span class="hidden">: ${title}</span></summary>
      ${
        isTableOpen
          ? html`<div class="scroll" role="group" aria-label=${title}>
              <table>
                <thead>
                  <tr>
                    ${head.map(cell => html`<th scope="col">${cell}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${rows().map(
                    ([first, ...rest]) =>
                      html`<tr>
                        <th scope="row"><bdi>${first}</bdi></th>
                        ${rest.map(cell => html`<td><bdi>${cell}</bdi></td>`)}
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
          : nothing
      }
    </details>
  `;
}

function key(index: number): TemplateResult {
  return html`<svg class="key" viewBox="0 0 20 4" aria-hidden="true">
    <path class="line line-${index}" d="M0 2H20" />
  </svg>`;
}

function pathOf({points}: ChartLine, {from, to, breakAfter}: Chart, top: number): string {
  const width = Math.max(to - from, 1);
  let path = '';
  let last: number | null = null;
  for (const [x, y] of points) {
    const at = `${(((x - from) / width) * WIDTH).toFixed(1)} ${(HEIGHT - 1 - (y / top) * (HEIGHT - 2)).toFixed(1)}`;
    // A point by itself is a line of no length, which a round cap makes a dot.
    path += last === null || x - last > breakAfter ? `M${at}h0` : `L${at}`;
    last = x;
  }
  return path;
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(most: number): number {
  if (most <= 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(most));
  return magnitude * ([1, 2, 5].find(step => step * magnitude >= most) ?? 10);
}
