// Computes relations between commits from their parents; commit times only decide the search order. If the local history ends before the result is
// certain, there is no result.

import { commitQueue } from './commit-queue.ts';

export interface History {
  /** Null where the local history is cut off at this commit. */
  parents(id: string): Promise<readonly string[] | null>;
  /** The commit's own timestamp, in seconds since 1970. */
  time(id: string): Promise<number>;
}

/** The result needs more history. */
export class HistoryCut extends Error {
  override readonly name = 'HistoryCut';
  /** The commit where it ends. */
  readonly at: string;

  constructor(at: string) {
    super(`the history is cut off at ${at}`);
    this.at = at;
  }
}

/** Bits for how a commit was reached: from the one commit, the other, or a common ancestor. */
const ONE = 1;
const OTHER = 2;
const BOTH = ONE | OTHER;
const BELOW = 4;

interface Painted {
  /** How each commit was reached. */
  readonly marks: ReadonlyMap<string, number>;
  /** Parents of each visited commit. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** Commits whose parents are missing. */
  readonly cut: readonly string[];
}

/**
 * Walks back from both until the rest is irrelevant. Common ancestors are visited only as far as the walk from one side may still reach them.
 *
 * @param matters whether a commit reached in this way has to be visited
 * @param found ends the walk at once
 */
async function paint(
  history: History,
  [one, other]: readonly [string, string],
  matters: (mark: number) => boolean,
  found: (id: string, mark: number) => boolean = () => false,
): Promise<Painted | 'found'> {
  const marks = new Map<string, number>();
  const parents = new Map<string, readonly string[]>();
  const cut = new Set<string>();
  const waiting = commitQueue();
  /** Commits in `waiting` that matter. */
  const left = new Set<string>();

  const reach = async (id: string, mark: number): Promise<boolean> => {
    const before = marks.get(id) ?? 0;
    const now = before | mark;
    if (now === before) return false;
    marks.set(id, now);
    if (found(id, now)) return true;
    if (matters(now)) left.add(id);
    else left.delete(id);
    waiting.add(id, await history.time(id));
    return false;
  };

  if ((await reach(one, ONE)) || (await reach(other, OTHER))) return 'found';
  while (left.size > 0) {
    const id = waiting.take();
    if (id === undefined) break;
    left.delete(id);
    const mark = marks.get(id) ?? 0;
    const before = parents.get(id) ?? (await history.parents(id));
    if (before === null) {
      cut.add(id);
      continue;
    }
    parents.set(id, before);
    const handed = (mark & BOTH) === BOTH ? mark | BELOW : mark;
    for (const parent of before) if (await reach(parent, handed)) return 'found';
  }
  return { marks, parents, cut: [...cut].filter((id) => matters(marks.get(id) ?? 0)) };
}

const inBoth = (mark: number) => (mark & BOTH) === BOTH;

/**
 * Whether `ancestor` equals `descendant` or is an ancestor of it. @throws HistoryCut
 */
export async function isAncestor(history: History, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  const painted = await paint(
    history,
    [ancestor, descendant],
    (mark) => (mark & BOTH) === OTHER,
    (id, mark) => id === ancestor && (mark & OTHER) !== 0,
  );
  if (painted === 'found') return true;
  const [at] = painted.cut;
  if (at !== undefined) throw new HistoryCut(at);
  return false;
}

/**
 * A best common ancestor; null when there is none. @throws HistoryCut
 */
export async function mergeBase(history: History, one: string, other: string): Promise<string | null> {
  const painted = await paint(history, [one, other], (mark) => !inBoth(mark));
  if (painted === 'found') return null;
  const [at] = painted.cut;
  if (at !== undefined) throw new HistoryCut(at);
  const common = [...painted.marks].filter(([, mark]) => inBoth(mark) && (mark & BELOW) === 0).map(([id]) => id);
  for (const id of common) if (!(await isBelowAnother(history, id, common))) return id;
  return null;
}

async function isBelowAnother(history: History, id: string, others: readonly string[]): Promise<boolean> {
  for (const other of others) if (other !== id && (await isAncestor(history, id, other))) return true;
  return false;
}

/**
 * Commits from `base` (exclusive) to `head`, nearest to the head first.
 *
 * @param most maximum number of commits
 * @throws HistoryCut
 */
export async function commitsSince(history: History, base: string, head: string, most: number): Promise<string[]> {
  const painted = await paint(history, [base, head], (mark) => (mark & BOTH) === OTHER);
  if (painted === 'found') return [];
  const [at] = painted.cut;
  if (at !== undefined) throw new HistoryCut(at);
  const since = new Set([...painted.marks].filter(([, mark]) => (mark & BOTH) === OTHER).map(([id]) => id));
  const lowest = [...since].filter((id) => !painted.parents.get(id)?.some((parent) => since.has(parent)));
  // The walk from the base may not have visited all its ancestors; any such commit is an ancestor of one of the lowest.
  for (const id of lowest) {
    if (!(await isAncestor(history, id, base))) continue;
    for (const known of await allBefore(history, base)) since.delete(known);
    break;
  }
  const found: string[] = [];
  const seen = new Set([head]);
  for (const id of seen) {
    if (found.length >= most) break;
    if (!since.has(id)) continue;
    found.push(id);
    for (const parent of painted.parents.get(id) ?? []) seen.add(parent);
  }
  return found;
}

/**
 * The commit and all its ancestors. @throws HistoryCut
 */
export async function allBefore(history: History, id: string): Promise<Set<string>> {
  const seen = new Set([id]);
  for (const each of seen) {
    const before = await history.parents(each);
    if (before === null) throw new HistoryCut(each);
    for (const parent of before) seen.add(parent);
  }
  return seen;
}
