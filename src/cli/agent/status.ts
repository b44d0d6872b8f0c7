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

/**
 * Exits with 2 for an unknown target, and with 1 if a requested one is not proved to be as declared; without arguments: any target, or if the newest
 * commit was refused. Then with 3 if Phoenix has not got what it needs for so long that a person is needed.
 */
export async function status({ targets: words, json }: StatusArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const wanted = new Set<string>(await resolveTargets(client, words, { must: true }));
  const all = await client.get<ReportedStatus>('/status');
  const shown = wanted.size === 0 ? all : { ...all, targets: all.targets.filter(({ target }) => wanted.has(target)) };
  answerWith(io, json, shown, statusText(shown, colours(io, 'stdout')));
  if (shown.targets.some(({ state }) => state !== 'applied')) return EXIT.no;
  return wanted.size === 0 ? exitOfAll(all) : EXIT.done;
}

function exitOfAll({ head, lasting = [] }: ReportedStatus): number {
  if (head?.verdict === 'invalid' || head?.verdict === 'refused') return EXIT.no;
  return lasting.length > 0 ? EXIT.missing : EXIT.done;
}
