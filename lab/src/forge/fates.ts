// What can become of a webhook on its way, and a dice for it that falls the same way each time.

/**
 * `drop`: never arrives, and the forge records a failure. `delay`: is held until it is released. `duplicate`: arrives twice
 * under the same id. `reorder`: arrives after the next one.
 */
export type Fate = 'deliver' | 'drop' | 'delay' | 'duplicate' | 'reorder';

/**
 * Decides by chance; the same seed decides the same.
 *
 * @param odds of each fate, from 0 to 1; the rest is delivered
 */
export function seededFates(
  seed: number,
  odds: Readonly<Partial<Record<Exclude<Fate, 'deliver'>, number>>>,
): () => Fate {
  let state = seed >>> 0;
  return () => {
    // A linear congruential generator: its upper bits are good enough for this.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let rest = state / 2 ** 32;
    for (const [fate, chance] of Object.entries(odds)) {
      if (rest < chance) return fate as Fate;
      rest -= chance;
    }
    return 'deliver';
  };
}
