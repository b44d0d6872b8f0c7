// Needs as a picture shows them: what is needed by something else that is needed already is left out. Pure.

/** Costs the square of the steps: for plans that a person can look at. A circle, which no plan has, keeps what it is made of. */
export function directNeeds<Id extends string>(
  steps: readonly { readonly target: Id; readonly needs: readonly Id[] }[],
): ReadonlyMap<Id, readonly Id[]> {
  const known = new Map(steps.map(({ target, needs }) => [target, needs]));
  const below = new Map<Id, ReadonlySet<Id>>();

  /** All that a step rests on, itself left out. */
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
