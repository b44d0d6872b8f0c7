// What the agent is made of, and what people and webhooks may ask of it.

import type { LoadOptions } from '../load/load.ts';
import type { Config } from '../managers/config.ts';
import type { Manager, RunningState } from '../managers/manager.ts';
import type { CertificateEnd, Declaration, DeclaredEnvironment } from '../model/environment.ts';
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
  /** The repository's URL as written into the notes of guests. */
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly node: string;
  /** What the ledger was kept for before the repository, the branch or the node was renamed; absent where none was. */
  readonly movedFrom?: string | null;
  /** Where the dashboard is; null when nobody can reach it, and then statuses carry no link. */
  readonly publicUrl: string | null;
  readonly pollSeconds: number;
  /** Between two looks at everything; null: only when asked for. */
  readonly driftSeconds: number | null;
  /** Between two looks for what is due by time; null: only after runs. */
  readonly renewSeconds: number | null;
  /** How a configuration is judged where that is for the settings to say. */
  readonly reading: Pick<LoadOptions, 'strictSecrets' | 'secrets'>;
  /** Pull requests from forks are planned too. */
  readonly planForks: boolean;
  /** Steps at a time in this process. */
  readonly concurrency: number;
  /** Steps at a time on the node, over all processes; absent: as many as the processes take. */
  readonly stepsOnNode?: number;
  /** How long a lease outlives a worker that died. */
  readonly leaseSeconds: number;
}

/** The registry of managers: `managers/index.ts`. */
export interface Managers {
  allTargets(config: Config): ReadonlyMap<TargetId, Target>;
  impactOf(change: Change): Impact;
  managerOf(kind: string): Manager;
  /** Those whose targets carry a mark of Phoenix on the host. */
  readonly marking: readonly Manager[];
}

export interface AgentDeps {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly repository: Repository;
  /** Null without PHOENIX_SIGNING_KEYS: a policy that asks for signatures then refuses every commit. */
  readonly signatures: Signatures | null;
  readonly host: Host;
  readonly managers: Managers;
  /** Null with PHOENIX_FORGE=none: nothing is reported. */
  readonly forge: Forge | null;
  /** Who is told what needs a person; none: nobody. */
  readonly channels: readonly Channel[];
  readonly log: Log;
  readonly clock: Clock;
  readonly tracer: Tracer;
  readonly options: AgentOptions;
  /** Hears of what nothing can go on with; absent: it is only logged. */
  readonly lost?: (error: Error) => void;
}

export interface ReplayRequest {
  /** A full or abbreviated commit id, or a branch or tag name. */
  readonly commit: string;
  readonly targets?: readonly TargetId[];
  readonly rewind?: boolean;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** Only look: the run says what differs and changes nothing. */
  readonly dryRun?: boolean;
  readonly by: string;
}

export interface CommandRequest {
  /** A verb of the original dispatcher, or `adopt`. */
  readonly verb: string;
  /** As people write them: `lxc/101`, or `101` where that is enough. None: what the verb is about, for those that may concern all. */
  readonly targets: readonly string[];
  /** `stop` and `delete` take what needs the targets along. */
  readonly cascade?: boolean;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** The run says what would be done and does nothing. */
  readonly dryRun?: boolean;
  /** The dry run of the same command that a person was shown and said yes to. */
  readonly shown?: RunId | undefined;
  readonly by: string;
}

/** A target that is declared at the followed commit, and how it is on the host. */
export interface KnownTarget extends Pick<Target, 'needs' | 'within'> {
  readonly target: TargetId;
  /** Null where it cannot run, or where the host cannot be looked at. */
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
  /** After `ledger.recordDelivery`: the branch or a pull request may have moved. Calls made together share one job. */
  delivered(delivery: Pick<Delivery, 'kind'>): Promise<void>;
  /** Fails with `Refused` for an unknown commit, one outside the branch, or an older one without `rewind`, or a target that it does not declare. */
  replay(request: ReplayRequest): Promise<RunId>;
  /** Fails with `Refused` when the run or step is unknown, over, or does not wait. */
  approve(run: RunId, target: TargetId, by: string): Promise<void>;
  /** Nothing that has not started is started until `unfreeze`. Resolves to the newest run, null before the first. */
  freeze(reason: string, by: string): Promise<RunId | null>;
  unfreeze(by: string): Promise<RunId | null>;
  /** Looks at every target and reports what differs; changes nothing. */
  drift(by: string): Promise<RunId>;
  /** Fails with `Refused` for a verb or target that is not known. What is in the way on the host refuses the run itself. */
  command(request: CommandRequest): Promise<RunId>;
  /** What the followed commit declares; what the host says of it may be some seconds old, and is left out where that takes longer than `hostWithinMs`. Nothing before the first commit. */
  known(hostWithinMs?: number): Promise<readonly KnownTarget[]>;
  /** What carries Phoenix's mark on the host and nothing declares; it may be some seconds old. Fails where the host cannot be looked at. */
  orphans(): Promise<readonly MarkedTarget[]>;
  /** What the followed commit declares, to be looked at as a whole; null before the first commit. */
  environment(): Promise<DeclaredEnvironment | null>;
  /** What the followed commit says of one target; null where it does not declare it. */
  declaration(target: TargetId): Promise<Declaration | null>;
  /** Of every certificate that is declared; it may be some seconds old. Fails where the host cannot be looked at. */
  certificates(): Promise<readonly CertificateEnd[]>;
  /** Who is told what needs a person, and whether that gets there. */
  channelsInUse(): Promise<readonly ChannelInUse[]>;
  /** Sends a test to one channel, or to all. Fails with `Refused` for one that there is not. */
  testChannels(name?: string): Promise<readonly ChannelTest[]>;
  /** Those of the commits that the repository has. */
  commits(commits: readonly CommitSha[]): Promise<ReadonlyMap<string, CommitInfo>>;
  /** Takes no new work, lets running actions end for `graceSeconds`, leaves the rest in the ledger. */
  stop(graceSeconds?: number): Promise<void>;
}
