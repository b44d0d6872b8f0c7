// GitLab's REST interface and events as far as Phoenix uses them. Facts from GitLab's own description: states of its own, one
// that a status has already is refused, projects by their encoded path, webhooks that list twenty commits.

import express, { type Request, type Response, type Router } from 'express';
import type { LabComment, LabPull, PullBook } from './pulls.ts';
import type { BareRepository } from './repository.ts';
import type { LabStatus, StatusBook } from './statuses.ts';

export interface GitlabParts {
  readonly repository: string;
  readonly token: string;
  readonly bare: BareRepository;
  readonly statuses: StatusBook;
  readonly pulls: PullBook;
  readonly people: ReadonlyMap<string, string>;
}

const STATES: Readonly<Record<string, string>> = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failed: 'failure',
  canceled: 'error',
};
const LEVELS: Readonly<Record<string, number>> = { read: 20, write: 30, admin: 50 };
const MOST_COMMITS = 20;
const PROJECT = 1;

export function gitlabRest(parts: GitlabParts): Router {
  const { repository, token, bare, statuses, pulls, people } = parts;
  const rest = express.Router();
  rest.use((request, response, next) => {
    if (request.get('private-token') === token) next();
    else response.status(401).json({ message: '401 Unauthorized' });
  });
  rest.use(express.json());
  rest.get('/users', (request, response) => {
    const name = String(request.query['username']);
    response.json(people.has(name) ? [{ id: idOf(name, people), username: name }] : []);
  });
  const project = express.Router();
  project.get('/members/all/:id', (request, response) => {
    const [name, right] = [...people][Number(request.params.id) - 1] ?? [];
    if (name === undefined) return missing(response);
    response.json({ id: Number(request.params.id), username: name, access_level: LEVELS[right ?? ''] ?? 0 });
  });
  project.post('/statuses/:sha', async (request, response) => {
    const { state, name, description, target_url } = request.body ?? {};
    const sha = await bare.commit(request.params.sha);
    if (sha === undefined) return missing(response);
    const known = STATES[String(state)];
    if (known === undefined) return void response.status(400).json({ error: 'state does not have a valid value' });
    const before = statuses.latest(sha).find((status) => status.context === name);
    if (before?.state === known) {
      response.status(400).json({
        message: `Cannot transition status via :enqueue from :${state} (Reason(s): Status cannot transition)`,
      });
      return;
    }
    const made = statuses.add(sha, { state: known, context: name, description, target_url }, new Date());
    if ('message' in made) response.status(400).json(made);
    else response.status(201).json(statusAnswer(made));
  });
  project.get('/repository/commits/:sha/statuses', async (request, response) => {
    const sha = await bare.commit(request.params.sha);
    if (sha === undefined) return missing(response);
    response.json(paged(request, statuses.latest(sha)).map(statusAnswer));
  });
  project.get('/merge_requests', (request, response) => {
    const state = String(request.query['state']);
    const found = pulls.all().filter((pull) => state === 'all' || stateOf(pull) === state);
    response.json(paged(request, found).map(requestAnswer));
  });
  project.get('/merge_requests/:iid', (request, response) => {
    const pull = pulls.get(Number(request.params.iid));
    if (pull === undefined) missing(response);
    else response.json(requestAnswer(pull));
  });
  project.get('/merge_requests/:iid/notes', (request, response) => {
    response.json(paged(request, pulls.comments(Number(request.params.iid))).map(noteAnswer));
  });
  project.post('/merge_requests/:iid/notes', (request, response) => {
    const pull = pulls.get(Number(request.params.iid));
    if (pull === undefined) return missing(response);
    response.status(201).json(noteAnswer(pulls.comment(pull.number, 'token', String(request.body.body))));
  });
  project.put('/merge_requests/:iid/notes/:note', (request, response) => {
    const changed = pulls.change(Number(request.params.note), String(request.body.body));
    if (changed === undefined) missing(response);
    else response.json(noteAnswer(changed));
  });
  rest.use(`/projects/${encodeURIComponent(repository)}`, project);
  rest.use((_request, response) => missing(response));
  return rest;
}

function missing(response: Response): void {
  response.status(404).json({ message: '404 Not Found' });
}

function idOf(name: string, people: ReadonlyMap<string, string>): number {
  return [...people.keys()].indexOf(name) + 1;
}

function paged<T>(request: Request, all: readonly T[]): readonly T[] {
  const [most, number] = [Number(request.query['per_page'] ?? 20), Number(request.query['page'] ?? 1)];
  return all.slice((number - 1) * most, number * most);
}

function statusAnswer({ id, sha, context, state, description, target_url }: LabStatus) {
  const told = Object.entries(STATES).find(([, ours]) => ours === state)?.[0];
  return { id, sha, name: context, status: told, description, target_url };
}

function stateOf({ state, merged }: LabPull): string {
  if (state === 'open') return 'opened';
  return merged === null ? 'closed' : 'merged';
}

function requestAnswer(pull: LabPull) {
  return {
    iid: pull.number,
    title: pull.title,
    state: stateOf(pull),
    author: { username: pull.user },
    sha: pull.head,
    source_branch: pull.branch,
    target_branch: pull.base,
    source_project_id: pull.fork ? PROJECT + 1 : PROJECT,
    target_project_id: PROJECT,
    merge_commit_sha: pull.merged,
    squash_commit_sha: null,
  };
}

function noteAnswer({ id, body, user }: LabComment) {
  return { id, body, author: { username: user } };
}

/** GitHub's payload in GitLab's words. */
export function gitlabPush(push: Record<string, unknown>): Record<string, unknown> {
  const { ref, before, after, commits, pusher } = push as { commits: unknown[]; pusher: { name: string } } & Record<
    string,
    unknown
  >;
  const checkout = /^0+$/.test(String(after)) ? null : after;
  return {
    object_kind: 'push',
    event_name: 'push',
    ref,
    before,
    after,
    checkout_sha: checkout,
    user_username: pusher.name,
    project_id: PROJECT,
    commits: commits.slice(-MOST_COMMITS),
    total_commits_count: commits.length,
  };
}

const ACTIONS: Readonly<Record<string, string>> = {
  opened: 'open',
  synchronize: 'update',
  edited: 'update',
  reopened: 'reopen',
};

export function gitlabRequest(action: string, pull: LabPull): Record<string, unknown> {
  const told = action === 'closed' ? (pull.merged === null ? 'close' : 'merge') : ACTIONS[action];
  return {
    object_kind: 'merge_request',
    user: { username: pull.user },
    object_attributes: { iid: pull.number, action: told, state: stateOf(pull), last_commit: { id: pull.head } },
  };
}

export function gitlabNote({ pull, user, body }: LabComment): Record<string, unknown> {
  return {
    object_kind: 'note',
    user: { username: user },
    object_attributes: { note: body, noteable_type: 'MergeRequest', action: 'create' },
    merge_request: { iid: pull },
  };
}
