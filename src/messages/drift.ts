// What is said of a look at the host that changes nothing: which targets differ from the declaration, and in which fields. Pure.

import { failureText, fitText } from '../model/failure.ts';
import type { RunId } from '../model/ids.ts';
import type { FieldDifference, Run, StepRecord } from '../model/run.ts';
import { imperative } from '../model/verbs.ts';
import { countOf } from './count.ts';
import { ended } from './statuses/run-status.ts';
import { type FinalSentence, MAX_STATUS_LENGTH } from './statuses/status.ts';
import { DIFFERS } from './statuses/step-status.ts';

/** What a look does with a target, in place of a verb. */
export const CHECK = 'check';

export const BRING_BACK = 'phoenix drift --fix brings it back';

/** Targets that are named at most, and fields of each. */
const MAX_TARGETS = 4;
const MAX_FIELDS = 3;
/** Characters of a value beside its field. */
const MAX_VALUE_LENGTH = 40;

/** Whether it compares what is there with the declaration, and changes nothing: not a dry run, which says what a verb would do. */
export function isLook({ readOnly, trigger, verb }: Pick<Run, 'readOnly' | 'trigger' | 'verb'>): boolean {
  return readOnly && (trigger !== 'command' || imperative(verb)?.looks === true);
}

/** Whether a look found that it is not as declared, as opposed to a look that failed. */
export function isDifferent({
  outcome,
  reason,
  differs = [],
}: Pick<StepRecord, 'outcome' | 'reason' | 'differs'>): boolean {
  return outcome === 'failed' && (differs.length > 0 || reason?.startsWith(DIFFERS) === true);
}

/** How a run ended that has an outcome for every step. */
export function endOf(run: Run): FinalSentence {
  return (isLook(run) ? lookEnded(run.steps) : null) ?? ended(run.id, run.steps);
}

/** Null for one that found everything as declared. How a look ended: `2 of 24 differ: lxc/101 (memory_mb, onboot), host/network (bridges.vmbr1.mtu); phoenix drift --fix brings it back`. */
function lookEnded(steps: readonly StepRecord[]): FinalSentence | null {
  const shown = steps.filter(({ outcome }) => outcome === 'failed');
  return notAsDeclared(shown, ` of ${steps.length}`, ['']);
}

/**
 * How a run ended that healed drift: `healed 1 target: lxc/101; 1 differs: vm/1001 (cores); phoenix drift --fix brings it back`.
 *
 * @param others steps of the check before it that did not end well, of targets that were not healed
 */
export function healed(run: RunId, steps: readonly StepRecord[], others: readonly StepRecord[]): FinalSentence {
  const back = steps.filter(({ outcome }) => outcome === 'applied').map(({ target }) => target);
  const said = ended(run, steps);
  if (said.state !== 'success' || back.length === 0) return said;
  const count = `healed ${countOf(back.length, 'target')}`;
  const named = back.length > 3 ? `${back.slice(0, 3).join(', ')} and ${back.length - 3} more` : back.join(', ');
  const description = `${count}: ${named}`;
  // What a person still has to look at is named in full rather than what is well again.
  return notAsDeclared(others, '', [`${description}; `, `${count}; `]) ?? { state: 'success', description };
}

/**
 * Null for no steps.
 *
 * @param steps of a check, that did not end well
 * @param of follows a count
 * @param before what comes first, from its fullest form to its shortest
 */
function notAsDeclared(steps: readonly StepRecord[], of: string, before: readonly string[]): FinalSentence | null {
  const different = steps.filter(isDifferent);
  const failed = steps.filter((step) => !isDifferent(step));
  const [first] = failed;
  const counts = [
    ...(different.length === 0 ? [] : [`${different.length}${of} ${different.length === 1 ? 'differs' : 'differ'}`]),
    ...(failed.length === 0 ? [] : [`${failed.length}${of} could not be checked`]),
  ].join(', ');
  if (different.length === 0) {
    if (first === undefined) return null;
    return { state: 'failure', description: `${before.at(-1)}${counts}: ${first.target}: ${first.reason ?? ''}` };
  }
  const forms = namings(different).flatMap((why) =>
    before.map((told) => failureText({ what: `${told}${counts}`, why, remedy: BRING_BACK })),
  );
  const fits = forms.find((form) => form.length <= MAX_STATUS_LENGTH) ?? forms.at(-1) ?? counts;
  return { state: 'failure', description: fitText(fits, MAX_STATUS_LENGTH) };
}

/** The targets with their fields, from the fullest to the shortest: a target is named rather than one more field of another. */
function namings(steps: readonly StepRecord[]): string[] {
  const targets = Math.min(steps.length, MAX_TARGETS);
  return Array.from({ length: targets }, (_, left) => targets - left).flatMap((shown) =>
    Array.from({ length: MAX_FIELDS + 1 }, (_, left) => MAX_FIELDS - left)
      .filter((fields) => fields > 0 || shown === 1)
      .map((fields) => {
        const names = steps.slice(0, shown).map((step) => withFields(step, fields));
        const left = steps.length - shown;
        return `${names.join(', ')}${left === 0 ? '' : ` and ${left} more`}`;
      }),
  );
}

/** Where no field is known, as of a target that is gone: what it would take. */
function withFields({ target, differs = [], actions }: StepRecord, most: number): string {
  const names = differs.length > 0 ? fieldNames(differs) : actions.map(({ summary }) => summary);
  if (names.length === 0 || most === 0) return target;
  const left = names.length - most;
  const shown = `${names.slice(0, most).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
  return `${target} (${differs.length > 0 ? '' : 'would '}${shown})`;
}

function fieldNames(differs: readonly FieldDifference[]): string[] {
  return [...new Set(differs.map(({ field }) => field))];
}

/** What differs of one target, with the values that are short: `memory_mb is 2048 instead of 512, docker-compose.yml differs`. Secrets are hidden already. */
export function differenceText(differs: readonly FieldDifference[]): string {
  const shown = differs.slice(0, MAX_TARGETS).map(({ field, declared, observed, lines }) => {
    const [is, was] = [JSON.stringify(observed), JSON.stringify(declared)];
    if (lines !== undefined || is.length > MAX_VALUE_LENGTH || was.length > MAX_VALUE_LENGTH) return `${field} differs`;
    if (observed === null) return `${field} is not set, and ${was} is declared`;
    return declared === null ? `${field} is ${is}, and not declared` : `${field} is ${is} instead of ${was}`;
  });
  const left = differs.length - shown.length;
  return `${shown.join(', ')}${left > 0 ? `, and ${countOf(left, 'more field')}` : ''}`;
}

/** Why a step is as it is: of a difference the fields, where they are known. */
export function whyText({ reason, differs = [] }: Pick<StepRecord, 'reason' | 'differs'>): string | null {
  return differs.length > 0 ? differenceText(differs) : reason;
}
