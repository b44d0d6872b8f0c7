// What a person asks by a verb: understood, recorded as a run, and carried out when its turn comes, like everything else.

import type { RunId, TargetId } from '../../model/ids.ts';
import { COMMAND_VERBS, type CommandVerb } from '../../model/run.ts';
import { isSwitch } from '../../plan/command.ts';
import type { Context } from '../context.ts';
import { followed, open } from '../open-run.ts';
import type { CommandRequest } from '../parts.ts';
import { declaredAt } from '../reconcile/gather.ts';
import { Refused } from '../refused.ts';
import { whyNotShown } from './shown.ts';
import { refuseUndeclared, targetsNamed } from './target-names.ts';

/** Nobody stops or deletes everything by forgetting a word. */
const NAMES_TARGETS: ReadonlySet<CommandVerb> = new Set<CommandVerb>(['create', 'delete', 'start', 'stop', 'restart']);

/** @throws Refused */
export async function command(context: Context, asked: CommandRequest): Promise<RunId> {
  const { targets: words, cascade = false, dryRun = false, now = false, shown, by } = asked;
  const verb = verbOf(asked.verb);
  const commit = await followed(context);
  if (words.length === 0 && NAMES_TARGETS.has(verb)) {
    throw new Refused(`${verb} what? name the targets, for example lxc/101`);
  }
  if (cascade && verb !== 'stop' && verb !== 'delete') {
    throw new Refused(`${verb} takes nothing along; cascade is for stop and delete`);
  }
  const targets = words.length === 0 ? null : await targetsOf(context, words, { commit, verb });
  const request = {
    commit,
    trigger: 'command',
    by,
    targets: verb === 'letsgo' ? null : targets,
    rewind: false,
    readOnly: dryRun || verb === 'health-check',
    adopt: verb === 'adopt',
    verb,
    ...(cascade ? { cascade } : {}),
    ...(now ? { now } : {}),
    ...(shown === undefined ? {} : { shown }),
  } as const;
  if (shown !== undefined) {
    const why = whyNotShown(await context.ledger.run(shown), request, context.clock.now());
    if (why !== null) throw new Refused(why);
  }
  return open(context, request);
}

/** Of those that are declared at the followed commit, or recorded as applied or touched; a verb that keeps takes only the former. */
async function targetsOf(
  context: Context,
  words: readonly string[],
  { commit, verb }: { readonly commit: string; readonly verb: CommandVerb },
): Promise<readonly TargetId[]> {
  const [declared, records] = await Promise.all([declaredAt(context, commit), context.ledger.targets()]);
  const all = new Set([...(declared?.targets.keys() ?? []), ...records.applied.keys(), ...records.touched.keys()]);
  const targets = targetsNamed(words, all);
  if (declared !== undefined && !isSwitch(verb)) refuseUndeclared(targets, declared);
  return targets;
}

/** `sync all` and `LetsGo` are what the original dispatcher called them. */
function verbOf(word: string): CommandVerb {
  const plain = word.trim().toLowerCase().replace(/ all$/, '');
  const verb = COMMAND_VERBS.find((each) => each === plain);
  if (verb !== undefined) return verb;
  throw new Refused(`the agent does not know the verb ${word}; it knows ${COMMAND_VERBS.join(', ')}`);
}
