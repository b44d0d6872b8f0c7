// The supported forges, each with its REST API, events and headers over the same repository.

import type { Router } from 'express';
import type { ForgeEvent, Message } from './events.ts';
import { GITEA_EVENTS, giteaEvent, giteaHeaders } from './gitea/events.ts';
import { giteaRest } from './gitea/rest.ts';
import { githubEvent } from './github/events.ts';
import { githubHeaders } from './github/headers.ts';
import { githubRest } from './github/rest.ts';
import { GITLAB_EVENTS, gitlabEvent, gitlabHeaders } from './gitlab/events.ts';
import { gitlabRest } from './gitlab/rest.ts';
import type { Parts, ProtectedBranch } from './parts.ts';
import type { Headers } from './webhooks.ts';

/** Forgejo is compatible with Gitea. */
export type Kind = 'github' | 'gitea' | 'gitlab';

export interface Dialect {
  /** Path of the REST API. */
  readonly base: string;
  /** Ref prefix of pull request heads, below `refs/`. */
  readonly pullRefs: string;
  /** Branch protection rules of a new repository. */
  readonly protectedBranches?: readonly ProtectedBranch[];
  /** Events of a repository's webhook. */
  readonly events: readonly string[];
  rest(parts: Parts): Router;
  /** Null for events that this forge does not send. */
  event(parts: Parts, event: ForgeEvent): Promise<Message | null>;
  readonly headers: Headers;
}

export const DIALECTS: Readonly<Record<Kind, Dialect>> = {
  github: {
    base: '',
    pullRefs: 'pull',
    events: ['push', 'pull_request', 'pull_request_review', 'issue_comment', 'merge_group'],
    rest: githubRest,
    event: githubEvent,
    headers: githubHeaders,
  },
  gitea: {
    base: '/api/v1',
    pullRefs: 'pull',
    events: GITEA_EVENTS,
    rest: giteaRest,
    event: giteaEvent,
    headers: giteaHeaders,
  },
  gitlab: {
    base: '/api/v4',
    pullRefs: 'merge-requests',
    // Only maintainers may push to the default branch of a new project.
    protectedBranches: [
      { id: 1, name: 'main', push_access_levels: [{ access_level: 40 }], merge_access_levels: [{ access_level: 40 }] },
    ],
    events: GITLAB_EVENTS,
    rest: gitlabRest,
    event: gitlabEvent,
    headers: gitlabHeaders,
  },
};
