// The state that the parts of the forge share.

import type { CommentStore } from './comments.ts';
import type { ForgeEvent } from './events.ts';
import type { Faults } from './faults.ts';
import type { BareRepository } from './git/repository.ts';
import type { AppRegistry } from './github/app-registry.ts';
import type { CheckStore } from './github/checks.ts';
import type { LabQueued } from './github/queued.ts';
import type { People } from './people.ts';
import type { Place } from './place.ts';
import type { PullStore } from './pulls.ts';
import type { PushedRef } from './pushed-refs.ts';
import type { ReviewStore } from './reviews.ts';
import type { StatusStore } from './statuses.ts';
import type { Webhooks } from './webhooks.ts';

export interface Parts {
  readonly place: Place;
  readonly token: string;
  /** Password of the token's owner; null: signing in by password is refused. */
  readonly password: string | null;
  /** Null: the token is unrestricted. */
  readonly tokenScopes: readonly string[] | null;
  readonly webhook: FilledIn;
  readonly bare: BareRepository;
  readonly people: People;
  readonly statuses: StatusStore;
  /** GitLab's branch protection rules; a new project protects its default branch. */
  protectedBranches: readonly ProtectedBranch[];
  /** Pipelines of GitLab, oldest first. */
  readonly pipelines: LabPipeline[];
  /** Every ref that was moved, oldest first. */
  readonly pushes: MovedRef[];
  readonly pulls: PullStore;
  /** GitHub's merge queue, front first. */
  readonly queue: LabQueued[];
  readonly comments: CommentStore;
  readonly reviews: ReviewStore;
  readonly checks: CheckStore;
  readonly apps: AppRegistry;
  readonly webhooks: Webhooks;
  readonly faults: { readonly rest: Faults; readonly git: Faults };
  /** Converts the event to the forge's format and sends it, without waiting for a response. */
  emit(event: ForgeEvent): void;
  /** Starts work that continues after the response. */
  runInBackground(work: () => Promise<unknown>): void;
  /** Serialises work that moves branches, so that its refs before and after belong to it alone. */
  serialise<T>(work: () => Promise<T>): Promise<T>;
}

/** The settings of a webhook. */
export interface FilledIn {
  /** Event names as in the forge's API. */
  readonly events?: readonly string[];
  readonly contentType?: 'json' | 'form';
  readonly active?: boolean;
}

export interface LabPipeline {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  /** Names of its jobs that GitLab runs itself. */
  readonly jobs: readonly string[];
}

export interface ProtectedBranch {
  readonly id: number;
  /** Branch name; may contain `*`. */
  readonly name: string;
  readonly push_access_levels: readonly BranchAccess[];
  readonly merge_access_levels: readonly BranchAccess[];
}

interface BranchAccess {
  readonly access_level: number | null;
  readonly user_id?: number | null;
  readonly group_id?: number | null;
}

/** A ref that moved, and the user who moved it. */
interface MovedRef extends PushedRef {
  readonly by: string;
  readonly at: Date;
}

/** The user that the forge's one token belongs to. */
export const TOKEN_OWNER = 'phoenix-agent';
