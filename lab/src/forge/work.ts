// Work that continues after a response, so that tests can wait for it.

export interface Work {
  begin(work: () => Promise<unknown>): void;
  /** Runs after the work that was added before. */
  serialise<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when all work has ended. Fails with the errors since the last call. */
  done(): Promise<void>;
}

export function openWork(): Work {
  const underWay = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function track(work: Promise<unknown>): void {
    const tracked = work.catch((error: unknown) => failures.push(error)).finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }
  return {
    begin: (work) => track(work()),
    serialise(work) {
      const turn = last.then(work);
      last = turn.catch(() => {});
      track(turn);
      return turn;
    },
    async done() {
      while (underWay.size > 0) await Promise.all(underWay);
      if (failures.length > 0) throw new AggregateError(failures.splice(0), 'the lab forge failed');
    },
  };
}
