// A priority queue of commits to visit, newest first: a binary heap.

export interface CommitQueue {
  /** @param time in any unit; greater is sooner */
  add(id: string, time: number): void;
  take(): string | undefined;
}

export function commitQueue(): CommitQueue {
  const heap: { readonly id: string; readonly time: number }[] = [];
  const timeAt = (n: number) => heap[n]?.time ?? Number.NEGATIVE_INFINITY;

  function swap(one: number, other: number): void {
    const [first, second] = [heap[one], heap[other]];
    if (first === undefined || second === undefined) return;
    heap[one] = second;
    heap[other] = first;
  }

  return {
    add(id, time) {
      heap.push({ id, time });
      for (let n = heap.length - 1; n > 0; ) {
        const above = (n - 1) >> 1;
        if (timeAt(above) >= timeAt(n)) break;
        swap(above, n);
        n = above;
      }
    },
    take() {
      swap(0, heap.length - 1);
      const taken = heap.pop();
      for (let n = 0; ; ) {
        const [left, right] = [2 * n + 1, 2 * n + 2];
        const next = timeAt(right) > timeAt(left) ? right : left;
        if (next >= heap.length || timeAt(next) <= timeAt(n)) break;
        swap(n, next);
        n = next;
      }
      return taken?.id;
    },
  };
}
