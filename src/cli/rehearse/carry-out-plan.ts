// Executes a whole plan on one host without an agent, with the step selection (`ready`) and execution code of the agent.

import { convergeStep } from '../../agent/apply/converge.ts';
import { type Inventories, inventories } from '../../agent/apply/inventories.ts';
import type { LeaseGuard } from '../../agent/apply/perform.ts';
import type { SecretDigests } from '../../agent/apply/seal.ts';
import type { Ending } from '../../agent/apply/step-work.ts';
import { managerOf } from '../../managers/index.ts';
import type { Origin } from '../../managers/manager.ts';
import { stepReason } from '../../messages/statuses/step-status.ts';
import { NEEDS_APPROVAL } from '../../messages/terminal/rehearsal.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Outcome } from '../../model/run.ts';
import type { Target } from '../../model/target.ts';
import { ready } from '../../plan/order/ready.ts';
import { mayDestroy, policyOf } from '../../plan/policy/policy.ts';
import type { Host } from '../../ports/host.ts';

/** Concurrent steps, as in the agent. */
const AT_ONCE = 4;

export interface Rehearsal {
  readonly plan: Plan;
  readonly before: ReadonlyMap<TargetId, Target>;
  readonly after: ReadonlyMap<TargetId, Target>;
  readonly origin: Origin;
  readonly rollback: boolean;
  /** Treat all steps as approved. */
  readonly approved: boolean;
}

export interface Rehearsed {
  readonly target: TargetId;
  readonly outcome: Outcome;
  /** Number of executed actions. */
  readonly actions: number;
  readonly reason: string | null;
}

interface RecordedCommand {
  readonly target: TargetId;
  readonly argv: readonly string[];
  readonly exit: number | null;
  readonly ms: number;
}

interface RecordedFile {
  readonly target: TargetId;
  readonly path: string;
  /** Null if it contains a secret. */
  readonly content: string | null;
  readonly mode: number;
}

export interface RecordingHost {
  /** The unwrapped host, for queries without target. */
  readonly whole: Host;
  /** The host for the step of one target. */
  of(target: TargetId): Host;
  taken(): { readonly commands: readonly RecordedCommand[]; readonly files: readonly RecordedFile[] };
  forget(): void;
  /** Secret digests of each verified target, like in the ledger. */
  readonly proved: Map<TargetId, SecretDigests>;
}

/** Records all commands and files sent to a host, by target. */
export function recordingHost(host: Host): RecordingHost {
  const commands: RecordedCommand[] = [];
  const files: RecordedFile[] = [];
  return {
    proved: new Map(),
    whole: host,
    of: (target) => ({
      ...host,
      async run(command, options) {
        const result = await host.run(command, options);
        const { exit, ms } = result;
        commands.push({ target, argv: [command.program, ...command.args], exit, ms: Math.round(ms) });
        return result;
      },
      async writeFile(write) {
        const content = write.content.from === 'text' ? write.content.text : null;
        files.push({ target, path: write.path, content, mode: write.mode });
        return host.writeFile(write);
      },
    }),
    taken: () => ({ commands: [...commands], files: [...files] }),
    forget() {
      commands.length = 0;
      files.length = 0;
    },
  };
}

/** Resolves to the outcomes in order of completion; `ended` is called for each. */
export async function carryOutPlan(
  hosts: RecordingHost,
  rehearsal: Rehearsal,
  ended: (step: Rehearsed) => void,
): Promise<Rehearsed[]> {
  const { plan } = rehearsal;
  const steps = new Map(plan.steps.map((step) => [step.target, step]));
  const outcomes = new Map<TargetId, Outcome>();
  const running = new Map<TargetId, Promise<void>>();
  const all: Rehearsed[] = [];
  const inventory = inventories(hosts.whole);
  const end = (step: Rehearsed) => {
    outcomes.set(step.target, step.outcome);
    all.push(step);
    ended(step);
  };
  for (;;) {
    const { start, skip, done } = ready(plan, outcomes, new Set(running.keys()));
    if (done) return all;
    for (const { target, because } of skip) {
      end({ target, outcome: 'skipped', actions: 0, reason: stepReason.skipped(because, outcomes.get(because)) });
    }
    for (const target of start.slice(0, AT_ONCE - running.size)) {
      const step = steps.get(target);
      if (step === undefined) continue;
      const work = rehearseStep(hosts, rehearsal, step, inventory)
        .then(end)
        .finally(() => running.delete(target));
      running.set(target, work);
    }
    if (running.size > 0) await Promise.race(running.values());
  }
}

async function rehearseStep(
  hosts: RecordingHost,
  { plan, before, after, origin, rollback, approved }: Rehearsal,
  { target, impact, approval, changes }: PlanStep,
  inventory: Inventories,
): Promise<Rehearsed> {
  if (approval && !approved) return { target, outcome: 'blocked', actions: 0, reason: NEEDS_APPROVAL };
  const manager = managerOf(kindOf(target));
  const known = hosts.proved.get(target);
  let actions = 0;
  const leaseGuard: LeaseGuard = {
    assertHeld: async () => {},
    touch: async () => {},
    record: async () => {
      actions += 1;
    },
  };
  const ending: Ending = await convergeStep({
    host: hosts.of(target),
    ...(known === undefined ? {} : { known }),
    manager,
    wanted: {
      target,
      spec: after.get(target)?.spec,
      before: before.get(target)?.spec,
      origin,
      approved: approved || mayDestroy(policyOf(plan), { target, impact }, []),
      protected: (after.get(target) ?? before.get(target))?.protected ?? false,
      declares: (id) => after.has(id) || before.has(id),
    },
    touched: false,
    rollback,
    readOnly: false,
    inventory: changes.length === 0 ? () => inventory('rehearsal', manager) : null,
    leaseGuard,
    log: { write: () => {}, flush: async () => {} },
    signal: new AbortController().signal,
  }).catch((error: unknown): Ending => {
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', reason };
  });
  const { secrets, ...ended } = ending;
  if (secrets !== undefined && (ended.outcome === 'applied' || ended.outcome === 'unchanged')) {
    hosts.proved.set(target, secrets);
  }
  return { target, ...ended, actions };
}
