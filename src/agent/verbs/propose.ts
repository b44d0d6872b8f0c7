// Turns a command, a verb with targets, into a plan, or into a refusal that names the obstacle. Pure.

import { commandRefused, tooManyDeleted } from '../../messages/command.ts';
import { kindOf, nameOf, type TargetId } from '../../model/ids.ts';
import type { Policy } from '../../model/policy.ts';
import type { Target } from '../../model/target.ts';
import { imperative, verbRow } from '../../model/verbs.ts';
import { choose, commandPlan, type Situation } from '../../plan/command.ts';
import { compareTargets } from '../../plan/diff/compare-targets.ts';
import { withNeeds } from '../../plan/order/scope.ts';
import { guarded } from '../../plan/policy/policy.ts';
import type { Managers } from '../deps.ts';
import { type Gathered, type Proposal, propose } from '../reconcile/proposal.ts';

export type CommandProposal = Proposal | { readonly kind: 'refused'; readonly reason: string };

/** Sections of the host that are derived from other declarations. */
const DERIVED_SECTIONS: ReadonlySet<string> = new Set(['dns', 'firewall', 'trust']);

/** @param situation the observed state of everything in `gathered` */
export function proposeCommand(
  gathered: Gathered,
  situation: Situation,
  managers: Pick<Managers, 'impactOf'>,
): CommandProposal {
  const { request, declared } = gathered;
  const { verb, cascade = false } = request;
  const row = imperative(verb);
  if (row === null) {
    const targets = chosen(gathered, situation);
    return propose({ ...gathered, request: { ...request, targets } }, managers);
  }
  const { applied, touched } = gathered.records;
  const recorded = new Set([...applied.keys(), ...touched.keys()]);
  // Targets that the policy protects are also protected from commands.
  const judged = { ...situation, targets: guarded(situation.targets, gathered.policy), recorded };
  const requested = request.targets ?? [...situation.targets.keys()];
  const choice = choose({ row, targets: requested, cascade }, judged);
  if (choice.kind === 'refused') return { kind: 'refused', reason: commandRefused(row, choice) };
  const tooMany = row.work === 'destroy' ? deletionLimitExceeded(choice.targets, judged, gathered.policy) : null;
  if (tooMany !== null) return { kind: 'refused', reason: tooMany };
  const plan = commandPlan(row, choice.targets, judged, {
    to: declared.commit,
    impact: managers.impactOf,
    ...(request.readOnly || row.looks ? {} : { policy: gathered.policy }),
  });
  const digests = plan.steps.map(({ target }) => {
    return [target, row.proves === 'gone' ? null : (declared.digests.get(target) ?? null)] as const;
  });
  return { kind: 'plan', plan, digests: Object.fromEntries(digests), held: {}, problems: declared.problems };
}

/** As for a commit, a single guest may always be deleted. */
function deletionLimitExceeded(chosen: ReadonlySet<TargetId>, { targets }: Situation, policy: Policy): string | null {
  const isGuest = (id: TargetId) => kindOf(id) === 'lxc' || kindOf(id) === 'vm';
  const guests = [...targets.keys()].filter(isGuest);
  const gone = guests.filter((id) => chosen.has(id)).sort(compareTargets);
  const percent = policy.maxDeletePercent;
  if (percent === null || gone.length < 2 || gone.length * 100 <= guests.length * percent) return null;
  return tooManyDeleted(gone, guests.length, percent);
}

/** The targets that a verb converges; null: all. */
function chosen({ request, declared, records }: Gathered, situation: Situation) {
  const { verb, targets: asked } = request;
  const all = declared.targets;
  switch (verbRow(verb).scope) {
    case 'missing, with needs':
      return [...withNeeds(asked ?? all.keys(), all)].filter((id) => !exists(id, all, records, situation));
    case 'with needs':
      return asked === null ? null : [...withNeeds(asked, all)];
    case 'host':
      return asked ?? [...all.values()].filter((each) => belongsToHost(each, all, records)).map(({ id }) => id);
    case 'derived':
      return asked ?? [...all.keys()].filter(isDerived);
    default:
      return asked;
  }
}

/** Whether a target exists: by the host for guests, by the ledger for the rest. A half-finished creation does not exist yet. */
function exists(
  id: TargetId,
  all: ReadonlyMap<TargetId, Target>,
  { applied, touched }: Gathered['records'],
  { states }: Situation,
): boolean {
  const state = states.get(id);
  // The content of a missing guest does not exist either.
  if (all.get(id)?.within?.some((one) => states.get(one) === 'absent')) return false;
  if (touched.has(id) && !applied.has(id)) return false;
  return state === undefined ? applied.has(id) : state !== 'absent';
}

/** Whether it is a section of the host that depends on no guest that is still to be applied. */
function belongsToHost({ id }: Target, all: ReadonlyMap<TargetId, Target>, { applied }: Gathered['records']): boolean {
  const isOfHost = (target: TargetId) => kindOf(target) === 'hypervisor';
  return isOfHost(id) && [...withNeeds([id], all)].every((need) => isOfHost(need) || applied.has(need));
}

function isDerived(id: TargetId): boolean {
  const kind = kindOf(id);
  return kind === 'hypervisor' ? DERIVED_SECTIONS.has(nameOf(id)) : kind !== 'lxc' && kind !== 'vm';
}
