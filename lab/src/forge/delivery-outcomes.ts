// What can become of a webhook on its way, and outcomes drawn by chance from a seed.

/**
 * `drop`: never arrives, and the forge records a failure. `delay`: is held until it is released. `duplicate`: arrives twice
 * under the same id. `reorder`: arrives after the next one.
 */
export type DeliveryOutcome = 'deliver' | 'drop' | 'delay' | 'duplicate' | 'reorder';

/**
 * Decides by chance; the same seed decides the same.
 *
 * @param odds of each outcome, from 0 to 1; the rest is delivered
 */
export function seededOutcomes(
  seed: number,
  odds: Readonly<Partial<Record<Exclude<DeliveryOutcome, 'deliver'>, number>>>,
): () => DeliveryOutcome {
  let state = seed >>> 0;
  return () => {
    // A linear congruential generator: its upper bits are good enough for this.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let rest = state / 2 ** 32;
    for (const [outcome, chance] of Object.entries(odds)) {
      if (rest < chance) return outcome as DeliveryOutcome;
      rest -= chance;
    }
    return 'deliver';
  };
}
