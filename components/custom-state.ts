// Custom states (`:state(…)`) of an element, set where the browser knows them.

/** Leaves exactly the states `now` of all those in `all`. */
export function setCustomState(internals: ElementInternals, all: readonly string[], now: readonly string[]): void {
  for (const name of all) {
    try {
      if (now.includes(name)) internals.states.add(name);
      else internals.states.delete(name);
    } catch {
      return; // an engine that knows only the old `--name` form, or none
    }
  }
}
