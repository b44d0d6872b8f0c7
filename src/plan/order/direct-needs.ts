// Transitive reduction of dependencies, for graphs that are shown: an indirect dependency is left out. Pure.

/** Quadratic in the number of steps: for plans that are small enough to be drawn. A cycle, which no plan has, is kept. */
export function directNeeds<Id extends string>(
  steps: readonly { readonly target: Id; readonly needs: readonly Id[] }[],
): ReadonlyMap<Id, readonly Id[]> {
  const known = new Map(steps.map(({ target, needs }) => [target, needs]));
  const below = new Map<Id, ReadonlySet<Id>>();

  /** All direct and indirect dependencies of a step, without itself. */
  function reached(target: Id): ReadonlySet<Id> {
    const before = below.get(target);
    if (before !== undefined) return before;
    const found = new Set<Id>();
    below.set(target, found);
    for (const need of known.get(target) ?? []) {
      found.add(need);
      for (const further of reached(need)) found.add(further);
    }
    return found;
  }

  return new Map(
    steps.map(({ target, needs }) => {
      const own = [...new Set(needs)].filter((need) => known.has(need) && need !== target);
      return [target, own.filter((need) => !own.some((other) => other !== need && reached(other).has(need)))];
    }),
  );
}
