// What every manager provides: pure decisions about its family of targets, and the reading of a host that they rest on.
// Managers return actions as data; the one runner in agent/apply runs them.

import type { Action, Command, HttpRequest } from '../model/action.ts';
import type { Validity } from '../model/environment.ts';
import type { TargetId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { Change, Impact } from '../model/plan.ts';
import type { FieldDifference } from '../model/run.ts';
import type { MarkedTarget, Target } from '../model/target.ts';
import type { Power } from '../model/verbs.ts';
import type { Host } from '../ports/host.ts';
import type { Config } from './config.ts';
import type { Sources } from './sources.ts';

/** Where a declaration comes from: written into a guest's notes, so that the host itself says what is ours. */
export interface Origin {
  readonly repository: string;
  readonly commit: string;
}

/** One target as it should be on the host. */
export interface Wanted<Spec = JsonObject> {
  readonly target: TargetId;
  /** Undefined: it should not exist. */
  readonly spec: Spec | undefined;
  /** The spec that was last applied, where known: tells what a removed field was. */
  readonly before: Spec | undefined;
  readonly origin: Origin;
  /** A person approved destroying or recreating it. */
  readonly approved: boolean;
  readonly protected: boolean;
  /** A person said that what is there under this id is to be kept by Phoenix from now on (`phoenix adopt`). */
  readonly adopt?: boolean;
  /** A person approved that adopting it restarts or stops it. */
  readonly mayInterrupt?: boolean;
  /** Whether the commit declares another target, or the run is about it; absent: nobody says so of any. */
  readonly declares?: (target: TargetId) => boolean;
  /** Neither declared nor known to the ledger: the host alone says that it is ours. */
  readonly orphan?: boolean;
}

export type Decision =
  /** Empty: the host is as declared. */
  | {
      readonly kind: 'actions';
      readonly actions: readonly Action[];
      /** What people should know of the target though it is as declared: sentences of its outcome. */
      readonly remarks?: readonly string[];
    }
  /** Not ours, needs approval, protected: nothing is done; the reason says what to do. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Cannot be done as declared; the reason says what is in the way. `passing`: it goes away by itself (a backup that runs), so try again later. */
  | { readonly kind: 'impossible'; readonly reason: string; readonly passing?: true }
  /** All that can be done is done and stays, and something is still not as declared: the reason says what, why, and what to do. Ends as failed. */
  | { readonly kind: 'partly'; readonly reason: string };

/**
 * Rounds of observe, decide and act that a target may take: a guest goes through creation, configuration, start, scripts and
 * its final state, and each needs a look at what the one before left. A round that decides the same actions as the one before failed.
 */
export const ROUNDS = 8;

/** A question to the host that must be answered well before a step counts as applied. */
export interface HealthProbe {
  readonly summary: string;
  readonly command: Command | HttpRequest;
  readonly retries: number;
  readonly intervalSeconds: number;
}

/** How to come back from a risky change: `snapshot` runs before it, then either `restore` (it failed) or `discard` (it went well). */
export interface Rollback {
  readonly snapshot: readonly Action[];
  readonly restore: readonly Action[];
  readonly discard: readonly Action[];
}

/** A change is risky, and nothing can be kept to come back to: what is in the way of that. */
export interface NoRollback {
  readonly noRollback: string;
}

/** What a person asks of a target that runs, beside what is declared. */

/** What a target that can run does at the moment. */
export type RunningState = 'running' | 'stopped' | 'absent';

/** For kinds whose targets run and can be stopped: containers and VMs. All of it is pure. */
export interface PowerManager<Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** How it is declared: `runs`: every converge starts it; `rests`: never started again, such as a template; `free`: left as it is. */
  role(spec: Spec): 'runs' | 'rests' | 'free';
  /** From the inventory; it may be some seconds old. */
  state(inventory: Inventory, target: TargetId): RunningState;
  /** From a close look. */
  running(observation: Observation): RunningState;
  /** What is missing for that wish; nothing of its configuration is looked at. */
  decide(wanted: Wanted<Spec>, wish: Power, observation: Observation): Decision;
}

/** What of a target `phoenix.drift` may leave to people. All of it is pure. */
export interface Ignorable<Spec = JsonObject, Observation = unknown> {
  /** By their names in the file, which are those of the spec. */
  readonly fields: readonly string[];
  /** The same with some of them not declared, so that they are neither compared nor set. */
  without(spec: Spec, fields: readonly string[]): Spec;
  /** One that is not there is made as a whole. */
  isThere(observation: Observation): boolean;
}

/** The reading half of a host. */
export type HostReader = Pick<Host, 'node' | 'run' | 'readFile' | 'readFolders' | 'inspect' | 'publicKey' | 'request'>;

/**
 * `Spec` is all that decides how a target should be; `Observation` is what is known of one target; `Inventory` is what one look at the
 * whole host says, in a constant number of commands. Callers of a manager know none of them: the registry takes them away.
 */
export interface Manager<Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** Kinds of targets that it keeps, for example `lxc`. */
  readonly kind: string;
  /** Pure: every target of this kind in the configuration, with spec and needs. */
  targets(config: Config): readonly Target[];
  /** Pure: where what decides its targets is written. */
  readonly sources: Sources;
  /**
   * Pure: a spec in the words that its digest is made of, where those are not its own any more. The ledger keeps digests of what was
   * applied: a field that has another name now, or that came later and nobody declares, is no change of any target.
   */
  recorded?(spec: Spec): JsonObject;
  /** Pure: what a change costs, by Proxmox's own rules. */
  impact(change: Change<Spec>): Impact;
  inventory(host: HostReader): Promise<Inventory>;
  /** From the inventory alone where it suffices to say that nothing is to be done; null when the target must be looked at closely. */
  quickCheck(inventory: Inventory, wanted: Wanted<Spec>): Observation | null;
  /** A close and fresh look at one target. */
  observe(host: HostReader, wanted: Wanted<Spec>): Promise<Observation>;
  /** Pure: what is missing between what is wanted and what was observed. */
  decide(wanted: Wanted<Spec>, observation: Observation): Decision;
  /**
   * Pure: the fields that are otherwise than declared, for people. Absent for kinds that are not compared field by field, such as those
   * whose files are compared as a whole.
   */
  differences?(wanted: Wanted<Spec>, observation: Observation): readonly FieldDifference[];
  /** Pure. */
  health(wanted: Wanted<Spec>): HealthProbe | null;
  /** Pure: called only with `behavior.rollback_on_failure`. Null where the change is not risky; what a broken-off change left is handed out whatever the actions, also when there are none. */
  rollback(wanted: Wanted<Spec>, observation: Observation, actions: readonly Action[]): Rollback | NoRollback | null;
  /** It keeps what it replaces itself: its rollback is used whatever the configuration says of rolling back. */
  readonly selfRollback?: true;
  /** Absent for kinds that are kept as a whole, such as those that are files. */
  readonly ignorable?: Ignorable<Spec, Observation>;
  /** Absent where nothing can be started or stopped. */
  readonly power?: PowerManager<Spec, Observation, Inventory>;
  /** Pure: everything of its kind that carries the mark of this repository, whether anything declares it or not. Absent for kinds without marks. */
  marked?(inventory: Inventory, origin: Origin): readonly MarkedTarget[];
  /** Pure: when an applied target has to be looked at again though nothing changed, such as a certificate to be renewed; null: never. */
  due?(inventory: Inventory, wanted: Wanted<Spec>): Date | null;
  /** Pure: whether `due` is worth an inventory for this target. Absent: for every one. */
  isDueByTime?(target: TargetId): boolean;
  /** Pure: how long what Phoenix put on the host holds, such as a certificate; null where nothing of it is known there. Absent for kinds that hold for good. */
  validity?(inventory: Inventory, wanted: Wanted<Spec>): Validity | null;
}
