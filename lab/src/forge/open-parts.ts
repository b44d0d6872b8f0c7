// Creates the parts of a forge: an empty repository, users, stores and, if given, an App.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { openCommentStore } from './comments.ts';
import type { Dialect } from './dialects.ts';
import { openFaults } from './faults.ts';
import { type BareRepository, openBareRepository } from './git/repository.ts';
import { openAppRegistry, type Permissions } from './github/app-registry.ts';
import { openCheckStore } from './github/checks.ts';
import { type FilledIn, type Parts, TOKEN_OWNER } from './parts.ts';
import { openPeople, type Right } from './people.ts';
import type { Place } from './place.ts';
import { openPullStore } from './pulls.ts';
import { openReviewStore } from './reviews.ts';
import { openStatusStore } from './statuses.ts';
import { openWebhooks } from './webhooks.ts';
import type { Work } from './work.ts';

interface PartsOptions {
  readonly folder: string;
  readonly token: string;
  readonly password?: string;
  readonly tokenRight?: Right;
  readonly tokenScopes?: readonly string[];
  readonly webhook?: FilledIn;
  readonly app?: LabAppOptions;
}

export interface LabAppOptions {
  readonly id: number;
  readonly publicKey: KeyObject;
  /** Default: the permissions that Phoenix requests. */
  readonly permissions?: Permissions;
  readonly events?: readonly string[];
}

const APP_PERMISSIONS: Permissions = {
  checks: 'write',
  contents: 'read',
  issues: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
};
const APP_EVENTS = [
  'push',
  'pull_request',
  'pull_request_review',
  'issue_comment',
  'merge_group',
  'check_run',
  'check_suite',
];

export async function openParts(options: PartsOptions, dialect: Dialect, place: Place, work: Work): Promise<Parts> {
  const bare = await openBareRepository(join(options.folder, 'config.git'));
  const people = openPeople(place.isPublic ? 'read' : 'none');
  people.allow(TOKEN_OWNER, options.tokenRight ?? 'write');
  const webhooks = openWebhooks(dialect.headers);
  /** Serialises events, so that they are sent in the order of their causes. */
  let sent: Promise<unknown> = Promise.resolve();
  const parts: Parts = {
    place,
    token: options.token,
    password: options.password ?? null,
    tokenScopes: options.tokenScopes ?? null,
    webhook: options.webhook ?? {},
    bare,
    people,
    statuses: openStatusStore(),
    protectedBranches: dialect.protectedBranches ?? [],
    pipelines: [],
    pushes: [],
    pulls: openPullStore(bare, place, dialect.pullRefs, await lastNumber(bare, dialect.pullRefs)),
    queue: [],
    comments: openCommentStore(),
    reviews: openReviewStore(),
    checks: openCheckStore(),
    apps: openAppRegistry(),
    webhooks,
    faults: { rest: openFaults(), git: openFaults() },
    emit(event) {
      const message = sent.then(() => dialect.event(parts, event));
      sent = message.catch(() => null);
      work.begin(async () => {
        const made = await message;
        if (made !== null) await webhooks.send(made);
      });
    },
    runInBackground: work.begin,
    serialise: work.serialise,
  };
  if (options.app !== undefined) addApp(parts, options.app);
  return parts;
}

/** Pull requests are kept in memory, their refs in the repository: a number is not given twice, since receivers of events remember it. */
async function lastNumber(bare: BareRepository, refs: string): Promise<number> {
  const numbers = [...(await bare.refs()).keys()].map((ref) =>
    Number(ref.match(`^refs/${refs}/(\\d+)/head$`)?.[1] ?? 0),
  );
  return Math.max(0, ...numbers);
}

function addApp({ apps }: Parts, { id, publicKey, permissions = APP_PERMISSIONS, events = APP_EVENTS }: LabAppOptions) {
  apps.add({ id, slug: 'phoenix-lab', name: 'Phoenix Lab', publicKey, permissions, events, hook: null });
  apps.install(id);
}
