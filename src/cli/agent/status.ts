// `phoenix status`: followed commit, applied state and freeze.

import { type ReportedStatus, statusText } from '../../messages/run.ts';
import { answerWith, colours, EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { resolveTargets } from './targets.ts';

export interface StatusArgs {
  /** None means all. */
  readonly targets: readonly string[];
  readonly json: boolean;
}

/** Exits with 1 if a requested target, or any without arguments, is not verified to be as declared. */
export async function status({ targets: words, json }: StatusArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const wanted = new Set<string>(await resolveTargets(client, words));
  const all = await client.get<ReportedStatus>('/status');
  const shown = wanted.size === 0 ? all : { ...all, targets: all.targets.filter(({ target }) => wanted.has(target)) };
  answerWith(io, json, shown, statusText(shown, colours(io, 'stdout')));
  const missing = [...wanted].filter((target) => !shown.targets.some((each) => each.target === target));
  for (const target of missing) io.stderr(`nothing is recorded of ${target}\n`);
  return missing.length === 0 && shown.targets.every(({ state }) => state === 'applied') ? EXIT.done : EXIT.no;
}
