// Handles a command by a person: parsed, recorded as a run, and carried out in its turn.

import type { RunId, TargetId } from '../../model/ids.ts';
import { COMMAND_VERBS, type CommandVerb, verbRow } from '../../model/verbs.ts';
import type { Context } from '../context.ts';
import type { CommandRequest } from '../deps.ts';
import { appliedCommit, requestRun } from '../open-run.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { Refused } from '../refused.ts';
import { dryRunRefusal } from './reviewed-plan.ts';
import { targetsNamed, undeclared } from './target-names.ts';

/** @throws Refused */
export async function command(context: Context, asked: CommandRequest): Promise<RunId> {
  const { targets: words, cascade = false, dryRun = false, now = false, shown, by } = asked;
  const verb = verbOf(asked.verb);
  const commit = await appliedCommit(context);
  const row = verbRow(verb);
  // Stopping or deleting needs explicit targets, so that a forgotten argument does not mean everything.
  if (words.length === 0 && row.names === 'one or more') {
    throw new Refused(`${verb} what? name the targets, for example lxc/101`);
  }
  if (cascade && !row.cascades) {
    const others = COMMAND_VERBS.filter((each) => verbRow(each).cascades).join(' and ');
    throw new Refused(`${verb} takes nothing along; cascade is for ${others}`);
  }
  const targets = words.length === 0 ? null : await targetsOf(context, words, { commit, verb });
  const request = {
    commit,
    trigger: 'command',
    by,
    targets: row.names === 'none' ? null : targets,
    rewind: false,
    readOnly: dryRun || (row.work !== 'converge' && row.looks),
    adopt: row.work === 'converge' && row.adopts,
    verb,
    ...(cascade ? { cascade } : {}),
    ...(now ? { now } : {}),
    ...(shown === undefined ? {} : { shown }),
  } as const;
  if (shown !== undefined) {
    const reason = dryRunRefusal(await context.ledger.run(shown), request, context.clock.now());
    if (reason !== null) throw new Refused(reason);
  }
  return requestRun(context, request);
}

/** Targets among those declared at the followed commit, or recorded as applied or touched; a verb that converges accepts only the former. */
async function targetsOf(
  context: Context,
  words: readonly string[],
  { commit, verb }: { readonly commit: string; readonly verb: CommandVerb },
): Promise<readonly TargetId[]> {
  const [declared, records] = await Promise.all([declaredAt(context, commit), context.ledger.targets()]);
  const all = new Set([...(declared?.targets.keys() ?? []), ...records.applied.keys(), ...records.touched.keys()]);
  const targets = targetsNamed(words, all);
  const converges = declared !== undefined && verbRow(verb).work === 'converge';
  const refusal = converges ? undeclared(targets, declared) : null;
  if (refusal !== null) throw new Refused(refusal);
  return targets;
}

/** `sync all` and `LetsGo` are names of the predecessor's dispatcher. */
function verbOf(word: string): CommandVerb {
  const plain = word.trim().toLowerCase().replace(/ all$/, '');
  const verb = COMMAND_VERBS.find((each) => each === plain);
  if (verb !== undefined) return verb;
  throw new Refused(`the agent does not know the verb ${word}; it knows ${COMMAND_VERBS.join(', ')}`);
}
