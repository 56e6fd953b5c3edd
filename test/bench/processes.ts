// What the processes of a browser use, as the kernel counts it.
import {readFileSync, readdirSync} from 'node:fs';

/** These, and all that they started: zygotes own the renderers' shared pages. */
export function withChildren(ids: Iterable<number>): number[] {
  const known = new Set(ids);
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(read(`/proc/${name}/stat`).split(') ')[1]?.split(' ')[1] ?? 0);
    parents.set(Number(name), parent);
  }
  let grown = true;
  while (grown) {
    grown = false;
    for (const [id, parent] of parents) {
      if (!known.has(parent) || known.has(id)) continue;
      known.add(id);
      grown = true;
    }
  }
  return [...known];
}

/** Proportional set size, in bytes. */
export function memoryBytes(ids: readonly number[]): number {
  return ids
    .map(id => Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${id}/smaps_rollup`))?.[1] ?? 0) * 1024)
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Processor time, in ms. */
export function processorMs(ids: readonly number[]): number {
  return ids
    .map(id => {
      const fields = read(`/proc/${id}/stat`).split(') ')[1]?.split(' ') ?? [];
      // User and system time, in hundredths of a second.
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
    })
    .reduce((sum, ms) => sum + ms, 0);
}

/** Empty when the process has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
