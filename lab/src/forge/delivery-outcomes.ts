// Delivery outcomes of webhooks, and random outcomes from a seed.

/**
 * `drop`: never arrives, recorded as failure. `delay`: held until released. `duplicate`: arrives twice with the same id. `reorder`: arrives after the
 * next one.
 */
export type DeliveryOutcome = 'deliver' | 'drop' | 'delay' | 'duplicate' | 'reorder';

/**
 * Random outcomes, deterministic for a seed.
 *
 * @param odds of each outcome, from 0 to 1; the rest is delivered
 */
export function seededOutcomes(
  seed: number,
  odds: Readonly<Partial<Record<Exclude<DeliveryOutcome, 'deliver'>, number>>>,
): () => DeliveryOutcome {
  let state = seed >>> 0;
  return () => {
    // A linear congruential generator, whose upper bits are sufficient.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let rest = state / 2 ** 32;
    for (const [outcome, chance] of Object.entries(odds)) {
      if (rest < chance) return outcome as DeliveryOutcome;
      rest -= chance;
    }
    return 'deliver';
  };
}
