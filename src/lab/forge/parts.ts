// What the parts of the forge share.

import type { CommentBook } from './comments.ts';
import type { Faults } from './faults.ts';
import type { BareRepository } from './git/repository.ts';
import type { AppDesk } from './github/app-desk.ts';
import type { CheckBook } from './github/checks.ts';
import type { Happening } from './happenings.ts';
import type { People } from './people.ts';
import type { Place } from './place.ts';
import type { PullBook } from './pulls.ts';
import type { StatusBook } from './statuses.ts';
import type { Webhooks } from './webhooks.ts';

export interface Parts {
  readonly place: Place;
  readonly token: string;
  readonly bare: BareRepository;
  readonly people: People;
  readonly statuses: StatusBook;
  readonly pulls: PullBook;
  readonly comments: CommentBook;
  readonly checks: CheckBook;
  readonly apps: AppDesk;
  readonly webhooks: Webhooks;
  readonly faults: { readonly rest: Faults; readonly git: Faults };
  /** Puts it into the forge's words and sends it, without waiting for an answer. */
  tell(happening: Happening): void;
  /** Goes on after an answer. */
  begin(work: () => Promise<unknown>): void;
  /** What moves branches goes one after another, so that each one's refs before and after are its own. */
  oneByOne<T>(work: () => Promise<T>): Promise<T>;
}

/** Whose token it is that everybody has. */
export const TOKEN_OWNER = 'phoenix-agent';
