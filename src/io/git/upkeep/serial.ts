// Runs jobs one after another. Jobs of the same name that have not started are merged: a caller gets a fetch that starts after the call, and
// simultaneous callers share it.

export type Serial = <Value>(job: () => Promise<Value>, name?: string) => Promise<Value>;

export function inTurn(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  const waiting = new Map<string, Promise<unknown>>();

  return <Value>(job: () => Promise<Value>, name?: string): Promise<Value> => {
    const same = name === undefined ? undefined : waiting.get(name);
    if (same !== undefined) return same as Promise<Value>;
    const begin = (): Promise<Value> => {
      if (name !== undefined) waiting.delete(name);
      return job();
    };
    const result = last.then(begin, begin);
    last = result;
    if (name !== undefined) waiting.set(name, result);
    return result;
  };
}
