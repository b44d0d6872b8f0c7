// Distinguishes problems that a commit introduces from older ones: only new ones refuse it.

import type { ClassifiedProblem, Problem } from '../model/problem.ts';

/**
 * The problems of a commit, each marked as new or not. Two problems are the same when code, file, target, message and field are equal, wherever
 * they are now: an entry inserted before it does not make a problem new. Of several equal ones, as many are old as there were.
 */
export function markNew(before: readonly Problem[], after: readonly Problem[]): ClassifiedProblem[] {
  const old = new Map<string, number>();
  for (const problem of before) old.set(identity(problem), (old.get(identity(problem)) ?? 0) + 1);
  return after.map((problem) => {
    const left = old.get(identity(problem)) ?? 0;
    if (left > 0) old.set(identity(problem), left - 1);
    return { ...problem, new: left === 0 };
  });
}

function identity({ code, file, path, target, message }: Problem): string {
  return JSON.stringify([code, file, target, message, path.replaceAll(/\/\d+(?=\/|$)/g, '/*')]);
}
