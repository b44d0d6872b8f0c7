// What a person asks by a verb: understood, recorded as a run, and carried out when its turn comes, like everything else.

import { nameOf, type RunId, type TargetId } from '../../model/ids.ts';
import { COMMAND_VERBS, type CommandVerb } from '../../model/run.ts';
import type { Context } from '../context.ts';
import { followed, open } from '../open-run.ts';
import type { CommandRequest } from '../parts.ts';
import { declaredAt } from '../reconcile/gather.ts';
import { Refused } from '../refused.ts';
import { whyNotShown } from './shown.ts';

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
  const targets = words.length === 0 ? null : namesOf(words, await known(context, commit));
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

/** Every target that is declared at the followed commit, or recorded as applied or touched. */
async function known(context: Context, commit: string): Promise<ReadonlySet<TargetId>> {
  const [declared, records] = await Promise.all([declaredAt(context, commit), context.ledger.targets()]);
  return new Set([...(declared?.targets.keys() ?? []), ...records.applied.keys(), ...records.touched.keys()]);
}

/** `sync all` and `LetsGo` are what the original dispatcher called them. */
function verbOf(word: string): CommandVerb {
  const plain = word.trim().toLowerCase().replace(/ all$/, '');
  const verb = COMMAND_VERBS.find((each) => each === plain);
  if (verb !== undefined) return verb;
  throw new Refused(`the agent does not know the verb ${word}; it knows ${COMMAND_VERBS.join(', ')}`);
}

/** Targets as people write them: `lxc/101`, or `101` where only one has that name. */
function namesOf(words: readonly string[], all: ReadonlySet<TargetId>): readonly TargetId[] {
  const found = words.map((word): TargetId => {
    if (word.includes('/')) {
      if (all.has(word as TargetId)) return word as TargetId;
      throw new Refused(`${word} is neither declared nor applied; phoenix status names what is`);
    }
    const named = [...all].filter((target) => nameOf(target) === word);
    const [only] = named;
    if (only === undefined) throw new Refused(`nothing is called ${word}; phoenix status names what there is`);
    if (named.length > 1) throw new Refused(`${word} is ambiguous; write ${named.join(' or ')}`);
    return only;
  });
  return [...new Set(found)];
}
