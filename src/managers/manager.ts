// The interface of managers: pure decisions about one kind of target, and the observation of a host that they are based on. Managers return actions
// as data; only agent/apply runs them.

import type { Action, Command, HttpRequest } from '../model/action.ts';
import type { Validity } from '../model/environment.ts';
import type { TargetId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { Change, Impact } from '../model/plan.ts';
import type { MarkedTarget, Target } from '../model/target.ts';
import type { Power } from '../model/verbs.ts';
import type { Host } from '../ports/host.ts';
import type { FoundDifference } from './comparison.ts';
import type { Config } from './config.ts';
import type { Ignorable } from './ignorable.ts';
import type { Sources } from './sources.ts';

/** Where a declaration comes from: written into owner marks, so that the host itself shows what Phoenix owns. */
export interface Origin {
  readonly repository: string;
  readonly commit: string;
}

/** The desired state of one target. */
export interface Wanted<Spec = JsonObject> {
  readonly target: TargetId;
  /** Undefined: it should not exist. */
  readonly spec: Spec | undefined;
  /** The spec that was applied last, where known: shows which fields were removed since. */
  readonly before: Spec | undefined;
  readonly origin: Origin;
  /** A person approved destroying or recreating it. */
  readonly approved: boolean;
  readonly protected: boolean;
  /** A person adopted the existing object with this id (`phoenix adopt`): Phoenix manages it from now on. */
  readonly adopt?: boolean;
  /** A person approved that adopting it restarts or stops it. */
  readonly mayInterrupt?: boolean;
  /** Whether the commit declares another target, or the run includes it; absent: unknown. */
  readonly declares?: (target: TargetId) => boolean;
  /** Neither declared nor in the ledger: only its mark on the host shows that Phoenix owns it. */
  readonly orphan?: boolean;
}

export type Decision =
  /** Empty: the host is as declared. */
  | {
      readonly kind: 'actions';
      readonly actions: readonly Action[];
      /** Remarks for people on a target that is as declared: sentences for its outcome. */
      readonly remarks?: readonly string[];
    }
  /** Foreign, protected, or in need of an approval: nothing is done; the reason says what to do. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Cannot be done as declared; the reason says why. `passing`: the obstacle goes away by itself (a running backup), so it is retried later. */
  | { readonly kind: 'impossible'; readonly reason: string; readonly passing?: true }
  /**
   * Everything possible is done and stays, but something still differs from the declaration: the reason says what, why, and what to do. Ends as
   * failed.
   */
  | { readonly kind: 'partly'; readonly reason: string };

/**
 * Maximum rounds of observing, deciding and acting for a target: a guest goes through creation, configuration, start, scripts and
 * its final state, each based on an observation of the one before. A round that decides the same actions as the previous one has failed.
 */
export const ROUNDS = 8;

/** A check on the host that must succeed before a step counts as applied. */
export interface HealthProbe {
  readonly summary: string;
  readonly command: Command | HttpRequest;
  readonly retries: number;
  readonly intervalSeconds: number;
}

/** How to undo a risky change: `snapshot` runs before it, then either `restore` (it failed) or `discard` (it succeeded). */
export interface Rollback {
  readonly snapshot: readonly Action[];
  readonly restore: readonly Action[];
  readonly discard: readonly Action[];
}

/** A change is risky and cannot be undone; the reason says why. */
export interface NoRollback {
  readonly noRollback: string;
}

/** What a person may request of a running target, beside its declaration. */

/** The current power state of a target. */
export type RunningState = 'running' | 'stopped' | 'absent';

/** For kinds whose targets can be started and stopped: containers and VMs. All methods but `observe` are pure. */
export interface PowerManager<Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** The declared power state: `runs`: every converge starts it; `rests`: never started again, such as a template; `free`: left as it is. */
  role(spec: Spec): 'runs' | 'rests' | 'free';
  /** The state in the inventory, which may be some seconds old. */
  state(inventory: Inventory, target: TargetId): RunningState;
  /** A full and fresh observation of one target, of everything that a change of its power state needs. Absent: that of the manager. */
  observe?(host: HostReader, wanted: Wanted<Spec>): Promise<Observation>;
  /** The state in a full observation. */
  running(observation: Observation): RunningState;
  /** The actions for the requested power state; its configuration is not compared. */
  decide(wanted: Wanted<Spec>, requested: Power, observation: Observation): Decision;
}

/** The read-only part of a host. */
export type HostReader = Pick<Host, 'node' | 'run' | 'readFile' | 'readFolders' | 'inspect' | 'publicKey' | 'request'>;

/**
 * `Spec` is everything that decides how a target should be; `Observation` is the observed state of one target; `Inventory` is an observation of the
 * whole host, in a constant number of commands. Callers know none of these types: the registry erases them.
 */
export interface Manager<Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** The kind of target, for example `lxc`. */
  readonly kind: string;
  /** Pure: every target of this kind in the configuration, with spec and needs. */
  targets(config: Config): readonly Target[];
  /** Pure: where the values of its targets' specs are written. */
  readonly sources: Sources;
  /**
   * Pure: a spec in the form that its digest is computed from, where that differs from its present form. The ledger has digests of what was
   * applied: a renamed field, or a new one that is undeclared, must not count as a change.
   */
  recorded?(spec: Spec): JsonObject;
  /** Pure: the impact of a change, by Proxmox's own rules. */
  impact(change: Change<Spec>): Impact;
  inventory(host: HostReader): Promise<Inventory>;
  /** The observation from the inventory alone, where that suffices to conclude that nothing is to be done; null when a full observation is needed. */
  quickCheck(inventory: Inventory, wanted: Wanted<Spec>): Observation | null;
  /** A full and fresh observation of one target. */
  observe(host: HostReader, wanted: Wanted<Spec>): Promise<Observation>;
  /** Pure: the actions that turn what was observed into what is wanted. */
  decide(wanted: Wanted<Spec>, observation: Observation): Decision;
  /**
   * Pure: whether anything of the target is on the host; null where that is not known, as while its guest does not answer. Absent for targets that
   * every host has, such as its clock.
   */
  isThere?(wanted: Wanted<Spec>, observation: Observation): boolean | null;
  /**
   * Pure: the fields that differ from the declaration, for display. Empty where the target is to be deleted, and where nothing differs; what was not
   * observed is no difference.
   */
  differences(wanted: Wanted<Spec>, observation: Observation): readonly FoundDifference[];
  /** Pure: the fields of the file by which a target is compared that has no entry of its own in it. Absent for kinds whose targets have one. */
  comparedFields?(target: TargetId): readonly string[];
  /** Pure. */
  health(wanted: Wanted<Spec>): HealthProbe | null;
  /**
   * Pure: only called with `behavior.rollback_on_failure`. Null where the change is not risky. What an interrupted change left to restore is returned
   * whatever the actions, also when there are none.
   */
  rollback(wanted: Wanted<Spec>, observation: Observation, actions: readonly Action[]): Rollback | NoRollback | null;
  /** It saves what it replaces itself: its rollback is used whatever the configuration says about rollbacks. */
  readonly selfRollback?: true;
  /** Absent for kinds that are managed as a whole, such as files. */
  readonly ignorable?: Ignorable<Spec>;
  /** Absent for kinds that cannot be started or stopped. */
  readonly power?: PowerManager<Spec, Observation, Inventory>;
  /** Pure: every object of its kind with this repository's owner mark, declared or not. Absent for kinds without marks. */
  marked?(inventory: Inventory, origin: Origin): readonly MarkedTarget[];
  /** Pure: when an applied target has to be looked at again though nothing changed, such as a certificate to be renewed; null: never. */
  due?(inventory: Inventory, wanted: Wanted<Spec>): Date | null;
  /** Pure: whether `due` is worth an inventory for this target. Absent: for every one. */
  isDueByTime?(target: TargetId): boolean;
  /** Pure: the validity of what Phoenix put on the host, such as a certificate; null if unknown. Absent for kinds without expiry. */
  validity?(inventory: Inventory, wanted: Wanted<Spec>): Validity | null;
}
