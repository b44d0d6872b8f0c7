// What the parts of the forge share.

import type { CommentStore } from './comments.ts';
import type { ForgeEvent, PushedRef } from './events.ts';
import type { Faults } from './faults.ts';
import type { BareRepository } from './git/repository.ts';
import type { AppRegistry } from './github/app-registry.ts';
import type { CheckStore } from './github/checks.ts';
import type { LabQueued } from './github/merge-queue.ts';
import type { People } from './people.ts';
import type { Place } from './place.ts';
import type { PullStore } from './pulls.ts';
import type { ReviewStore } from './reviews.ts';
import type { StatusStore } from './statuses.ts';
import type { Webhooks } from './webhooks.ts';

export interface Parts {
  readonly place: Place;
  readonly token: string;
  /** With which its owner logs in; null: by none. */
  readonly password: string | null;
  /** Null for a token that is good for everything. */
  readonly tokenScopes: readonly string[] | null;
  readonly webhook: FilledIn;
  readonly bare: BareRepository;
  readonly people: People;
  readonly statuses: StatusStore;
  /** Rules for branches, as GitLab has them; a new project protects its first one. */
  protectedBranches: readonly ProtectedBranch[];
  /** Of GitLab, the oldest first. */
  readonly pipelines: LabPipeline[];
  /** Every ref that was moved, in the order in which it was. */
  readonly pushes: MovedRef[];
  readonly pulls: PullStore;
  /** Of GitHub, the first one first. */
  readonly queue: LabQueued[];
  readonly comments: CommentStore;
  readonly reviews: ReviewStore;
  readonly checks: CheckStore;
  readonly apps: AppRegistry;
  readonly webhooks: Webhooks;
  readonly faults: { readonly rest: Faults; readonly git: Faults };
  /** Puts it into the forge's words and sends it, without waiting for an answer. */
  tell(event: ForgeEvent): void;
  /** Goes on after an answer. */
  begin(work: () => Promise<unknown>): void;
  /** What moves branches goes one after another, so that each one's refs before and after are its own. */
  oneByOne<T>(work: () => Promise<T>): Promise<T>;
}

/** The page of a webhook's settings. */
export interface FilledIn {
  /** As the interface of the forge names them. */
  readonly events?: readonly string[];
  readonly contentType?: 'json' | 'form';
  readonly active?: boolean;
}

export interface LabPipeline {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  /** Names of GitLab's own jobs in it. */
  readonly jobs: readonly string[];
}

export interface ProtectedBranch {
  readonly id: number;
  /** May hold `*`. */
  readonly name: string;
  readonly push_access_levels: readonly BranchAccess[];
  readonly merge_access_levels: readonly BranchAccess[];
}

interface BranchAccess {
  readonly access_level: number | null;
  readonly user_id?: number | null;
  readonly group_id?: number | null;
}

/** A ref that moved, and who moved it. */
interface MovedRef extends PushedRef {
  readonly by: string;
  readonly at: Date;
}

/** Whose token it is that everybody has. */
export const TOKEN_OWNER = 'phoenix-agent';
