// The agent's dependencies and options, and the interface for people and webhooks.

import type { LoadOptions } from '../load/load.ts';
import type { Config } from '../managers/config.ts';
import type { Manager, RunningState } from '../managers/manager.ts';
import type { CertificateEnd, Declaration, DeclaredEnvironment } from '../model/environment.ts';
import type { Fault } from '../model/fault.ts';
import type { CommitSha, RunId, TargetId } from '../model/ids.ts';
import type { TroubleKind } from '../model/notification.ts';
import type { Change, Impact } from '../model/plan.ts';
import type { MarkedTarget, Target } from '../model/target.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivery } from '../ports/deliveries.ts';
import type { Forge } from '../ports/forge.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Channel, ChannelAnswer, ChannelState } from '../ports/notifications.ts';
import type { Queue } from '../ports/queue.ts';
import type { CommitInfo, Repository } from '../ports/repository.ts';
import type { Signatures } from '../ports/signatures.ts';
import type { Tracer } from '../ports/tracing.ts';

export type Role = 'receive' | 'reconcile' | 'apply' | 'report' | 'web';

export interface AgentOptions {
  readonly roles: readonly Role[];
  /** The version of Phoenix, which is recorded in the ledger. */
  readonly version: string;
  /** The repository's URL as written into the notes of guests. */
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly node: string;
  /** The installation that the ledger belonged to before the repository, the branch or the node was renamed; absent where none was. */
  readonly movedFrom?: string | null;
  /** URL of the dashboard; null when it is not reachable, and then statuses have no link. */
  readonly publicUrl: string | null;
  readonly pollSeconds: number;
  /** Interval of drift detection, in seconds; null: only on request. */
  readonly driftSeconds: number | null;
  /** Interval of checks for what is due by time, in seconds; null: only after runs. */
  readonly renewSeconds: number | null;
  /** Options for loading a configuration that come from the settings. */
  readonly reading: Pick<LoadOptions, 'strictSecrets' | 'secrets'>;
  /** Whether pull requests from forks are planned too. */
  readonly planForks: boolean;
  /** Concurrent steps in this process. */
  readonly concurrency: number;
  /** Concurrent steps on the node, over all processes; absent: as many as the processes allow. */
  readonly stepsOnNode?: number;
  /** Lifetime of a lease after its worker died, in seconds. */
  readonly leaseSeconds: number;
  /** Delay before the first retry of what could not be done yet, in milliseconds; that of a step doubles with each failure. */
  readonly retryMs: number;
}

/** The registry of managers: `managers/index.ts`. */
export interface Managers {
  allTargets(config: Config): ReadonlyMap<TargetId, Target>;
  impactOf(change: Change): Impact;
  managerOf(kind: string): Manager;
  /** Managers whose targets have an owner mark on the host. */
  readonly marking: readonly Manager[];
}

export interface AgentDeps {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly repository: Repository;
  /** Null without PHOENIX_SIGNING_KEYS: a policy that requires signatures then refuses every commit. */
  readonly signatures: Signatures | null;
  readonly host: Host;
  readonly managers: Managers;
  /** Null with PHOENIX_FORGE=none: nothing is reported. */
  readonly forge: Forge | null;
  /** Channels for notifications; empty: none. */
  readonly channels: readonly Channel[];
  readonly log: Log;
  readonly clock: Clock;
  readonly tracer: Tracer;
  readonly options: AgentOptions;
  /** Called with an error after which nothing can continue; absent: it is only logged. */
  readonly lost?: (error: Error) => void;
}

export interface ReplayRequest {
  /** A full or abbreviated commit id, or a branch or tag name. */
  readonly commit: string;
  readonly targets?: readonly TargetId[];
  readonly rewind?: boolean;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** Only observe: the run reports differences and changes nothing. */
  readonly dryRun?: boolean;
  readonly by: string;
}

export interface CommandRequest {
  /** A verb of the original dispatcher, or `adopt`. */
  readonly verb: string;
  /** As people write them: `lxc/101`, or `101` if unambiguous. Empty: the default of the verb, for verbs that may apply to all. */
  readonly targets: readonly string[];
  /** `stop` and `delete` include the targets' dependents. */
  readonly cascade?: boolean;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** The run reports what would be done and changes nothing. */
  readonly dryRun?: boolean;
  /** The dry run of the same command that a person was shown and confirmed. */
  readonly shown?: RunId | undefined;
  readonly by: string;
}

/** A target that the followed commit declares, and its state on the host. */
export interface KnownTarget extends Pick<Target, 'needs' | 'within'> {
  readonly target: TargetId;
  /** Null where it has no power state, or where the host cannot be observed. */
  readonly running: RunningState | null;
}

export interface ChannelInUse extends Pick<Channel, 'name' | 'service'>, ChannelState {
  readonly events: readonly TroubleKind[];
}

export interface ChannelTest {
  readonly channel: string;
  readonly answer: ChannelAnswer;
}

export interface Agent {
  /** Called after `ledger.recordDelivery`: the branch or a pull request may have changed. Simultaneous calls share one job. */
  delivered(delivery: Pick<Delivery, 'kind'>): Promise<void>;
  /** Fails with `Refused` for an unknown commit, one outside the branch, or an older one without `rewind`, or a target that it does not declare. */
  replay(request: ReplayRequest): Promise<RunId>;
  /** Fails with `Refused` when the run or step is unknown, over, or does not wait. */
  approve(run: RunId, target: TargetId, by: string): Promise<void>;
  /** No step is started until `unfreeze`. Resolves to the newest run, null before the first. */
  freeze(reason: string, by: string): Promise<RunId | null>;
  unfreeze(by: string): Promise<RunId | null>;
  /** Observes every target and reports differences; changes nothing. */
  drift(by: string): Promise<RunId>;
  /** Fails with `Refused` for an unknown verb or target. Obstacles on the host are reported by the run. */
  command(request: CommandRequest): Promise<RunId>;
  /**
   * The targets of the followed commit. Their state on the host may be some seconds old, and is left out where reading it takes longer than
   * `hostWithinMs`. Empty before the first commit.
   */
  known(hostWithinMs?: number): Promise<readonly KnownTarget[]>;
  /** Objects with Phoenix's owner mark that nothing declares; may be some seconds old. Fails where the host cannot be observed. */
  orphans(): Promise<readonly MarkedTarget[]>;
  /** A summary of the followed commit's configuration; null before the first commit. */
  environment(): Promise<DeclaredEnvironment | null>;
  /** The declaration of one target in the followed commit; null where it does not declare it. */
  declaration(target: TargetId): Promise<Declaration | null>;
  /** Validity of every declared certificate; may be some seconds old. Fails where the host cannot be observed. */
  certificates(): Promise<readonly CertificateEnd[]>;
  /** What Phoenix needs and does not get, beside nodes and reports: the repository, the forge, webhooks, channels. */
  faults(): Promise<readonly Fault[]>;
  /** Who is notified of what needs a person, and whether notifications arrive. */
  channelsInUse(): Promise<readonly ChannelInUse[]>;
  /** Sends a test to one channel, or to all. Fails with `Refused` for an unknown one. */
  testChannels(name?: string): Promise<readonly ChannelTest[]>;
  /** The config root of a commit inside the repository, empty for its top. Fails for an unknown commit. */
  root(commit: CommitSha): Promise<string>;
  /** Details of those commits that the repository has. */
  commits(commits: readonly CommitSha[]): Promise<ReadonlyMap<string, CommitInfo>>;
  /** Accepts no new work, gives running actions `graceSeconds` to end, and leaves the rest in the ledger. */
  stop(graceSeconds?: number): Promise<void>;
}
