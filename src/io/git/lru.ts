// A map that forgets what was used least recently once the sizes of its values add up to more than a limit.

export interface Lru<Value, Key = string> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/** `sizeOf` and `limit` in the same unit, whichever it is. A value that alone exceeds a quarter of the limit is not kept. */
export function lru<Value, Key = string>(limit: number, sizeOf: (value: Value) => number): Lru<Value, Key> {
  const values = new Map<Key, Value>();
  let total = 0;
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      const size = sizeOf(value);
      if (values.has(key) || size > limit / 4) return;
      values.set(key, value);
      total += size;
      for (const [oldest, old] of values) {
        if (total <= limit) break;
        values.delete(oldest);
        total -= sizeOf(old);
      }
    },
  };
}
